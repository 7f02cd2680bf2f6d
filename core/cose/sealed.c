/* COSE_Encrypt0, COSE_Encrypt, COSE_Mac0 and COSE_Mac (RFC 9052 sections 5 and 6) taken apart.
 * Nothing is decrypted or verified here. */
#include "internal.h"

#include <string.h>

/* Encrypted messages have one element less than the MACed ones: no tag. */
typedef struct {
  int single, several; /* tags */
  uint64_t elements;   /* of the single one; the other has its recipients besides */
} structure;

static const structure encrypted = {LTEEP_TAG_ENCRYPT0, LTEEP_TAG_ENCRYPT, 3};
static const structure maced = {LTEEP_TAG_MAC0, LTEEP_TAG_MAC, 4};

static bool is_empty(lteep_bytes protected_header) {
  return lteep_cose_canonical(protected_header).size == 0;
}

static const lteep_algorithm *find_algorithm(int64_t algorithm) {
  return algorithm == (int)algorithm ? lteep_algorithm_find((int)algorithm) : NULL;
}

/* Key agreement states its algorithm where its KDF protects it; what protects nothing has to have
 * an empty protected header (RFC 9053 sections 6.1.1 and 6.2.1). */
static lteep_status choose_recipient_algorithm(const lteep_cose_header *header,
                                               lteep_cose_recipient *recipient) {
  if (header->has_algorithm) {
    const lteep_algorithm *algorithm = find_algorithm(header->algorithm);
    recipient->algorithm = header->algorithm;
    recipient->has_algorithm = algorithm && algorithm->kind == LTEEP_KIND_AGREEMENT;
    bool bare =
        header->algorithm == LTEEP_ALG_DIRECT || (algorithm && algorithm->kind == LTEEP_KIND_WRAP);
    return bare ? LTEEP_ERR_BAD_HEADER : LTEEP_OK;
  }
  if (!header->has_unprotected_algorithm) return LTEEP_OK;
  const lteep_algorithm *algorithm = find_algorithm(header->unprotected_algorithm);
  bool bare = header->unprotected_algorithm == LTEEP_ALG_DIRECT ||
              (algorithm && algorithm->kind == LTEEP_KIND_WRAP);
  recipient->algorithm = header->unprotected_algorithm;
  recipient->has_algorithm = bare;
  return bare && !is_empty(recipient->protected_header) ? LTEEP_ERR_BAD_HEADER : LTEEP_OK;
}

static void copy_header(const lteep_cose_header *header, lteep_cose_recipient *recipient) {
  recipient->has_kid = header->has_kid;
  recipient->kid = header->kid;
  recipient->ephemeral = header->ephemeral;
  recipient->salt = header->salt;
  memcpy(recipient->party_u, header->party_u, sizeof recipient->party_u);
  memcpy(recipient->party_v, header->party_v, sizeof recipient->party_v);
}

/* Whether this recipient's key is the content key, or gives it without key wrap. */
static bool is_direct(const lteep_cose_recipient *recipient) {
  return recipient->has_algorithm && (recipient->algorithm == LTEEP_ALG_DIRECT ||
                                      recipient->algorithm == LTEEP_ALG_ECDH_ES_HKDF256);
}

static lteep_status read_recipient(lteep_cose_parser *parse, lteep_cose_recipient *recipient) {
  lteep_cose_header header;
  bool has_key;
  uint64_t elements = 0;
  if (lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY)) elements = lteep_reader_array(parse->reader);
  if (elements != 3 && elements != 4) return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  lteep_status status =
      lteep_cose_read_headers(parse, LTEEP_LAYER_RECIPIENT, &recipient->protected_header, &header);
  if (status != LTEEP_OK) return status;
  copy_header(&header, recipient);
  status = choose_recipient_algorithm(&header, recipient);
  if (status == LTEEP_OK)
    status = lteep_cose_read_content(parse, &has_key, &recipient->encrypted_key);
  if (elements == 4) {
    lteep_reader_skip(parse->reader);
    recipient->has_algorithm = false;
  }
  return status;
}

static lteep_status read_recipients(lteep_cose_parser *parse, lteep_cose_sealed *message) {
  bool direct = false;
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY))
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  uint64_t count = lteep_reader_array(parse->reader);
  if (count == 0) return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  if (count > LTEEP_COSE_RECIPIENTS_MAX) return lteep_cose_fail(parse, LTEEP_ERR_LIMIT_REACHED);
  for (; message->recipients < count; message->recipients++) {
    lteep_cose_recipient *recipient = &message->recipient[message->recipients];
    lteep_status status = read_recipient(parse, recipient);
    if (status != LTEEP_OK) return status;
    if (!is_direct(recipient)) continue;
    direct = true;
    if (recipient->encrypted_key.size != 0) return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  }
  return direct && count != 1 ? lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE) : LTEEP_OK;
}

/* The message itself as its one recipient. */
static void be_recipient(const lteep_cose_header *header, lteep_cose_sealed *message) {
  message->recipients = 1;
  message->recipient[0].has_algorithm = true;
  message->recipient[0].algorithm = LTEEP_ALG_DIRECT;
  message->recipient[0].has_kid = header->has_kid;
  message->recipient[0].kid = header->kid;
}

/* RFC 9459 section 4: AES-CTR has its algorithm in the unprotected header, and a protected one of
 * zero length. */
static lteep_status choose_content_algorithm(const lteep_cose_header *header,
                                             lteep_cose_sealed *message) {
  message->has_algorithm = header->has_algorithm;
  message->algorithm = header->algorithm;
  int64_t stated = header->has_algorithm ? header->algorithm : header->unprotected_algorithm;
  const lteep_algorithm *algorithm = find_algorithm(stated);
  if (!algorithm || algorithm->kind != LTEEP_KIND_CIPHER) return LTEEP_OK;
  if (message->protected_header.size != 0) return LTEEP_ERR_BAD_HEADER;
  message->has_algorithm = true;
  message->algorithm = stated;
  return LTEEP_OK;
}

static lteep_status read_tag(lteep_cose_parser *parse, const structure *expected,
                             lteep_cose_sealed *message) {
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_TAG)) return LTEEP_OK;
  uint64_t tag = lteep_reader_tag(parse->reader);
  if (tag != (uint64_t)expected->single && tag != (uint64_t)expected->several)
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  message->tagged = true;
  message->tag = (int)tag;
  return LTEEP_OK;
}

/* The number of elements tells the structures apart; a tag has to agree with it. */
static lteep_status read_size(lteep_cose_parser *parse, const structure *expected,
                              lteep_cose_sealed *message) {
  uint64_t elements = 0;
  if (lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY)) elements = lteep_reader_array(parse->reader);
  int tag = elements == expected->elements       ? expected->single
            : elements == expected->elements + 1 ? expected->several
                                                 : 0;
  if (tag == 0 || (message->tagged && message->tag != tag))
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  message->tag = tag;
  return LTEEP_OK;
}

static lteep_status read_mac(lteep_cose_parser *parse, lteep_cose_sealed *message) {
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_BYTES))
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  message->mac = lteep_reader_bytes(parse->reader);
  return LTEEP_OK;
}

static lteep_status read_message(lteep_cose_parser *parse, const structure *expected,
                                 lteep_cose_sealed *message) {
  lteep_cose_header header;
  lteep_status status = read_tag(parse, expected, message);
  if (status == LTEEP_OK) status = read_size(parse, expected, message);
  if (status == LTEEP_OK)
    status =
        lteep_cose_read_headers(parse, LTEEP_LAYER_CONTENT, &message->protected_header, &header);
  if (status == LTEEP_OK) status = choose_content_algorithm(&header, message);
  if (status != LTEEP_OK) return status;
  message->iv = header.iv;
  message->partial_iv = header.partial_iv;
  status = lteep_cose_read_content(parse, &message->has_content, &message->content);
  if (status == LTEEP_OK && expected == &maced) status = read_mac(parse, message);
  if (status != LTEEP_OK) return status;
  if (message->tag == expected->several) return read_recipients(parse, message);
  be_recipient(&header, message);
  return LTEEP_OK;
}

static lteep_status read_encrypted(lteep_cose_parser *parse, void *message) {
  return read_message(parse, &encrypted, message);
}

static lteep_status read_maced(lteep_cose_parser *parse, void *message) {
  return read_message(parse, &maced, message);
}

lteep_status lteep_cose_parse_encrypted(lteep_bytes input, lteep_cose_sealed *message,
                                        size_t *offset) {
  memset(message, 0, sizeof *message);
  return lteep_cose_take_apart(input, read_encrypted, message, offset);
}

lteep_status lteep_cose_parse_mac(lteep_bytes input, lteep_cose_sealed *message, size_t *offset) {
  memset(message, 0, sizeof *message);
  return lteep_cose_take_apart(input, read_maced, message, offset);
}

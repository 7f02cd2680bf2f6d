/* COSE_Sign1 and COSE_Sign (RFC 9052 sections 4.1 and 4.2) taken apart. Nothing is verified here.
 */
#include "internal.h"

#include <string.h>

/* One header and what follows it: the body, or a COSE_Signature. */
typedef struct {
  lteep_reader *reader;
  const uint8_t *fault;
} parser;

static lteep_status fail(parser *parse, lteep_status status) {
  parse->fault = parse->reader->input.at + parse->reader->at;
  return status;
}

static bool next_is(const parser *parse, lteep_cbor_type type) {
  return lteep_reader_peek(parse->reader) == (int)type;
}

/* protected bstr, unprotected map */
static lteep_status read_headers(parser *parse, lteep_bytes *protected_header,
                                 lteep_cose_header *header) {
  if (!next_is(parse, LTEEP_CBOR_BYTES)) return fail(parse, LTEEP_ERR_NOT_COSE);
  *protected_header = lteep_reader_bytes(parse->reader);
  if (!next_is(parse, LTEEP_CBOR_MAP)) return fail(parse, LTEEP_ERR_NOT_COSE);
  lteep_bytes unprotected_header = lteep_reader_skip(parse->reader);
  return lteep_cose_header_read(*protected_header, unprotected_header, header, &parse->fault);
}

static lteep_status read_signature(parser *parse, const lteep_cose_header *header,
                                   lteep_cose_signer *signer) {
  if (!next_is(parse, LTEEP_CBOR_BYTES)) return fail(parse, LTEEP_ERR_NOT_COSE);
  signer->has_algorithm = header->has_algorithm;
  signer->algorithm = header->algorithm;
  signer->has_kid = header->has_kid;
  signer->kid = header->kid;
  signer->signature = lteep_reader_bytes(parse->reader);
  return LTEEP_OK;
}

static lteep_status read_payload(parser *parse, lteep_cose_message *message) {
  if (next_is(parse, LTEEP_CBOR_BYTES)) {
    message->has_payload = true;
    message->payload = lteep_reader_bytes(parse->reader);
    return LTEEP_OK;
  }
  return lteep_reader_null(parse->reader) ? LTEEP_OK : fail(parse, LTEEP_ERR_NOT_COSE);
}

static lteep_status read_signers(parser *parse, lteep_cose_message *message) {
  uint64_t count = lteep_reader_array(parse->reader);
  if (count == 0) return fail(parse, LTEEP_ERR_NOT_COSE);
  if (count > LTEEP_COSE_SIGNERS_MAX) return fail(parse, LTEEP_ERR_LIMIT_REACHED);
  for (; message->signers < count; message->signers++) {
    lteep_cose_signer *signer = &message->signer[message->signers];
    lteep_cose_header header;
    if (!next_is(parse, LTEEP_CBOR_ARRAY) || lteep_reader_array(parse->reader) != 3)
      return fail(parse, LTEEP_ERR_NOT_COSE);
    lteep_status status = read_headers(parse, &signer->protected_header, &header);
    if (status == LTEEP_OK) status = read_signature(parse, &header, signer);
    if (status != LTEEP_OK) return status;
  }
  return LTEEP_OK;
}

/* The last element tells the structures apart; a tag has to agree with it. */
static lteep_status read_signatures(parser *parse, const lteep_cose_header *body,
                                    lteep_cose_message *message) {
  int tag = next_is(parse, LTEEP_CBOR_ARRAY) ? LTEEP_TAG_SIGN : LTEEP_TAG_SIGN1;
  if (message->tagged && message->tag != tag) return fail(parse, LTEEP_ERR_NOT_COSE);
  message->tag = tag;
  if (tag == LTEEP_TAG_SIGN) return read_signers(parse, message);
  message->signers = 1;
  message->signer[0].protected_header = message->protected_header;
  return read_signature(parse, body, &message->signer[0]);
}

static lteep_status read_tag(parser *parse, lteep_cose_message *message) {
  if (!next_is(parse, LTEEP_CBOR_TAG)) return LTEEP_OK;
  uint64_t tag = lteep_reader_tag(parse->reader);
  if (tag != LTEEP_TAG_SIGN1 && tag != LTEEP_TAG_SIGN) return fail(parse, LTEEP_ERR_NOT_COSE);
  message->tagged = true;
  message->tag = (int)tag;
  return LTEEP_OK;
}

static lteep_status read_message(parser *parse, lteep_cose_message *message) {
  lteep_cose_header body;
  lteep_status status = read_tag(parse, message);
  if (status != LTEEP_OK) return status;
  if (!next_is(parse, LTEEP_CBOR_ARRAY) || lteep_reader_array(parse->reader) != 4)
    return fail(parse, LTEEP_ERR_NOT_COSE);
  status = read_headers(parse, &message->protected_header, &body);
  if (status == LTEEP_OK) status = read_payload(parse, message);
  if (status == LTEEP_OK) status = read_signatures(parse, &body, message);
  return status;
}

lteep_status lteep_cose_parse(lteep_bytes input, lteep_cose_message *message, size_t *offset) {
  size_t ignored;
  if (!offset) offset = &ignored;
  memset(message, 0, sizeof *message);
  lteep_status status = lteep_cbor_scan(input, NULL, offset);
  if (status != LTEEP_OK) return status;
  lteep_reader reader = lteep_reader_on(input);
  parser parse = {&reader, input.at};
  status = read_message(&parse, message);
  if (status != LTEEP_OK) *offset = (size_t)(parse.fault - input.at);
  return status;
}

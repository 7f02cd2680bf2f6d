/* COSE_Sign1 and COSE_Sign (RFC 9052 sections 4.1 and 4.2) taken apart. Nothing is verified here.
 */
#include "internal.h"

#include <string.h>

static lteep_status read_signature(lteep_cose_parser *parse, const lteep_cose_header *header,
                                   lteep_cose_signer *signer) {
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_BYTES))
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  signer->has_algorithm = header->has_algorithm;
  signer->algorithm = header->algorithm;
  signer->has_kid = header->has_kid;
  signer->kid = header->kid;
  signer->chain = header->chain;
  signer->chain_is_critical = header->chain_is_critical;
  signer->signature = lteep_reader_bytes(parse->reader);
  return LTEEP_OK;
}

static lteep_status read_signers(lteep_cose_parser *parse, lteep_cose_message *message) {
  uint64_t count = lteep_reader_array(parse->reader);
  if (count == 0) return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  if (count > LTEEP_COSE_SIGNERS_MAX) return lteep_cose_fail(parse, LTEEP_ERR_LIMIT_REACHED);
  for (; message->signers < count; message->signers++) {
    lteep_cose_signer *signer = &message->signer[message->signers];
    lteep_cose_header header;
    if (!lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY) || lteep_reader_array(parse->reader) != 3)
      return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
    lteep_status status =
        lteep_cose_read_headers(parse, LTEEP_LAYER_SIGNATURE, &signer->protected_header, &header);
    if (status == LTEEP_OK) status = read_signature(parse, &header, signer);
    if (status != LTEEP_OK) return status;
  }
  return LTEEP_OK;
}

/* The last element tells the structures apart; a tag has to agree with it. */
static lteep_status read_signatures(lteep_cose_parser *parse, const lteep_cose_header *body,
                                    lteep_cose_message *message) {
  int tag = lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY) ? LTEEP_TAG_SIGN : LTEEP_TAG_SIGN1;
  if (message->tagged && message->tag != tag) return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  message->tag = tag;
  if (tag == LTEEP_TAG_SIGN && body->chain_is_critical) return LTEEP_ERR_CRITICAL_HEADER;
  if (tag == LTEEP_TAG_SIGN) return read_signers(parse, message);
  message->signers = 1;
  message->signer[0].protected_header = message->protected_header;
  return read_signature(parse, body, &message->signer[0]);
}

static lteep_status read_tag(lteep_cose_parser *parse, lteep_cose_message *message) {
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_TAG)) return LTEEP_OK;
  uint64_t tag = lteep_reader_tag(parse->reader);
  if (tag != LTEEP_TAG_SIGN1 && tag != LTEEP_TAG_SIGN)
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  message->tagged = true;
  message->tag = (int)tag;
  return LTEEP_OK;
}

static lteep_status read_message(lteep_cose_parser *parse, void *into) {
  lteep_cose_message *message = into;
  lteep_cose_header body;
  lteep_status status = read_tag(parse, message);
  if (status != LTEEP_OK) return status;
  if (!lteep_cose_next_is(parse, LTEEP_CBOR_ARRAY) || lteep_reader_array(parse->reader) != 4)
    return lteep_cose_fail(parse, LTEEP_ERR_NOT_COSE);
  status = lteep_cose_read_headers(parse, LTEEP_LAYER_SIGNATURE, &message->protected_header, &body);
  if (status == LTEEP_OK)
    status = lteep_cose_read_content(parse, &message->has_payload, &message->payload);
  if (status == LTEEP_OK) status = read_signatures(parse, &body, message);
  return status;
}

lteep_status lteep_cose_parse(lteep_bytes input, lteep_cose_message *message, size_t *offset) {
  memset(message, 0, sizeof *message);
  return lteep_cose_take_apart(input, read_message, message, offset);
}

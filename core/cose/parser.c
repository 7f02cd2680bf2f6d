/* What the parts of all COSE structures have in common. */
#include "internal.h"

lteep_status lteep_cose_fail(lteep_cose_parser *parser, lteep_status status) {
  parser->fault = parser->reader->input.at + parser->reader->at;
  return status;
}

bool lteep_cose_next_is(const lteep_cose_parser *parser, lteep_cbor_type type) {
  return lteep_reader_peek(parser->reader) == (int)type;
}

lteep_status lteep_cose_read_headers(lteep_cose_parser *parser, lteep_layer layer,
                                     lteep_bytes *protected_header, lteep_cose_header *header) {
  if (!lteep_cose_next_is(parser, LTEEP_CBOR_BYTES))
    return lteep_cose_fail(parser, LTEEP_ERR_NOT_COSE);
  *protected_header = lteep_reader_bytes(parser->reader);
  if (!lteep_cose_next_is(parser, LTEEP_CBOR_MAP))
    return lteep_cose_fail(parser, LTEEP_ERR_NOT_COSE);
  lteep_bytes unprotected_header = lteep_reader_skip(parser->reader);
  return lteep_cose_header_read(layer, *protected_header, unprotected_header, header,
                                &parser->fault);
}

lteep_status lteep_cose_read_content(lteep_cose_parser *parser, bool *present,
                                     lteep_bytes *content) {
  *present = lteep_cose_next_is(parser, LTEEP_CBOR_BYTES);
  if (*present) {
    *content = lteep_reader_bytes(parser->reader);
    return LTEEP_OK;
  }
  return lteep_reader_null(parser->reader) ? LTEEP_OK : lteep_cose_fail(parser, LTEEP_ERR_NOT_COSE);
}

lteep_status lteep_cose_take_apart(lteep_bytes input,
                                   lteep_status (*read)(lteep_cose_parser *, void *), void *message,
                                   size_t *offset) {
  size_t ignored;
  if (!offset) offset = &ignored;
  lteep_status status = lteep_cbor_scan(input, NULL, offset);
  if (status != LTEEP_OK) return status;
  lteep_reader reader = lteep_reader_on(input);
  lteep_cose_parser parser = {&reader, input.at};
  status = read(&parser, message);
  if (status != LTEEP_OK) *offset = (size_t)(parser.fault - input.at);
  return status;
}

lteep_status lteep_cose_check_tag(lteep_cose_tagging tagging, bool tagged) {
  bool broken = tagging != LTEEP_TAG_OPTIONAL && tagged != (tagging == LTEEP_TAG_REQUIRED);
  return broken ? LTEEP_ERR_NOT_COSE : LTEEP_OK;
}

lteep_bytes lteep_cose_canonical(lteep_bytes protected_header) {
  bool empty_map = protected_header.size == 1 && protected_header.at[0] == 0xa0;
  return empty_map ? (lteep_bytes){NULL, 0} : protected_header;
}

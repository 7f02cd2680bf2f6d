/* Sig_structure (RFC 9052 section 4.4): the bytes that are signed. */
#include "internal.h"

/* Array head, context string, and four heads of byte strings. */
enum { HEADS = 1 + 11 + 4 * 9 };

size_t lteep_sig_structure_room(const lteep_sig_structure *parts) {
  return HEADS + parts->body_protected.size + parts->sign_protected.size +
         parts->external_aad.size + parts->payload.size;
}

lteep_status lteep_sig_structure_write(const lteep_sig_structure *parts, lteep_buffer *out) {
  static const uint8_t sign[] = "Signature", sign1[] = "Signature1";
  bool single = parts->tag == LTEEP_TAG_SIGN1;
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_array(&writer, single ? 4 : 5);
  lteep_write_text(&writer, single ? (lteep_bytes){sign1, sizeof sign1 - 1}
                                   : (lteep_bytes){sign, sizeof sign - 1});
  lteep_write_bytes(&writer, lteep_cose_canonical(parts->body_protected));
  if (!single) lteep_write_bytes(&writer, lteep_cose_canonical(parts->sign_protected));
  lteep_write_bytes(&writer, parts->external_aad);
  lteep_write_bytes(&writer, parts->payload);
  return writer.status;
}

/* Enc_structure and MAC_structure (RFC 9052 sections 5.3 and 6.3): what a tag covers beside, or as,
 * the content. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { HEADS = 1 + 9 + 3 * 9 };

static const char *context_of(int tag) {
  switch (tag) {
  case LTEEP_TAG_ENCRYPT0:
    return "Encrypt0";
  case LTEEP_TAG_ENCRYPT:
    return "Encrypt";
  case LTEEP_TAG_MAC0:
    return "MAC0";
  default:
    return "MAC";
  }
}

lteep_status lteep_cose_associated(int tag, lteep_bytes protected_header, lteep_bytes external_aad,
                                   lteep_bytes payload, lteep_buffer *made) {
  const char *context = context_of(tag);
  bool is_mac = tag == LTEEP_TAG_MAC0 || tag == LTEEP_TAG_MAC;
  size_t room = HEADS + protected_header.size + external_aad.size + payload.size;
  *made = (lteep_buffer){malloc(room), 0, room};
  if (!made->at) return LTEEP_ERR_NO_MEMORY;
  lteep_writer writer = lteep_writer_on(made);
  lteep_write_array(&writer, is_mac ? 4 : 3);
  lteep_write_text(&writer, (lteep_bytes){(const uint8_t *)context, strlen(context)});
  lteep_write_bytes(&writer, lteep_cose_canonical(protected_header));
  lteep_write_bytes(&writer, external_aad);
  if (is_mac) lteep_write_bytes(&writer, payload);
  return writer.status;
}

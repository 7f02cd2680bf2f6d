/* COSE Key Thumbprint (RFC 9679), which names a key in the kid of messages. */
#include "internal.h"

#include <string.h>

enum { MINIMAL_MAX = 80 };

lteep_status lteep_cose_thumbprint(const lteep_key_parts *parts,
                                   uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE]) {
  uint8_t bytes[MINIMAL_MAX], digest[LTEEP_DIGEST_MAX];
  size_t size = 0;
  lteep_buffer minimal = {bytes, 0, sizeof bytes};
  lteep_writer writer = lteep_writer_on(&minimal);
  bool ec2 = parts->kty == LTEEP_KTY_EC2;
  lteep_write_map(&writer, ec2 ? 4 : 3);
  lteep_write_int(&writer, 1);
  lteep_write_int(&writer, parts->kty);
  lteep_write_int(&writer, -1);
  lteep_write_int(&writer, parts->crv);
  lteep_write_int(&writer, -2);
  lteep_write_bytes(&writer, (lteep_bytes){parts->x, sizeof parts->x});
  if (ec2) lteep_write_int(&writer, -3);
  if (ec2) lteep_write_bytes(&writer, (lteep_bytes){parts->y, sizeof parts->y});
  if (writer.status != LTEEP_OK) return writer.status;
  lteep_status status = lteep_digest(LTEEP_ALG_SHA256, lteep_buffer_view(&minimal), digest, &size);
  if (status == LTEEP_OK) memcpy(thumbprint, digest, LTEEP_THUMBPRINT_SIZE);
  return status;
}

lteep_status lteep_cose_kid(const lteep_key *key, uint8_t kid[LTEEP_KID_MAX], size_t *size) {
  lteep_key_parts parts;
  lteep_key_public_parts(key, &parts);
  if (parts.kid_size == 0) {
    *size = LTEEP_THUMBPRINT_SIZE;
    return lteep_cose_thumbprint(&parts, kid);
  }
  memcpy(kid, parts.kid, parts.kid_size);
  *size = parts.kid_size;
  return LTEEP_OK;
}

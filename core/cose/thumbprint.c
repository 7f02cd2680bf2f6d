/* COSE Key Thumbprint (RFC 9679), which names a key in the kid of messages. */
#include "internal.h"

#include <string.h>

enum { MINIMAL_MAX = 160 };

void lteep_cose_write_minimal(lteep_writer *writer, const lteep_key_parts *parts) {
  bool ec2 = parts->kty == LTEEP_KTY_EC2, symmetric = parts->kty == LTEEP_KTY_SYMMETRIC;
  size_t size = lteep_curve_size(parts->crv);
  lteep_write_map(writer, ec2 ? 4 : symmetric ? 2 : 3);
  lteep_write_int(writer, 1);
  lteep_write_int(writer, parts->kty);
  lteep_write_int(writer, -1);
  if (symmetric) {
    lteep_write_bytes(writer, (lteep_bytes){parts->k, parts->k_size});
    return;
  }
  lteep_write_int(writer, parts->crv);
  lteep_write_int(writer, -2);
  lteep_write_bytes(writer, (lteep_bytes){parts->x, size});
  if (ec2) lteep_write_int(writer, -3);
  if (ec2) lteep_write_bytes(writer, (lteep_bytes){parts->y, size});
}

lteep_status lteep_cose_thumbprint(const lteep_key_parts *parts,
                                   uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE]) {
  uint8_t bytes[MINIMAL_MAX], digest[LTEEP_DIGEST_MAX];
  size_t size = 0;
  lteep_buffer minimal = {bytes, 0, sizeof bytes};
  lteep_writer writer = lteep_writer_on(&minimal);
  lteep_cose_write_minimal(&writer, parts);
  lteep_status status = writer.status;
  if (status == LTEEP_OK)
    status = lteep_digest(LTEEP_ALG_SHA256, lteep_buffer_view(&minimal), digest, &size);
  if (status == LTEEP_OK) memcpy(thumbprint, digest, LTEEP_THUMBPRINT_SIZE);
  lteep_wipe(bytes, sizeof bytes);
  return status;
}

lteep_status lteep_cose_kid(const lteep_key *key, uint8_t kid[LTEEP_KID_MAX], size_t *size) {
  lteep_key_parts parts;
  lteep_key_public_parts(key, &parts);
  *size = parts.kid_size;
  memcpy(kid, parts.kid, parts.kid_size);
  if (parts.kid_size != 0 || parts.kty == LTEEP_KTY_SYMMETRIC) return LTEEP_OK;
  *size = LTEEP_THUMBPRINT_SIZE;
  return lteep_cose_thumbprint(&parts, kid);
}

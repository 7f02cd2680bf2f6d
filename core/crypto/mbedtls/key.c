/* Provider "mbedtls": ECDSA on P-256, P-384 and P-521; ECDH on these and X25519. */
#include <string.h>

#include "mbedtls.h"

enum { POINT_MAX = 1 + 2 * LTEEP_COORDINATE_MAX };

/* RFC 6979: the nonce comes from key and message, so a weak or copied generator cannot betray the
 * key. Verification is that of plain ECDSA. */
static psa_algorithm_t algorithm_of(const lteep_key_parts *parts) {
  if (lteep_algorithm_find(parts->alg)->kind == LTEEP_KIND_AGREEMENT) return PSA_ALG_ECDH;
  switch (parts->crv) {
  case LTEEP_CRV_P256:
    return PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256);
  case LTEEP_CRV_P384:
    return PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_384);
  default:
    return PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_512);
  }
}

static psa_ecc_family_t family_of(const lteep_key_parts *parts) {
  return parts->crv == LTEEP_CRV_X25519 ? PSA_ECC_FAMILY_MONTGOMERY : PSA_ECC_FAMILY_SECP_R1;
}

static size_t bits_of(int crv) {
  switch (crv) {
  case LTEEP_CRV_P256:
    return 256;
  case LTEEP_CRV_P384:
    return 384;
  case LTEEP_CRV_P521:
    return 521;
  default:
    return 255;
  }
}

/* PSA's form of a public key: SEC 1 section 2.3.3, uncompressed; for X25519 the u-coordinate. */
static lteep_bytes point_of(const lteep_key_parts *parts, uint8_t point[POINT_MAX]) {
  size_t size = lteep_curve_size(parts->crv);
  if (parts->kty == LTEEP_KTY_OKP) return (lteep_bytes){parts->x, size};
  point[0] = 4;
  memcpy(point + 1, parts->x, size);
  memcpy(point + 1 + size, parts->y, size);
  return (lteep_bytes){point, 1 + 2 * size};
}

static void point_into(const uint8_t *point, lteep_key_parts *parts) {
  size_t size = lteep_curve_size(parts->crv);
  bool ec2 = parts->kty == LTEEP_KTY_EC2;
  memcpy(parts->x, point + ec2, size);
  if (ec2) memcpy(parts->y, point + 1 + size, size);
}

static psa_status_t import_public(const lteep_key_parts *parts, psa_key_id_t *id) {
  uint8_t point[POINT_MAX];
  psa_algorithm_t alg = algorithm_of(parts);
  psa_key_usage_t usage = alg == PSA_ALG_ECDH ? PSA_KEY_USAGE_DERIVE : PSA_KEY_USAGE_VERIFY_MESSAGE;
  return lteep_psa_import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(family_of(parts)), alg, usage,
                          point_of(parts, point), id);
}

static psa_status_t import_private(const lteep_key_parts *parts, psa_key_id_t *id) {
  psa_algorithm_t alg = algorithm_of(parts);
  psa_key_usage_t usage = alg == PSA_ALG_ECDH ? PSA_KEY_USAGE_DERIVE : PSA_KEY_USAGE_SIGN_MESSAGE;
  return lteep_psa_import(PSA_KEY_TYPE_ECC_KEY_PAIR(family_of(parts)), alg, usage,
                          (lteep_bytes){parts->d, lteep_curve_size(parts->crv)}, id);
}

/* What PSA calls an invalid argument is a bad key where it looked at one. */
static lteep_status leave_key(psa_status_t status) {
  lteep_status result = lteep_psa_leave(status);
  return status == PSA_ERROR_INVALID_ARGUMENT ? LTEEP_ERR_BAD_KEY : result;
}

lteep_status lteep_psa_generate(lteep_key_parts *parts) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(family_of(parts)));
  psa_set_key_bits(&attributes, bits_of(parts->crv));
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
  uint8_t point[POINT_MAX];
  size_t size;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = psa_generate_key(&attributes, &id);
  if (status == PSA_SUCCESS) status = psa_export_key(id, parts->d, sizeof parts->d, &size);
  if (status == PSA_SUCCESS) status = psa_export_public_key(id, point, sizeof point, &size);
  psa_destroy_key(id);
  if (status == PSA_SUCCESS) point_into(point, parts);
  return lteep_psa_leave(status);
}

lteep_status lteep_psa_derive(lteep_key_parts *parts) {
  uint8_t point[POINT_MAX];
  size_t size = 0;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import_private(parts, &id);
  if (status == PSA_SUCCESS) status = psa_export_public_key(id, point, sizeof point, &size);
  psa_destroy_key(id);
  if (status == PSA_SUCCESS) point_into(point, parts);
  return leave_key(status);
}

/* Importing a key checks it: a point must be on the curve, a scalar in 1..n-1. */
lteep_status lteep_psa_check(const lteep_key_parts *parts) {
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import_public(parts, &id);
  psa_destroy_key(id);
  lteep_status result = leave_key(status);
  if (result != LTEEP_OK || !parts->has_private) return result;
  lteep_key_parts derived = *parts;
  result = lteep_psa_derive(&derived);
  if (result == LTEEP_OK && (memcmp(derived.x, parts->x, lteep_curve_size(parts->crv)) != 0 ||
                             memcmp(derived.y, parts->y, lteep_curve_size(parts->crv)) != 0))
    result = LTEEP_ERR_BAD_KEY;
  lteep_wipe(&derived, sizeof derived);
  return result;
}

lteep_status lteep_psa_sign(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                            uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  (void)loaded;
  size_t size;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import_private(parts, &id);
  if (status == PSA_SUCCESS)
    status = psa_sign_message(id, algorithm_of(parts), to_be_signed.at, to_be_signed.size,
                              signature, LTEEP_SIGNATURE_MAX, &size);
  psa_destroy_key(id);
  return lteep_psa_leave(status);
}

lteep_status lteep_psa_verify(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                              lteep_bytes signature) {
  (void)loaded;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import_public(parts, &id);
  if (status == PSA_SUCCESS)
    status = psa_verify_message(id, algorithm_of(parts), to_be_signed.at, to_be_signed.size,
                                signature.at, signature.size);
  psa_destroy_key(id);
  return lteep_psa_leave(status);
}

/* psa_raw_key_agreement checks the point. 2.28 says INVALID_ARGUMENT for an all-zero X25519 result.
 */
lteep_status lteep_psa_agree(const lteep_key_parts *parts, void *loaded,
                             const lteep_key_parts *peer, uint8_t shared[LTEEP_COORDINATE_MAX]) {
  (void)loaded;
  uint8_t point[POINT_MAX];
  lteep_bytes other = point_of(peer, point);
  size_t size;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import_private(parts, &id);
  if (status == PSA_SUCCESS)
    status = psa_raw_key_agreement(PSA_ALG_ECDH, id, other.at, other.size, shared,
                                   LTEEP_COORDINATE_MAX, &size);
  psa_destroy_key(id);
  return leave_key(status);
}

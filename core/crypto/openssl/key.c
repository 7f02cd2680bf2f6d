/* Provider "openssl": asymmetric keys, made, loaded, checked; key agreement. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "openssl.h"

enum { POINT_MAX = 1 + 2 * LTEEP_COORDINATE_MAX };

static const char *group_of(int crv) {
  if (crv == LTEEP_CRV_P256) return "P-256";
  return crv == LTEEP_CRV_P384 ? "P-384" : "P-521";
}

static const char *raw_type(int crv) {
  return crv == LTEEP_CRV_X25519 ? "X25519" : "ED25519";
}

/* --- Points: SEC 1 section 2.3.3, uncompressed --- */

static size_t point_of(const lteep_key_parts *parts, uint8_t point[POINT_MAX]) {
  size_t size = lteep_curve_size(parts->crv);
  point[0] = 4;
  memcpy(point + 1, parts->x, size);
  memcpy(point + 1 + size, parts->y, size);
  return 1 + 2 * size;
}

static bool point_into(const uint8_t *point, size_t point_size, lteep_key_parts *parts) {
  size_t size = lteep_curve_size(parts->crv);
  if (point_size != 1 + 2 * size || point[0] != 4) return false;
  memcpy(parts->x, point + 1, size);
  memcpy(parts->y, point + 1 + size, size);
  return true;
}

/* --- Loading --- */

static EVP_PKEY *load_raw(const lteep_key_parts *parts) {
  const char *type = raw_type(parts->crv);
  size_t size = lteep_curve_size(parts->crv);
  if (parts->has_private) return EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL, parts->d, size);
  return EVP_PKEY_new_raw_public_key_ex(NULL, type, NULL, parts->x, size);
}

/* OSSL_PARAM numbers are in the byte order of the machine. */
static bool native_scalar(const uint8_t *d, size_t size, uint8_t *native) {
  BIGNUM *number = BN_secure_new();
  bool ok = number && BN_bin2bn(d, (int)size, number) &&
            BN_bn2nativepad(number, native, (int)size) == (int)size;
  BN_clear_free(number);
  return ok;
}

/* Refuses a point that is not on the curve. */
static EVP_PKEY *load_ec(const lteep_key_parts *parts) {
  uint8_t point[POINT_MAX], scalar[LTEEP_COORDINATE_MAX];
  size_t size = lteep_curve_size(parts->crv);
  EVP_PKEY *pkey = NULL;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group_of(parts->crv), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_of(parts, point)),
      OSSL_PARAM_construct_end(),
      OSSL_PARAM_construct_end(),
  };
  bool ok = true;
  if (parts->has_private) {
    ok = native_scalar(parts->d, size, scalar);
    params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, size);
  }
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  int selection = parts->has_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  ok = ok && context && EVP_PKEY_fromdata_init(context) == 1 &&
       EVP_PKEY_fromdata(context, &pkey, selection, params) == 1;
  EVP_PKEY_CTX_free(context);
  lteep_wipe(scalar, sizeof scalar);
  return ok ? pkey : NULL;
}

static EVP_PKEY *load(const lteep_key_parts *parts) {
  return parts->kty == LTEEP_KTY_EC2 ? load_ec(parts) : load_raw(parts);
}

lteep_status lteep_openssl_prepare(const lteep_key_parts *parts, void **loaded) {
  EVP_PKEY *pkey = load(parts);
  EVP_PKEY_CTX *context = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
  EVP_PKEY_free(pkey);
  bool ok = context && (parts->kty != LTEEP_KTY_EC2 || EVP_PKEY_verify_init(context) == 1);
  if (!ok) lteep_openssl_release(context);
  *loaded = ok ? context : NULL;
  return lteep_openssl_done(ok);
}

void lteep_openssl_release(void *loaded) {
  EVP_PKEY_CTX_free(loaded);
}

/* --- The public part of a private one --- */

static bool derive_raw(lteep_key_parts *parts) {
  size_t size = sizeof parts->x;
  EVP_PKEY *pkey = load_raw(parts);
  bool ok = pkey && EVP_PKEY_get_raw_public_key(pkey, parts->x, &size) == 1;
  EVP_PKEY_free(pkey);
  return ok;
}

static int nid_of(int crv) {
  if (crv == LTEEP_CRV_P256) return NID_X9_62_prime256v1;
  return crv == LTEEP_CRV_P384 ? NID_secp384r1 : NID_secp521r1;
}

/* EC_POINT_mul with a generator and a secret is the constant-time ladder. */
static bool multiply(const EC_GROUP *group, const BIGNUM *d, lteep_key_parts *parts) {
  uint8_t encoded[POINT_MAX];
  EC_POINT *point = EC_POINT_new(group);
  bool ok = point && !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(group)) < 0 &&
            EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1;
  size_t size = ok ? EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded,
                                        sizeof encoded, NULL)
                   : 0;
  EC_POINT_clear_free(point);
  return ok && point_into(encoded, size, parts);
}

static bool derive_ec(lteep_key_parts *parts) {
  EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(NULL, NULL, nid_of(parts->crv));
  BIGNUM *d = BN_secure_new();
  bool ok = group && d && BN_bin2bn(parts->d, (int)lteep_curve_size(parts->crv), d) &&
            multiply(group, d, parts);
  BN_clear_free(d);
  EC_GROUP_free(group);
  return ok;
}

/* Any bytes are the private part of an OKP key. */
lteep_status lteep_openssl_derive(lteep_key_parts *parts) {
  if (parts->kty == LTEEP_KTY_EC2) return lteep_openssl_result(derive_ec(parts), LTEEP_ERR_BAD_KEY);
  return lteep_openssl_done(derive_raw(parts));
}

/* --- Checking --- */

static bool check_ec(const lteep_key_parts *parts) {
  EVP_PKEY *pkey = load_ec(parts);
  EVP_PKEY_CTX *context = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
  bool ok = context && (parts->has_private ? EVP_PKEY_check(context)
                                           : EVP_PKEY_public_check_quick(context)) == 1;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(pkey);
  return ok;
}

static lteep_status check_raw(const lteep_key_parts *parts) {
  if (!parts->has_private) {
    bool point = parts->crv == LTEEP_CRV_X25519 || lteep_openssl_edwards_point(parts->x);
    return lteep_openssl_result(point, LTEEP_ERR_BAD_KEY);
  }
  lteep_key_parts derived = *parts;
  lteep_status status = lteep_openssl_derive(&derived);
  bool same = memcmp(derived.x, parts->x, lteep_curve_size(parts->crv)) == 0;
  lteep_wipe(&derived, sizeof derived);
  return status == LTEEP_OK && !same ? LTEEP_ERR_BAD_KEY : status;
}

lteep_status lteep_openssl_check(const lteep_key_parts *parts) {
  if (parts->kty != LTEEP_KTY_EC2) return check_raw(parts);
  return lteep_openssl_result(check_ec(parts), LTEEP_ERR_BAD_KEY);
}

/* --- Making --- */

static bool generate_ec(lteep_key_parts *parts) {
  uint8_t point[POINT_MAX];
  size_t size = 0;
  int scalar = (int)lteep_curve_size(parts->crv);
  BIGNUM *d = NULL;
  EVP_PKEY *pkey = EVP_EC_gen(group_of(parts->crv));
  bool ok = pkey &&
            EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                            &size) == 1 &&
            point_into(point, size, parts) &&
            EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
            BN_bn2binpad(d, parts->d, scalar) == scalar;
  BN_clear_free(d);
  EVP_PKEY_free(pkey);
  return ok;
}

static bool generate_raw(lteep_key_parts *parts) {
  size_t x_size = sizeof parts->x, d_size = sizeof parts->d;
  EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, raw_type(parts->crv));
  bool ok = pkey && EVP_PKEY_get_raw_public_key(pkey, parts->x, &x_size) == 1 &&
            EVP_PKEY_get_raw_private_key(pkey, parts->d, &d_size) == 1;
  EVP_PKEY_free(pkey);
  return ok;
}

lteep_status lteep_openssl_generate(lteep_key_parts *parts) {
  return lteep_openssl_done(parts->kty == LTEEP_KTY_EC2 ? generate_ec(parts) : generate_raw(parts));
}

/* --- Key agreement --- */

/* X25519 fails where the result is all zeros. */
lteep_status lteep_openssl_agree(const lteep_key_parts *parts, void *loaded,
                                 const lteep_key_parts *peer,
                                 uint8_t shared[LTEEP_COORDINATE_MAX]) {
  size_t size = LTEEP_COORDINATE_MAX;
  lteep_key_parts point = *peer;
  point.has_private = false;
  EVP_PKEY *other = load(&point);
  EVP_PKEY *own = EVP_PKEY_CTX_get0_pkey(loaded);
  EVP_PKEY_CTX *context = other ? EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL) : NULL;
  bool started = context && EVP_PKEY_derive_init(context) == 1;
  bool ok = started && EVP_PKEY_derive_set_peer(context, other) == 1 &&
            EVP_PKEY_derive(context, shared, &size) == 1 && size == lteep_curve_size(parts->crv);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(other);
  lteep_wipe(&point, sizeof point);
  bool judged = started || (!other && peer->kty == LTEEP_KTY_EC2);
  return lteep_openssl_result(ok, judged ? LTEEP_ERR_BAD_KEY : LTEEP_ERR_CRYPTO_FAILED);
}

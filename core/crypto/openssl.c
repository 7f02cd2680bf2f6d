/* Provider "openssl": libcrypto 3 through EVP. Serves everything, Ed25519 included. */
#include "provider.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

enum { SCALAR = 32, POINT = 65, DER_MAX = 72 };

/* The one mapping of foreign errors: libcrypto's queue is emptied, so nothing of ours is left for
 * other users of the library in this process (TLS). */
static lteep_status done(bool success) {
  if (success) return LTEEP_OK;
  ERR_clear_error();
  return LTEEP_ERR_CRYPTO_FAILED;
}

static const EVP_MD *hash_of(int alg) {
  switch (alg) {
  case LTEEP_ALG_SHA256:
    return EVP_sha256();
  case LTEEP_ALG_SHA384:
    return EVP_sha384();
  case LTEEP_ALG_SHA512:
    return EVP_sha512();
  default:
    return NULL;
  }
}

static bool is_p256(int alg) {
  return alg == LTEEP_ALG_ESP256 || alg == LTEEP_ALG_ES256;
}

static bool is_ed25519(int alg) {
  return alg == LTEEP_ALG_ED25519 || alg == LTEEP_ALG_EDDSA;
}

static bool supports(int alg) {
  return is_p256(alg) || is_ed25519(alg) || alg == LTEEP_ALG_HMAC256 || hash_of(alg);
}

/* libcrypto notices a fork and reseeds. */
static lteep_status random_bytes(uint8_t *out, size_t size) {
  return done(RAND_bytes_ex(NULL, out, size, 0) == 1);
}

/* --- Digests and HMAC --- */

static lteep_status digest(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  const EVP_MD *hash = hash_of(alg);
  unsigned written = 0;
  if (!hash) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  bool ok = EVP_Digest(data.at, data.size, out, &written, hash, NULL) == 1;
  *size = written;
  return done(ok);
}

static lteep_status digest_start(int alg, void **state) {
  const EVP_MD *hash = hash_of(alg);
  if (!hash) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool ok = EVP_DigestInit_ex2(context, hash, NULL) == 1;
  if (ok)
    *state = context;
  else
    EVP_MD_CTX_free(context);
  return done(ok);
}

static lteep_status digest_update(void *state, lteep_bytes data) {
  return done(EVP_DigestUpdate(state, data.at, data.size) == 1);
}

static void digest_abort(void *state) {
  EVP_MD_CTX_free(state);
}

static lteep_status digest_finish(void *state, uint8_t *out, size_t *size) {
  unsigned written = 0;
  bool ok = EVP_DigestFinal_ex(state, out, &written) == 1;
  *size = written;
  digest_abort(state);
  return done(ok);
}

static lteep_status hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size) {
  static const uint8_t none[1];
  if (alg != LTEEP_ALG_HMAC256) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  /* libcrypto reads a NULL key as "keep the key set before": point an empty one somewhere. */
  const uint8_t *key_at = key.size ? key.at : none;
  return done(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key_at, key.size, data.at, data.size,
                        out, LTEEP_DIGEST_MAX, size) != NULL);
}

/* --- Loading keys --- */

static EVP_PKEY *load_ed25519(const lteep_key_parts *parts) {
  if (parts->has_private)
    return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, parts->d, SCALAR);
  return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, parts->x, SCALAR);
}

static void point_of(const lteep_key_parts *parts, uint8_t point[POINT]) {
  point[0] = 4; /* SEC 1 section 2.3.3: uncompressed */
  memcpy(point + 1, parts->x, SCALAR);
  memcpy(point + 1 + SCALAR, parts->y, SCALAR);
}

/* OSSL_PARAM numbers are in the byte order of the machine. */
static bool native_scalar(const uint8_t d[SCALAR], uint8_t native[SCALAR]) {
  BIGNUM *number = BN_bin2bn(d, SCALAR, NULL);
  bool ok = number && BN_bn2nativepad(number, native, SCALAR) == SCALAR;
  BN_clear_free(number);
  return ok;
}

/* Refuses a point that is not on the curve. */
static EVP_PKEY *load_p256(const lteep_key_parts *parts) {
  uint8_t point[POINT], scalar[SCALAR];
  char group[] = "P-256";
  EVP_PKEY *pkey = NULL;
  point_of(parts, point);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
      OSSL_PARAM_construct_end(),
      OSSL_PARAM_construct_end(),
  };
  bool ok = true;
  if (parts->has_private) {
    ok = native_scalar(parts->d, scalar);
    params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, sizeof scalar);
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
  return is_p256(parts->alg) ? load_p256(parts) : load_ed25519(parts);
}

static lteep_status prepare(const lteep_key_parts *parts, void **loaded) {
  *loaded = load(parts);
  return done(*loaded != NULL);
}

static void release(void *loaded) {
  EVP_PKEY_free(loaded);
}

/* --- Checking keys --- */

static bool check_p256(const lteep_key_parts *parts) {
  EVP_PKEY *pkey = load_p256(parts);
  EVP_PKEY_CTX *context = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
  bool ok = context && (parts->has_private ? EVP_PKEY_check(context)
                                           : EVP_PKEY_public_check_quick(context)) == 1;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(pkey);
  return ok;
}

/* RFC 8032 section 5.1.3 without the square root: a 32-byte string is a point if y < p and
 * x^2 = (y^2 - 1) / (d y^2 + 1) is a square, by Euler's criterion on the product of the two. Points
 * of small order, under which anybody can sign, have y (y^2 - 1) (d y^4 + 2 y^2 - 1) = 0. */
typedef struct {
  BN_CTX *context;
  BIGNUM *p, *d, *y, *y2, *u, *v, *w, *exponent;
} edwards;

static bool edwards_start(edwards *e, const uint8_t encoded[SCALAR]) {
  uint8_t number[SCALAR];
  memcpy(number, encoded, SCALAR);
  number[SCALAR - 1] &= 0x7f; /* the top bit is the sign of x */
  e->p = BN_CTX_get(e->context);
  e->d = BN_CTX_get(e->context);
  e->y = BN_CTX_get(e->context);
  e->y2 = BN_CTX_get(e->context);
  e->u = BN_CTX_get(e->context);
  e->v = BN_CTX_get(e->context);
  e->w = BN_CTX_get(e->context);
  e->exponent = BN_CTX_get(e->context);
  return e->exponent &&
         BN_hex2bn(&e->p, "7fffffffffffffffffffffffffffffff"
                          "ffffffffffffffffffffffffffffffed") &&
         BN_hex2bn(&e->d, "52036cee2b6ffe738cc740797779e898"
                          "00700a4d4141d8ab75eb4dca135978a3") &&
         BN_lebin2bn(number, SCALAR, e->y) && BN_cmp(e->y, e->p) < 0 &&
         BN_mod_sqr(e->y2, e->y, e->p, e->context);
}

/* v = d y^2 + 1, u = y^2 - 1; w = d y^4 + 2 y^2 - 1 = y^2 (v + 1) - 1. */
static bool edwards_terms(edwards *e) {
  return BN_mod_mul(e->v, e->d, e->y2, e->p, e->context) && BN_add_word(e->v, 1) &&
         BN_copy(e->u, e->y2) && BN_mod_sub(e->u, e->y2, BN_value_one(), e->p, e->context) &&
         BN_copy(e->w, e->v) && BN_add_word(e->w, 1) &&
         BN_mod_mul(e->w, e->w, e->y2, e->p, e->context) &&
         BN_mod_sub(e->w, e->w, BN_value_one(), e->p, e->context);
}

static bool edwards_small(const edwards *e) {
  return BN_is_zero(e->y) || BN_is_zero(e->u) || BN_is_zero(e->w);
}

static bool edwards_square(edwards *e) {
  return BN_mod_mul(e->u, e->u, e->v, e->p, e->context) && BN_rshift1(e->exponent, e->p) &&
         BN_mod_exp(e->u, e->u, e->exponent, e->p, e->context) && BN_is_one(e->u);
}

static bool is_ed25519_point(const uint8_t encoded[SCALAR]) {
  edwards e = {.context = BN_CTX_new()};
  if (!e.context) return false;
  BN_CTX_start(e.context);
  bool ok =
      edwards_start(&e, encoded) && edwards_terms(&e) && !edwards_small(&e) && edwards_square(&e);
  BN_CTX_end(e.context);
  BN_CTX_free(e.context);
  return ok;
}

static bool check_ed25519(const lteep_key_parts *parts) {
  if (!parts->has_private) return is_ed25519_point(parts->x);
  uint8_t x[SCALAR];
  size_t size = sizeof x;
  EVP_PKEY *pkey = load_ed25519(parts);
  bool ok =
      pkey && EVP_PKEY_get_raw_public_key(pkey, x, &size) == 1 && memcmp(x, parts->x, SCALAR) == 0;
  EVP_PKEY_free(pkey);
  return ok;
}

static lteep_status check(const lteep_key_parts *parts) {
  bool ok = is_p256(parts->alg) ? check_p256(parts) : check_ed25519(parts);
  return done(ok) == LTEEP_OK ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

/* --- Making keys --- */

static bool generate_p256(lteep_key_parts *parts) {
  uint8_t point[POINT];
  size_t size = 0;
  BIGNUM *d = NULL;
  EVP_PKEY *pkey = EVP_EC_gen("P-256");
  bool ok = pkey &&
            EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                            &size) == 1 &&
            size == POINT && point[0] == 4 &&
            EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
            BN_bn2binpad(d, parts->d, SCALAR) == SCALAR;
  if (ok) {
    memcpy(parts->x, point + 1, SCALAR);
    memcpy(parts->y, point + 1 + SCALAR, SCALAR);
  }
  BN_clear_free(d);
  EVP_PKEY_free(pkey);
  return ok;
}

static bool generate_ed25519(lteep_key_parts *parts) {
  size_t x_size = SCALAR, d_size = SCALAR;
  EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  bool ok = pkey && EVP_PKEY_get_raw_public_key(pkey, parts->x, &x_size) == 1 &&
            EVP_PKEY_get_raw_private_key(pkey, parts->d, &d_size) == 1;
  EVP_PKEY_free(pkey);
  return ok;
}

static lteep_status generate(int alg, lteep_key_parts *parts) {
  bool p256 = is_p256(alg);
  *parts = (lteep_key_parts){
      .kty = p256 ? LTEEP_KTY_EC2 : LTEEP_KTY_OKP,
      .crv = p256 ? LTEEP_CRV_P256 : LTEEP_CRV_ED25519,
      .alg = alg,
      .has_private = true,
  };
  return done(p256 ? generate_p256(parts) : generate_ed25519(parts));
}

/* --- Signatures. libcrypto speaks DER for ECDSA, COSE r || s (RFC 9053 section 2.1). --- */

static bool der_to_raw(const uint8_t *der, size_t size, uint8_t raw[LTEEP_SIGNATURE_MAX]) {
  ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
  bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, SCALAR) == SCALAR &&
            BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + SCALAR, SCALAR) == SCALAR;
  ECDSA_SIG_free(pair);
  return ok;
}

/* Size of the DER form, 0 on failure. */
static size_t raw_to_der(const uint8_t raw[LTEEP_SIGNATURE_MAX], uint8_t der[DER_MAX]) {
  ECDSA_SIG *pair = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(raw, SCALAR, NULL), *s = BN_bin2bn(raw + SCALAR, SCALAR, NULL);
  int size = 0;
  if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
    r = s = NULL; /* owned by the pair now */
    size = i2d_ECDSA_SIG(pair, &der);
  }
  BN_free(r);
  BN_free(s);
  ECDSA_SIG_free(pair);
  return size > 0 ? (size_t)size : 0;
}

static lteep_status sign(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                         uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  bool p256 = is_p256(parts->alg);
  uint8_t made[DER_MAX];
  size_t size = sizeof made;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool ok = EVP_DigestSignInit(context, NULL, p256 ? EVP_sha256() : NULL, NULL, loaded) == 1 &&
            EVP_DigestSign(context, made, &size, to_be_signed.at, to_be_signed.size) == 1;
  EVP_MD_CTX_free(context);
  if (ok && p256) ok = der_to_raw(made, size, signature);
  if (ok && !p256) memcpy(signature, made, LTEEP_SIGNATURE_MAX);
  return done(ok);
}

static lteep_status verify(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                           lteep_bytes signature) {
  bool p256 = is_p256(parts->alg);
  uint8_t der[DER_MAX];
  if (p256) {
    signature = (lteep_bytes){der, raw_to_der(signature.at, der)};
    if (signature.size == 0) return done(false);
  }
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool started = EVP_DigestVerifyInit(context, NULL, p256 ? EVP_sha256() : NULL, NULL, loaded) == 1;
  bool ok = started && EVP_DigestVerify(context, signature.at, signature.size, to_be_signed.at,
                                        to_be_signed.size) == 1;
  EVP_MD_CTX_free(context);
  lteep_status status = done(ok);
  return started && !ok ? LTEEP_ERR_BAD_SIGNATURE : status;
}

const lteep_provider lteep_provider_openssl = {
    .name = "openssl",
    .supports = supports,
    .random = random_bytes,
    .digest = digest,
    .digest_start = digest_start,
    .digest_update = digest_update,
    .digest_finish = digest_finish,
    .digest_abort = digest_abort,
    .hmac = hmac,
    .generate = generate,
    .check = check,
    .prepare = prepare,
    .release = release,
    .sign = sign,
    .verify = verify,
};

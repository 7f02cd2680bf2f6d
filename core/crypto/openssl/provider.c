/* Provider "openssl": libcrypto 3 through EVP. Serves everything. */
#include <openssl/err.h>
#include <openssl/rand.h>

#include "openssl.h"

lteep_status lteep_openssl_result(bool success, lteep_status failure) {
  unsigned long error = ERR_get_error();
  if (success && error == 0) return LTEEP_OK;
  for (; error != 0; error = ERR_get_error())
    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) failure = LTEEP_ERR_NO_MEMORY;
  ERR_clear_error(); /* frees the texts that errors came with */
  return success ? LTEEP_OK : failure;
}

lteep_status lteep_openssl_done(bool success) {
  return lteep_openssl_result(success, LTEEP_ERR_CRYPTO_FAILED);
}

static bool supports(int alg) {
  return lteep_algorithm_find(alg) != NULL;
}

/* libcrypto notices a fork and reseeds. */
static lteep_status random_bytes(uint8_t *out, size_t size) {
  return lteep_openssl_done(RAND_bytes_ex(NULL, out, size, 0) == 1);
}

static const EVP_MD *hash_of(int alg) {
  switch (alg) {
  case LTEEP_ALG_SHA256:
    return EVP_sha256();
  case LTEEP_ALG_SHA384:
    return EVP_sha384();
  case LTEEP_ALG_SHA512:
    return EVP_sha512();
  case LTEEP_ALG_SHAKE128:
    return EVP_shake128();
  case LTEEP_ALG_SHAKE256:
    return EVP_shake256();
  default:
    return NULL;
  }
}

/* --- Digests and HMAC --- */

static lteep_status digest_start(int alg, void **state) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool ok = EVP_DigestInit_ex2(context, hash_of(alg), NULL) == 1;
  if (ok)
    *state = context;
  else
    EVP_MD_CTX_free(context);
  return lteep_openssl_done(ok);
}

static lteep_status digest_update(void *state, lteep_bytes data) {
  return lteep_openssl_done(EVP_DigestUpdate(state, data.at, data.size) == 1);
}

static void digest_abort(void *state) {
  EVP_MD_CTX_free(state);
}

/* The size of SHAKE is ours to say (RFC 9054 section 3.3). */
static bool finish(EVP_MD_CTX *context, uint8_t *out, size_t *size) {
  const EVP_MD *hash = EVP_MD_CTX_get0_md(context);
  bool shake128 = EVP_MD_is_a(hash, "SHAKE128");
  if (shake128 || EVP_MD_is_a(hash, "SHAKE256")) {
    *size = shake128 ? 32 : 64;
    return EVP_DigestFinalXOF(context, out, *size) == 1;
  }
  unsigned written = 0;
  bool ok = EVP_DigestFinal_ex(context, out, &written) == 1;
  *size = written;
  return ok;
}

static lteep_status digest_finish(void *state, uint8_t *out, size_t *size) {
  bool ok = finish(state, out, size);
  digest_abort(state);
  return lteep_openssl_done(ok);
}

static lteep_status digest_in_pieces(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  void *state;
  lteep_status status = digest_start(alg, &state);
  if (status != LTEEP_OK) return status;
  status = digest_update(state, data);
  if (status == LTEEP_OK) return digest_finish(state, out, size);
  digest_abort(state);
  return status;
}

static lteep_status digest(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  const EVP_MD *hash = hash_of(alg);
  if (EVP_MD_get_flags(hash) & EVP_MD_FLAG_XOF) return digest_in_pieces(alg, data, out, size);
  unsigned written = 0;
  bool ok = EVP_Digest(data.at, data.size, out, &written, hash, NULL) == 1;
  *size = written;
  return lteep_openssl_done(ok);
}

static const char *hmac_hash(int alg) {
  if (alg == LTEEP_ALG_HMAC256) return "SHA256";
  return alg == LTEEP_ALG_HMAC384 ? "SHA384" : "SHA512";
}

static lteep_status hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size) {
  static const uint8_t none[1];
  /* libcrypto reads a NULL key as "keep the key set before": point an empty one somewhere. */
  const uint8_t *key_at = key.size ? key.at : none;
  return lteep_openssl_done(EVP_Q_mac(NULL, "HMAC", NULL, hmac_hash(alg), NULL, key_at, key.size,
                                      data.at, data.size, out, LTEEP_DIGEST_MAX, size) != NULL);
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
    .generate = lteep_openssl_generate,
    .derive = lteep_openssl_derive,
    .check = lteep_openssl_check,
    .prepare = lteep_openssl_prepare,
    .release = lteep_openssl_release,
    .sign = lteep_openssl_sign,
    .verify = lteep_openssl_verify,
    .agree = lteep_openssl_agree,
    .seal = lteep_openssl_seal,
    .open = lteep_openssl_open,
    .cipher_start = lteep_openssl_cipher_start,
    .cipher_update = lteep_openssl_cipher_update,
    .cipher_end = lteep_openssl_cipher_end,
    .certify = lteep_openssl_certify,
};

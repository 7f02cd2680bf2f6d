/* Provider "mbedtls": the PSA Crypto API alone, so that one source serves Mbed TLS 2.28 and 3.6.
 *
 * No Ed25519: neither line has it. Keys are volatile and imported for each operation, because 2.28
 * has 32 key slots. PSA before 3.6 is not safe for threads: one lock surrounds every use of it. Its
 * random generator survives fork as a copy; a process that finds itself forked sets PSA up anew.
 */
#include "provider.h"

#include <psa/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCALAR = 32, POINT = 65 };

/* RFC 6979: the nonce comes from key and message, so a weak or copied generator cannot betray the
 * key. Verification is that of plain ECDSA. */
#define ECDSA PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner; /* the process that set PSA up; 0: none */

/* The one mapping of foreign errors. Callers that look at bad input map it themselves. */
static lteep_status status_of(psa_status_t status) {
  switch (status) {
  case PSA_SUCCESS:
    return LTEEP_OK;
  case PSA_ERROR_INVALID_SIGNATURE:
    return LTEEP_ERR_BAD_SIGNATURE;
  case PSA_ERROR_NOT_SUPPORTED:
    return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  case PSA_ERROR_INSUFFICIENT_MEMORY:
    return LTEEP_ERR_NO_MEMORY;
  default:
    return LTEEP_ERR_CRYPTO_FAILED;
  }
}

/* Take the lock and make PSA usable in this process. The lock is held whatever is returned. */
static psa_status_t enter(void) {
  pthread_mutex_lock(&lock);
  pid_t self = getpid();
  if (owner == self) return PSA_SUCCESS;
  if (owner != 0) mbedtls_psa_crypto_free(); /* forked: drop the generator we share */
  owner = 0;
  psa_status_t status = psa_crypto_init();
  if (status == PSA_SUCCESS) owner = self;
  return status;
}

static lteep_status leave(psa_status_t status) {
  pthread_mutex_unlock(&lock);
  return status_of(status);
}

static psa_algorithm_t hash_algorithm(int alg) {
  switch (alg) {
  case LTEEP_ALG_SHA256:
    return PSA_ALG_SHA_256;
  case LTEEP_ALG_SHA384:
    return PSA_ALG_SHA_384;
  case LTEEP_ALG_SHA512:
    return PSA_ALG_SHA_512;
  default:
    return PSA_ALG_NONE;
  }
}

static bool supports(int alg) {
  return alg == LTEEP_ALG_ESP256 || alg == LTEEP_ALG_ES256 || alg == LTEEP_ALG_HMAC256 ||
         hash_algorithm(alg) != PSA_ALG_NONE;
}

static lteep_status random_bytes(uint8_t *out, size_t size) {
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = psa_generate_random(out, size);
  return leave(status);
}

/* --- Digests and HMAC --- */

static lteep_status digest(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  psa_algorithm_t hash = hash_algorithm(alg);
  if (hash == PSA_ALG_NONE) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS)
    status = psa_hash_compute(hash, data.at, data.size, out, LTEEP_DIGEST_MAX, size);
  return leave(status);
}

static lteep_status digest_start(int alg, void **state) {
  psa_algorithm_t hash = hash_algorithm(alg);
  if (hash == PSA_ALG_NONE) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  psa_hash_operation_t *operation = calloc(1, sizeof *operation);
  if (!operation) return LTEEP_ERR_NO_MEMORY;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = psa_hash_setup(operation, hash);
  if (status == PSA_SUCCESS)
    *state = operation;
  else
    free(operation);
  return leave(status);
}

static lteep_status digest_update(void *state, lteep_bytes data) {
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = psa_hash_update(state, data.at, data.size);
  return leave(status);
}

static void digest_abort(void *state) {
  pthread_mutex_lock(&lock);
  psa_hash_abort(state);
  pthread_mutex_unlock(&lock);
  free(state);
}

static lteep_status digest_finish(void *state, uint8_t *out, size_t *size) {
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = psa_hash_finish(state, out, LTEEP_DIGEST_MAX, size);
  lteep_status result = leave(status);
  digest_abort(state);
  return result;
}

static psa_status_t import(psa_key_type_t type, psa_algorithm_t alg, psa_key_usage_t usage,
                           lteep_bytes material, psa_key_id_t *id) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, type);
  psa_set_key_algorithm(&attributes, alg);
  psa_set_key_usage_flags(&attributes, usage);
  return psa_import_key(&attributes, material.at, material.size, id);
}

static lteep_status hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size) {
  static const uint8_t zero[1];
  if (alg != LTEEP_ALG_HMAC256) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  /* PSA refuses an empty key; HMAC pads keys with zeros, so one zero byte is the same key. */
  if (key.size == 0) key = (lteep_bytes){zero, sizeof zero};
  const psa_algorithm_t mac = PSA_ALG_HMAC(PSA_ALG_SHA_256);
  psa_key_id_t id = 0;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS)
    status = import(PSA_KEY_TYPE_HMAC, mac, PSA_KEY_USAGE_SIGN_MESSAGE, key, &id);
  if (status == PSA_SUCCESS)
    status = psa_mac_compute(id, mac, data.at, data.size, out, LTEEP_DIGEST_MAX, size);
  psa_destroy_key(id);
  return leave(status);
}

/* --- P-256 --- */

static void point_of(const lteep_key_parts *parts, uint8_t point[POINT]) {
  point[0] = 4; /* SEC 1 section 2.3.3: uncompressed */
  memcpy(point + 1, parts->x, SCALAR);
  memcpy(point + 1 + SCALAR, parts->y, SCALAR);
}

static psa_status_t import_public(const lteep_key_parts *parts, psa_key_id_t *id) {
  uint8_t point[POINT];
  point_of(parts, point);
  return import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), ECDSA,
                PSA_KEY_USAGE_VERIFY_MESSAGE, (lteep_bytes){point, sizeof point}, id);
}

static psa_status_t import_private(const lteep_key_parts *parts, psa_key_id_t *id) {
  return import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), ECDSA,
                PSA_KEY_USAGE_SIGN_MESSAGE, (lteep_bytes){parts->d, SCALAR}, id);
}

static lteep_status generate(int alg, lteep_key_parts *parts) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, 8 * SCALAR);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
  uint8_t point[POINT];
  size_t size;
  psa_key_id_t id = 0;
  *parts = (lteep_key_parts){LTEEP_KTY_EC2, LTEEP_CRV_P256, alg, .has_private = true};
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = psa_generate_key(&attributes, &id);
  if (status == PSA_SUCCESS) status = psa_export_key(id, parts->d, SCALAR, &size);
  if (status == PSA_SUCCESS) status = psa_export_public_key(id, point, sizeof point, &size);
  psa_destroy_key(id);
  if (status == PSA_SUCCESS) {
    memcpy(parts->x, point + 1, SCALAR);
    memcpy(parts->y, point + 1 + SCALAR, SCALAR);
  }
  return leave(status);
}

/* Importing a key checks it: a point must be on the curve, a scalar in 1..n-1. */
static lteep_status check(const lteep_key_parts *parts) {
  uint8_t point[POINT], derived[POINT];
  size_t size = 0;
  psa_key_id_t public_id = 0, private_id = 0;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = import_public(parts, &public_id);
  if (status == PSA_SUCCESS && parts->has_private) {
    status = import_private(parts, &private_id);
    if (status == PSA_SUCCESS)
      status = psa_export_public_key(private_id, derived, sizeof derived, &size);
    point_of(parts, point);
    if (status == PSA_SUCCESS && memcmp(point, derived, sizeof point) != 0)
      status = PSA_ERROR_INVALID_ARGUMENT;
  }
  psa_destroy_key(public_id);
  psa_destroy_key(private_id);
  lteep_status result = leave(status);
  return status == PSA_ERROR_INVALID_ARGUMENT ? LTEEP_ERR_BAD_KEY : result;
}

static lteep_status sign(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                         uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  (void)loaded;
  size_t size;
  psa_key_id_t id = 0;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = import_private(parts, &id);
  if (status == PSA_SUCCESS)
    status = psa_sign_message(id, ECDSA, to_be_signed.at, to_be_signed.size, signature,
                              LTEEP_SIGNATURE_MAX, &size);
  psa_destroy_key(id);
  return leave(status);
}

static lteep_status verify(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                           lteep_bytes signature) {
  (void)loaded;
  psa_key_id_t id = 0;
  psa_status_t status = enter();
  if (status == PSA_SUCCESS) status = import_public(parts, &id);
  if (status == PSA_SUCCESS)
    status = psa_verify_message(id, ECDSA, to_be_signed.at, to_be_signed.size, signature.at,
                                signature.size);
  psa_destroy_key(id);
  return leave(status);
}

const lteep_provider lteep_provider_mbedtls = {
    .name = "mbedtls",
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
    .sign = sign,
    .verify = verify,
};

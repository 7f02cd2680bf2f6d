/* Provider "mbedtls": the PSA Crypto API alone, so that one source serves Mbed TLS 2.28 and 3.6.
 *
 * No Ed25519 and no SHAKE: neither line has them. Keys are volatile and imported for each
 * operation, because 2.28 has 32 key slots. PSA before 3.6 is not safe for threads: one lock
 * surrounds every use of it. Its random generator survives fork as a copy (CVE-2026-25835); a
 * process that finds itself forked sets PSA up anew, seeded by the kernel, before it uses it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "mbedtls.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
static pid_t owner; /* the process that set PSA up; 0: none */
static bool forked; /* set in a child, whatever number it has: pid namespaces repeat them */

/* The lock is held across fork, so that no child finds PSA half changed by another thread. */
static void before_fork(void) {
  pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void) {
  pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void) {
  forked = true;
  pthread_mutex_unlock(&lock);
}

static void watch_forks(void) {
  (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

psa_status_t lteep_psa_enter(void) {
  pthread_once(&watch_once, watch_forks);
  pthread_mutex_lock(&lock);
  pid_t self = getpid();
  if (owner == self && !forked) return PSA_SUCCESS;
  if (owner != 0) mbedtls_psa_crypto_free(); /* forked: drop the generator we share */
  owner = 0;
  psa_status_t status = psa_crypto_init();
  if (status == PSA_SUCCESS) {
    owner = self;
    forked = false;
  }
  return status;
}

lteep_status lteep_psa_leave(psa_status_t status) {
  pthread_mutex_unlock(&lock);
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

psa_status_t lteep_psa_import(psa_key_type_t type, psa_algorithm_t alg, psa_key_usage_t usage,
                              lteep_bytes material, psa_key_id_t *id) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, type);
  psa_set_key_algorithm(&attributes, alg);
  psa_set_key_usage_flags(&attributes, usage);
  return psa_import_key(&attributes, material.at, material.size, id);
}

static psa_algorithm_t hash_algorithm(int alg) {
  switch (alg) {
  case LTEEP_ALG_SHA256:
  case LTEEP_ALG_HMAC256:
    return PSA_ALG_SHA_256;
  case LTEEP_ALG_SHA384:
  case LTEEP_ALG_HMAC384:
    return PSA_ALG_SHA_384;
  case LTEEP_ALG_SHA512:
  case LTEEP_ALG_HMAC512:
    return PSA_ALG_SHA_512;
  default:
    return PSA_ALG_NONE;
  }
}

static bool supports(int alg) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  if (!algorithm) return false;
  if (algorithm->kind == LTEEP_KIND_DIGEST) return hash_algorithm(alg) != PSA_ALG_NONE;
  return algorithm->kind != LTEEP_KIND_SIGNATURE || algorithm->kty == LTEEP_KTY_EC2;
}

static lteep_status random_bytes(uint8_t *out, size_t size) {
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = psa_generate_random(out, size);
  return lteep_psa_leave(status);
}

/* --- Digests and HMAC --- */

static lteep_status digest(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS)
    status = psa_hash_compute(hash_algorithm(alg), data.at, data.size, out, LTEEP_DIGEST_MAX, size);
  return lteep_psa_leave(status);
}

static lteep_status digest_start(int alg, void **state) {
  psa_hash_operation_t *operation = calloc(1, sizeof *operation);
  if (!operation) return LTEEP_ERR_NO_MEMORY;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = psa_hash_setup(operation, hash_algorithm(alg));
  if (status == PSA_SUCCESS)
    *state = operation;
  else
    free(operation);
  return lteep_psa_leave(status);
}

static lteep_status digest_update(void *state, lteep_bytes data) {
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = psa_hash_update(state, data.at, data.size);
  return lteep_psa_leave(status);
}

static void digest_abort(void *state) {
  pthread_mutex_lock(&lock);
  psa_hash_abort(state);
  pthread_mutex_unlock(&lock);
  free(state);
}

static lteep_status digest_finish(void *state, uint8_t *out, size_t *size) {
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = psa_hash_finish(state, out, LTEEP_DIGEST_MAX, size);
  lteep_status result = lteep_psa_leave(status);
  digest_abort(state);
  return result;
}

static lteep_status hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size) {
  static const uint8_t zero[1];
  /* PSA refuses an empty key; HMAC pads keys with zeros, so one zero byte is the same key. */
  if (key.size == 0) key = (lteep_bytes){zero, sizeof zero};
  const psa_algorithm_t mac = PSA_ALG_HMAC(hash_algorithm(alg));
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS)
    status = lteep_psa_import(PSA_KEY_TYPE_HMAC, mac, PSA_KEY_USAGE_SIGN_MESSAGE, key, &id);
  if (status == PSA_SUCCESS)
    status = psa_mac_compute(id, mac, data.at, data.size, out, LTEEP_DIGEST_MAX, size);
  psa_destroy_key(id);
  return lteep_psa_leave(status);
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
    .generate = lteep_psa_generate,
    .derive = lteep_psa_derive,
    .check = lteep_psa_check,
    .sign = lteep_psa_sign,
    .verify = lteep_psa_verify,
    .agree = lteep_psa_agree,
    .seal = lteep_psa_seal,
    .open = lteep_psa_open,
    .cipher_start = lteep_psa_cipher_start,
    .cipher_update = lteep_psa_cipher_update,
    .cipher_end = lteep_psa_cipher_end,
};

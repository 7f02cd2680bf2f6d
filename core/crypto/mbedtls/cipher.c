/* Provider "mbedtls": AEAD, AES-CTR, and the bare AES below key wrap. */
#include <stdlib.h>

#include "mbedtls.h"

static psa_algorithm_t algorithm_of(int alg) {
  switch (lteep_algorithm_find(alg)->kind) {
  case LTEEP_KIND_AEAD:
    return alg == LTEEP_ALG_CHACHA20_POLY1305 ? PSA_ALG_CHACHA20_POLY1305 : PSA_ALG_GCM;
  case LTEEP_KIND_CIPHER:
    return PSA_ALG_CTR;
  default:
    return PSA_ALG_ECB_NO_PADDING;
  }
}

static psa_key_type_t type_of(int alg) {
  return alg == LTEEP_ALG_CHACHA20_POLY1305 ? PSA_KEY_TYPE_CHACHA20 : PSA_KEY_TYPE_AES;
}

static psa_status_t import(int alg, psa_key_usage_t usage, lteep_bytes key, psa_key_id_t *id) {
  return lteep_psa_import(type_of(alg), algorithm_of(alg), usage, key, id);
}

lteep_status lteep_psa_seal(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes plaintext, uint8_t *out) {
  size_t written;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import(alg, PSA_KEY_USAGE_ENCRYPT, key, &id);
  if (status == PSA_SUCCESS)
    status = psa_aead_encrypt(id, algorithm_of(alg), nonce.at, nonce.size, aad.at, aad.size,
                              plaintext.at, plaintext.size, out, plaintext.size + LTEEP_AEAD_TAG,
                              &written);
  psa_destroy_key(id);
  return lteep_psa_leave(status);
}

lteep_status lteep_psa_open(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes ciphertext, uint8_t *out) {
  size_t written;
  psa_key_id_t id = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = import(alg, PSA_KEY_USAGE_DECRYPT, key, &id);
  if (status == PSA_SUCCESS)
    status = psa_aead_decrypt(id, algorithm_of(alg), nonce.at, nonce.size, aad.at, aad.size,
                              ciphertext.at, ciphertext.size, out, ciphertext.size - LTEEP_AEAD_TAG,
                              &written);
  psa_destroy_key(id);
  return lteep_psa_leave(status);
}

static psa_status_t setup(psa_cipher_operation_t *operation, int alg, bool encrypt, lteep_bytes key,
                          lteep_bytes iv) {
  psa_key_id_t id = 0;
  psa_key_usage_t usage = encrypt ? PSA_KEY_USAGE_ENCRYPT : PSA_KEY_USAGE_DECRYPT;
  psa_status_t status = import(alg, usage, key, &id);
  if (status == PSA_SUCCESS)
    status = encrypt ? psa_cipher_encrypt_setup(operation, id, algorithm_of(alg))
                     : psa_cipher_decrypt_setup(operation, id, algorithm_of(alg));
  psa_destroy_key(id); /* the operation has its own copy */
  if (status == PSA_SUCCESS && iv.size) status = psa_cipher_set_iv(operation, iv.at, iv.size);
  return status;
}

lteep_status lteep_psa_cipher_start(int alg, bool encrypt, lteep_bytes key, lteep_bytes iv,
                                    void **state) {
  psa_cipher_operation_t *operation = calloc(1, sizeof *operation);
  if (!operation) return LTEEP_ERR_NO_MEMORY;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS) status = setup(operation, alg, encrypt, key, iv);
  lteep_status result = lteep_psa_leave(status);
  if (result == LTEEP_OK)
    *state = operation;
  else
    lteep_psa_cipher_end(operation);
  return result;
}

lteep_status lteep_psa_cipher_update(void *state, lteep_bytes data, uint8_t *out) {
  size_t written = 0;
  psa_status_t status = lteep_psa_enter();
  if (status == PSA_SUCCESS)
    status = psa_cipher_update(state, data.at, data.size, out, data.size, &written);
  if (status == PSA_SUCCESS && written != data.size) status = PSA_ERROR_CORRUPTION_DETECTED;
  return lteep_psa_leave(status);
}

void lteep_psa_cipher_end(void *state) {
  psa_status_t status = lteep_psa_enter();
  psa_cipher_abort(state); /* wipes the expanded key */
  (void)lteep_psa_leave(status);
  free(state);
}

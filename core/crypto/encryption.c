/* Content encryption under a key at hand: AEAD in one piece, AES-CTR as a stream. */
#include "provider.h"

static lteep_status check_sizes(const lteep_algorithm *algorithm, lteep_bytes key,
                                lteep_bytes nonce) {
  if (!algorithm) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  if (key.size != algorithm->key_size) return LTEEP_ERR_BAD_KEY;
  return nonce.size == algorithm->nonce_size ? LTEEP_OK : LTEEP_ERR_SIZE_OUT_OF_RANGE;
}

static lteep_status check_room(lteep_bytes aad, size_t plaintext, size_t written,
                               const lteep_buffer *out) {
  if (aad.size > LTEEP_AEAD_MAX || plaintext > LTEEP_AEAD_MAX) return LTEEP_ERR_TOO_LARGE;
  return out->capacity - out->size >= written ? LTEEP_OK : LTEEP_ERR_NO_ROOM;
}

/* Providers may have written plaintext before they knew the tag. */
static lteep_status appended(lteep_status status, size_t size, lteep_buffer *out) {
  if (status == LTEEP_OK)
    out->size += size;
  else if (size)
    lteep_wipe(out->at + out->size, size);
  return status;
}

lteep_status lteep_aead_seal(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                             lteep_bytes plaintext, lteep_buffer *out) {
  const lteep_provider *provider;
  const lteep_algorithm *algorithm = lteep_served(alg, LTEEP_KIND_AEAD, &provider);
  lteep_status status = check_sizes(algorithm, key, nonce);
  size_t size = plaintext.size + LTEEP_AEAD_TAG;
  if (status == LTEEP_OK) status = check_room(aad, plaintext.size, size, out);
  if (status != LTEEP_OK) return status;
  status = provider->seal(alg, key, nonce, aad, plaintext, out->at + out->size);
  return appended(status, size, out);
}

lteep_status lteep_aead_open(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                             lteep_bytes ciphertext, lteep_buffer *out) {
  static uint8_t nothing[1];
  const lteep_provider *provider;
  const lteep_algorithm *algorithm = lteep_served(alg, LTEEP_KIND_AEAD, &provider);
  lteep_status status = check_sizes(algorithm, key, nonce);
  if (status != LTEEP_OK) return status;
  if (ciphertext.size < LTEEP_AEAD_TAG) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t size = ciphertext.size - LTEEP_AEAD_TAG;
  status = check_room(aad, size, size, out);
  if (status != LTEEP_OK) return status;
  uint8_t *at = size ? out->at + out->size : nothing;
  status = provider->open(alg, key, nonce, aad, ciphertext, at);
  return appended(status, size, out);
}

lteep_status lteep_cipher_start(lteep_cipher *cipher, int alg, lteep_bytes key, lteep_bytes iv) {
  *cipher = (lteep_cipher){NULL, NULL};
  const lteep_provider *provider;
  const lteep_algorithm *algorithm = lteep_served(alg, LTEEP_KIND_CIPHER, &provider);
  lteep_status status = check_sizes(algorithm, key, iv);
  if (status != LTEEP_OK) return status;
  cipher->provider = provider;
  return provider->cipher_start(alg, true, key, iv, &cipher->state);
}

lteep_status lteep_cipher_update(lteep_cipher *cipher, lteep_bytes data, uint8_t *out) {
  if (data.size == 0) return LTEEP_OK;
  return cipher->provider->cipher_update(cipher->state, data, out);
}

void lteep_cipher_end(lteep_cipher *cipher) {
  if (cipher->state) cipher->provider->cipher_end(cipher->state);
  cipher->state = NULL;
}

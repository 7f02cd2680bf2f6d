/* Provider "openssl": AEAD, AES-CTR, and the bare AES below key wrap. */
#include <limits.h>

#include "openssl.h"

static const EVP_CIPHER *cipher_of(int alg) {
  switch (alg) {
  case LTEEP_ALG_A128GCM:
    return EVP_aes_128_gcm();
  case LTEEP_ALG_A192GCM:
    return EVP_aes_192_gcm();
  case LTEEP_ALG_A256GCM:
    return EVP_aes_256_gcm();
  case LTEEP_ALG_CHACHA20_POLY1305:
    return EVP_chacha20_poly1305();
  case LTEEP_ALG_A128CTR:
    return EVP_aes_128_ctr();
  case LTEEP_ALG_A192CTR:
    return EVP_aes_192_ctr();
  case LTEEP_ALG_A256CTR:
    return EVP_aes_256_ctr();
  case LTEEP_ALG_A128KW:
    return EVP_aes_128_ecb();
  case LTEEP_ALG_A192KW:
    return EVP_aes_192_ecb();
  case LTEEP_ALG_A256KW:
    return EVP_aes_256_ecb();
  default:
    return NULL;
  }
}

lteep_status lteep_openssl_cipher_start(int alg, bool encrypt, lteep_bytes key, lteep_bytes iv,
                                        void **state) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool ok = EVP_CipherInit_ex2(context, cipher_of(alg), key.at, iv.size ? iv.at : NULL, encrypt,
                               NULL) == 1 &&
            EVP_CIPHER_CTX_set_padding(context, 0) == 1;
  if (ok)
    *state = context;
  else
    EVP_CIPHER_CTX_free(context);
  return lteep_openssl_done(ok);
}

/* libcrypto counts in int. `out` NULL: additional data. */
static bool feed(EVP_CIPHER_CTX *context, lteep_bytes data, uint8_t *out) {
  enum { STEP = INT_MAX & ~15 };
  while (data.size > 0) {
    int written, step = data.size < STEP ? (int)data.size : STEP;
    if (EVP_CipherUpdate(context, out, &written, data.at, step) != 1 || written != step)
      return false;
    data = (lteep_bytes){data.at + step, data.size - (size_t)step};
    if (out) out += step;
  }
  return true;
}

lteep_status lteep_openssl_cipher_update(void *state, lteep_bytes data, uint8_t *out) {
  return lteep_openssl_done(feed(state, data, out));
}

void lteep_openssl_cipher_end(void *state) {
  EVP_CIPHER_CTX_free(state);
}

lteep_status lteep_openssl_seal(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                                lteep_bytes plaintext, uint8_t *out) {
  void *state = NULL;
  int written = 0;
  lteep_status status = lteep_openssl_cipher_start(alg, true, key, nonce, &state);
  if (status != LTEEP_OK) return status;
  uint8_t *tag = out + plaintext.size;
  bool ok = feed(state, aad, NULL) && feed(state, plaintext, out) &&
            EVP_EncryptFinal_ex(state, tag, &written) == 1 && written == 0 &&
            EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, LTEEP_AEAD_TAG, tag) == 1;
  EVP_CIPHER_CTX_free(state);
  return lteep_openssl_done(ok);
}

lteep_status lteep_openssl_open(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                                lteep_bytes ciphertext, uint8_t *out) {
  void *state = NULL;
  int written = 0;
  uint8_t tag[LTEEP_AEAD_TAG];
  size_t size = ciphertext.size - LTEEP_AEAD_TAG;
  lteep_status status = lteep_openssl_cipher_start(alg, false, key, nonce, &state);
  if (status != LTEEP_OK) return status;
  for (size_t i = 0; i < sizeof tag; i++) tag[i] = ciphertext.at[size + i];
  bool ok = EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, LTEEP_AEAD_TAG, tag) == 1 &&
            feed(state, aad, NULL) && feed(state, (lteep_bytes){ciphertext.at, size}, out);
  bool matches = ok && EVP_DecryptFinal_ex(state, tag, &written) == 1;
  EVP_CIPHER_CTX_free(state);
  return lteep_openssl_result(matches, ok ? LTEEP_ERR_BAD_SIGNATURE : LTEEP_ERR_CRYPTO_FAILED);
}

/* Decryption of a detached ciphertext that arrives in pieces. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { GROWTH_MIN = 4096 };

struct lteep_decryptor {
  bool is_stream;
  lteep_cipher cipher;  /* AES-CTR */
  const lteep_key *key; /* AEAD: of the content */
  lteep_key *made;      /* the same where it was unwrapped */
  uint8_t iv[LTEEP_NONCE_MAX];
  size_t iv_size;
  lteep_buffer associated;
  lteep_buffer ciphertext; /* AEAD: all that arrived */
  size_t most;
};

static lteep_status find_key(lteep_decryptor *made, const lteep_cose_sealed *message,
                             const lteep_cose_open_options *options, size_t *key) {
  lteep_content_keys keys = {.message = message, .options = options};
  lteep_status status = lteep_content_key_next(&keys, &made->key);
  made->made = keys.made;
  *key = keys.key;
  return status;
}

static lteep_status prepare(lteep_decryptor *made, const lteep_cose_sealed *message,
                            const lteep_cose_open_options *options, size_t *key) {
  lteep_status status = lteep_cose_check_tag(options->tagging, message->tagged);
  if (status == LTEEP_OK) status = lteep_cose_check_content(message, options, LTEEP_KIND_AEAD);
  if (status == LTEEP_OK && message->has_content) status = LTEEP_ERR_NOT_COSE;
  if (status == LTEEP_OK)
    status = lteep_cose_find_iv(message, options->iv, made->iv, &made->iv_size);
  if (status == LTEEP_OK) status = find_key(made, message, options, key);
  if (status != LTEEP_OK) return status;
  made->is_stream = lteep_algorithm_find((int)message->algorithm)->kind == LTEEP_KIND_CIPHER;
  if (made->is_stream)
    return lteep_key_cipher(made->key, false, (lteep_bytes){made->iv, made->iv_size},
                            &made->cipher);
  return lteep_cose_associated(message->tag, message->protected_header, options->external_aad,
                               (lteep_bytes){NULL, 0}, &made->associated);
}

lteep_status lteep_decryptor_open(const lteep_cose_sealed *message,
                                  const lteep_cose_open_options *options, size_t most,
                                  lteep_decryptor **decryptor, size_t *key) {
  *decryptor = NULL;
  lteep_decryptor *made = calloc(1, sizeof *made);
  if (!made) return LTEEP_ERR_NO_MEMORY;
  made->most = most;
  lteep_status status = prepare(made, message, options, key);
  if (status == LTEEP_OK)
    *decryptor = made;
  else
    lteep_decryptor_close(made);
  return status;
}

size_t lteep_decryptor_room(const lteep_decryptor *decryptor, size_t size, bool finish) {
  if (decryptor->is_stream) return finish ? 0 : size;
  return finish ? decryptor->ciphertext.size : 0;
}

/* Room for `size` more bytes of ciphertext. */
static lteep_status grow(lteep_decryptor *decryptor, size_t size) {
  lteep_buffer *kept = &decryptor->ciphertext;
  if (size > decryptor->most - kept->size) return LTEEP_ERR_TOO_LARGE;
  size_t needed = kept->size + size, room = 2 * kept->capacity;
  if (needed <= kept->capacity) return LTEEP_OK;
  if (room < GROWTH_MIN) room = GROWTH_MIN;
  if (room < needed) room = needed;
  uint8_t *at = realloc(kept->at, room);
  if (!at) return LTEEP_ERR_NO_MEMORY;
  kept->at = at;
  kept->capacity = room;
  return LTEEP_OK;
}

static lteep_status keep(lteep_decryptor *decryptor, lteep_bytes ciphertext) {
  if (ciphertext.size == 0) return LTEEP_OK;
  lteep_status status = grow(decryptor, ciphertext.size);
  if (status != LTEEP_OK) return status;
  lteep_buffer *kept = &decryptor->ciphertext;
  memcpy(kept->at + kept->size, ciphertext.at, ciphertext.size);
  kept->size += ciphertext.size;
  return LTEEP_OK;
}

lteep_status lteep_decryptor_update(lteep_decryptor *decryptor, lteep_bytes ciphertext,
                                    lteep_buffer *out) {
  if (!decryptor->is_stream) return keep(decryptor, ciphertext);
  if (out->capacity - out->size < ciphertext.size) return LTEEP_ERR_NO_ROOM;
  if (ciphertext.size == 0) return LTEEP_OK;
  lteep_status status = lteep_cipher_update(&decryptor->cipher, ciphertext, out->at + out->size);
  if (status == LTEEP_OK) out->size += ciphertext.size;
  return status;
}

lteep_status lteep_decryptor_finish(lteep_decryptor *decryptor, lteep_buffer *out) {
  if (decryptor->is_stream) return LTEEP_OK;
  return lteep_key_open(decryptor->key, (lteep_bytes){decryptor->iv, decryptor->iv_size},
                        lteep_buffer_view(&decryptor->associated),
                        lteep_buffer_view(&decryptor->ciphertext), out);
}

void lteep_decryptor_close(lteep_decryptor *decryptor) {
  if (!decryptor) return;
  lteep_cipher_end(&decryptor->cipher);
  lteep_key_free(decryptor->made);
  free(decryptor->associated.at);
  free(decryptor->ciphertext.at);
  free(decryptor);
}

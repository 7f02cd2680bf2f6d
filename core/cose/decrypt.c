/* The one place that decrypts COSE messages and checks their MACs (RFC 9052 sections 5.3 and 6.3).
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_listed(const lteep_cose_open_options *options, int64_t algorithm) {
  for (size_t i = 0; i < options->algorithm_count; i++)
    if (options->algorithms[i] == algorithm) return true;
  return false;
}

lteep_status lteep_cose_check_content(const lteep_cose_sealed *message,
                                      const lteep_cose_open_options *options,
                                      lteep_algorithm_kind kind) {
  if (!message->has_algorithm || !is_listed(options, message->algorithm))
    return LTEEP_ERR_ALGORITHM_NOT_ALLOWED;
  const lteep_algorithm *algorithm = lteep_algorithm_find((int)message->algorithm);
  if (algorithm && algorithm->kind == kind) return LTEEP_OK;
  bool is_cipher = algorithm && algorithm->kind == LTEEP_KIND_CIPHER && kind == LTEEP_KIND_AEAD;
  return is_cipher && options->external_aad.size == 0 ? LTEEP_OK : LTEEP_ERR_ALGORITHM_NOT_ALLOWED;
}

/* Partial IV: filled up with zeros on the left, combined with the IV agreed on by exclusive or. */
static lteep_status complete_iv(lteep_bytes partial, lteep_bytes agreed,
                                uint8_t iv[LTEEP_NONCE_MAX]) {
  if (partial.size == 0 || partial.size > agreed.size) return LTEEP_ERR_BAD_HEADER;
  for (size_t i = 0; i < partial.size; i++) iv[agreed.size - partial.size + i] ^= partial.at[i];
  return LTEEP_OK;
}

lteep_status lteep_cose_find_iv(const lteep_cose_sealed *message, lteep_bytes agreed,
                                uint8_t iv[LTEEP_NONCE_MAX], size_t *size) {
  lteep_bytes base = message->iv.at ? message->iv : agreed;
  if (!base.at) return LTEEP_ERR_BAD_HEADER;
  if (base.size > LTEEP_NONCE_MAX) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  memcpy(iv, base.at, base.size);
  *size = base.size;
  return message->partial_iv.at ? complete_iv(message->partial_iv, base, iv) : LTEEP_OK;
}

/* What is needed to open the content, but for its key. */
typedef struct {
  bool is_stream; /* AES-CTR */
  uint8_t iv[LTEEP_NONCE_MAX];
  size_t iv_size;
  lteep_buffer associated;
  lteep_bytes content;
} opening;

static lteep_status choose_content(const lteep_cose_sealed *message,
                                   const lteep_cose_open_options *options, lteep_bytes *content) {
  bool has_detached = options->detached.at != NULL;
  if (message->has_content == has_detached) return LTEEP_ERR_NOT_COSE;
  *content = has_detached ? options->detached : message->content;
  return LTEEP_OK;
}

static lteep_status open_stream(const opening *run, const lteep_key *key, lteep_buffer *out) {
  lteep_cipher cipher;
  if (out->capacity - out->size < run->content.size) return LTEEP_ERR_NO_ROOM;
  lteep_status status = lteep_key_cipher(key, false, (lteep_bytes){run->iv, run->iv_size}, &cipher);
  if (status == LTEEP_OK) status = lteep_cipher_update(&cipher, run->content, out->at + out->size);
  lteep_cipher_end(&cipher);
  if (status == LTEEP_OK) out->size += run->content.size;
  return status;
}

static lteep_status open_content(const opening *run, const lteep_key *key, lteep_buffer *out) {
  if (run->is_stream) return open_stream(run, key, out);
  return lteep_key_open(key, (lteep_bytes){run->iv, run->iv_size},
                        lteep_buffer_view(&run->associated), run->content, out);
}

static lteep_status prepare(const lteep_cose_sealed *message,
                            const lteep_cose_open_options *options, opening *run) {
  lteep_status status = lteep_cose_check_tag(options->tagging, message->tagged);
  if (status == LTEEP_OK) status = lteep_cose_check_content(message, options, LTEEP_KIND_AEAD);
  if (status == LTEEP_OK) status = choose_content(message, options, &run->content);
  if (status == LTEEP_OK) status = lteep_cose_find_iv(message, options->iv, run->iv, &run->iv_size);
  if (status != LTEEP_OK) return status;
  run->is_stream = lteep_algorithm_find((int)message->algorithm)->kind == LTEEP_KIND_CIPHER;
  return lteep_cose_associated(message->tag, message->protected_header, options->external_aad,
                               (lteep_bytes){NULL, 0}, &run->associated);
}

lteep_status lteep_cose_decrypt(const lteep_cose_sealed *message,
                                const lteep_cose_open_options *options, lteep_buffer *plaintext,
                                size_t *key) {
  opening run = {.is_stream = false};
  lteep_content_keys keys = {.message = message, .options = options};
  const lteep_key *content = NULL;
  lteep_status status = prepare(message, options, &run);
  while (status == LTEEP_OK) {
    status = lteep_content_key_next(&keys, &content);
    if (status != LTEEP_OK) break;
    status = open_content(&run, content, plaintext);
    if (status != LTEEP_ERR_BAD_SIGNATURE && status != LTEEP_ERR_WRONG_KEY) break;
    lteep_content_key_reject(&keys, status);
    status = LTEEP_OK;
  }
  *key = keys.key;
  lteep_content_keys_end(&keys);
  free(run.associated.at);
  return status;
}

/* The MAC under each content key that opens. */
static lteep_status try_macs(lteep_content_keys *keys, lteep_bytes covered) {
  const lteep_key *content;
  for (;;) {
    lteep_status status = lteep_content_key_next(keys, &content);
    if (status == LTEEP_OK)
      status = lteep_key_mac_verify(content, covered, keys->message->mac);
    else
      return status;
    if (status != LTEEP_ERR_BAD_SIGNATURE && status != LTEEP_ERR_WRONG_KEY) return status;
    lteep_content_key_reject(keys, status);
  }
}

lteep_status lteep_cose_verify_mac(const lteep_cose_sealed *message,
                                   const lteep_cose_open_options *options, size_t *key) {
  lteep_content_keys keys = {.message = message, .options = options};
  lteep_bytes payload;
  lteep_buffer covered = {NULL, 0, 0};
  lteep_status status = lteep_cose_check_tag(options->tagging, message->tagged);
  if (status == LTEEP_OK) status = lteep_cose_check_content(message, options, LTEEP_KIND_MAC);
  if (status == LTEEP_OK) status = choose_content(message, options, &payload);
  if (status == LTEEP_OK)
    status = lteep_cose_associated(message->tag, message->protected_header, options->external_aad,
                                   payload, &covered);
  if (status == LTEEP_OK) status = try_macs(&keys, lteep_buffer_view(&covered));
  *key = keys.key;
  lteep_content_keys_end(&keys);
  free(covered.at);
  return status;
}

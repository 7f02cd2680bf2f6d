/* HKDF-SHA-256 (RFC 5869) over the HMAC of a provider. */
#include <stdlib.h>
#include <string.h>

#include "luateep/crypto.h"

enum { HASH = 32 };

/* T(n) = HMAC(key, T(n - 1) || info || n); `input` has room for the three. */
static lteep_status expand(const uint8_t key[HASH], lteep_bytes info, uint8_t *input, uint8_t *out,
                           size_t size) {
  uint8_t block[LTEEP_DIGEST_MAX];
  size_t before = 0, block_size = 0;
  lteep_status status = LTEEP_OK;
  for (uint8_t n = 1; size > 0 && status == LTEEP_OK; n++) {
    memcpy(input, block, before);
    if (info.size) memcpy(input + before, info.at, info.size);
    input[before + info.size] = n;
    status = lteep_hmac(LTEEP_ALG_HMAC256, (lteep_bytes){key, HASH},
                        (lteep_bytes){input, before + info.size + 1}, block, &block_size);
    size_t part = size < HASH ? size : HASH;
    if (status == LTEEP_OK) memcpy(out, block, part);
    before = HASH;
    out += part;
    size -= part;
  }
  lteep_wipe(block, sizeof block);
  return status;
}

lteep_status lteep_hkdf(lteep_bytes secret, lteep_bytes salt, lteep_bytes info, uint8_t *out,
                        size_t size) {
  uint8_t key[LTEEP_DIGEST_MAX];
  size_t key_size = 0, room = HASH + info.size + 1;
  if (size == 0 || size > LTEEP_HKDF_MAX) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  if (info.size > LTEEP_HKDF_MAX) return LTEEP_ERR_TOO_LARGE;
  uint8_t *input = malloc(room);
  if (!input) return LTEEP_ERR_NO_MEMORY;
  lteep_status status = lteep_hmac(LTEEP_ALG_HMAC256, salt, secret, key, &key_size);
  if (status == LTEEP_OK) status = expand(key, info, input, out, size);
  if (status != LTEEP_OK) lteep_wipe(out, size);
  lteep_wipe(key, sizeof key);
  lteep_wipe(input, room);
  free(input);
  return status;
}

/* libFuzzer: a DER key that is read is written byte for byte as it was, but for what SEC 1 and PKCS
 * #8 leave open, and read again as the same key. */
#include <stdlib.h>
#include <string.h>

#include "luateep/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const lteep_key_parts *parts, lteep_bytes input) {
  uint8_t bytes[LTEEP_DER_KEY_MAX];
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_key_parts again;
  if (lteep_der_key_write(parts, parts->has_private, &out) != LTEEP_OK) abort();
  if (!parts->has_private && !lteep_equal(lteep_buffer_view(&out), input)) abort();
  if (lteep_der_key_read(lteep_buffer_view(&out), parts->alg, &again) != LTEEP_OK) abort();
  if (memcmp(parts, &again, sizeof again) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_bytes input = {data, size};
  lteep_key_parts parts;
  lteep_key *key;
  if (lteep_der_key_read(input, 0, &parts) != LTEEP_OK) return 0;
  check_written(&parts, input);
  if (lteep_key_import(&parts, &key) == LTEEP_OK) lteep_key_free(key);
  return 0;
}

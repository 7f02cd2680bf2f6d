/* libFuzzer: a COSE_Key that is read can be written, and what was written is read as the same key,
 * but for the key_ops of a public one. */
#include <stdlib.h>
#include <string.h>

#include "luateep/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const lteep_key_parts *parts) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX];
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_key_parts again, expected = *parts;
  bool symmetric = parts->kty == LTEEP_KTY_SYMMETRIC;
  if ((parts->kid_size == 0 && !symmetric) || parts->kid_size > LTEEP_KID_MAX) abort();
  if (lteep_cose_key_write(parts, parts->has_private, &out) != LTEEP_OK) abort();
  if (lteep_cose_key_read(lteep_buffer_view(&out), &again) != LTEEP_OK) abort();
  if (!parts->has_private) expected.operations = 0;
  if (memcmp(&expected, &again, sizeof again) != 0) abort();
}

static void check_import(const lteep_key_parts *parts) {
  uint8_t signature[LTEEP_SIGNATURE_MAX];
  lteep_bytes message = {(const uint8_t *)"message", 7};
  lteep_key *key;
  if (lteep_key_import(parts, &key) != LTEEP_OK) return;
  bool signs = lteep_algorithm_find(parts->alg)->kind == LTEEP_KIND_SIGNATURE;
  if (lteep_key_can_sign(key) != (signs && parts->has_private)) abort();
  if (lteep_key_can_sign(key)) {
    if (lteep_key_sign(key, message, signature) != LTEEP_OK) abort();
    lteep_bytes made = {signature, lteep_algorithm_find(parts->alg)->size};
    bool verifies = parts->operations == 0 || (parts->operations & LTEEP_OP_VERIFY);
    lteep_status expected = verifies ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
    if (lteep_key_verify(key, message, made) != expected) abort();
  }
  lteep_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_key_parts parts;
  if (lteep_cose_key_read((lteep_bytes){data, size}, &parts) != LTEEP_OK) return 0;
  check_parts(&parts);
  check_import(&parts);
  return 0;
}

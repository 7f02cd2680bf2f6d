/* libFuzzer: certificates as a peer sends them and as an operator trusts them. What is not its own
 * anchor is never trusted. */
#include <stdlib.h>

#include "luateep/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int algorithms[] = {LTEEP_ALG_ESP256, LTEEP_ALG_ED25519};
static const char *const purposes[] = {"1.3.6.1.5.5.7.3.3", "1.3.6.1.4.1.32473.1"};

static lteep_status validate(lteep_bytes leaf, lteep_bytes other, lteep_bytes anchor) {
  lteep_bytes certificates[] = {leaf, other};
  lteep_certificate_path path = {
      .certificates = certificates,
      .count = other.size ? 2 : 1,
      .anchors = &anchor,
      .anchor_count = anchor.size ? 1 : 0,
      .time = 1780000000, /* 2026 */
      .purposes = purposes,
  };
  lteep_key *key = NULL;
  lteep_status status = LTEEP_OK;
  for (size_t i = 0; i < 2; i++) {
    path.purpose_count = 2 * i; /* those asked for make no certificate trusted */
    lteep_status tried = lteep_certificate_key(&path, algorithms[i], &key);
    if ((tried == LTEEP_OK) != (key != NULL)) abort();
    lteep_key_free(key);
    status = i == 0 || tried == LTEEP_OK ? tried : status;
  }
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_bytes all = {data, size}, none = {NULL, 0};
  if (validate(all, none, none) == LTEEP_OK) abort();
  (void)!validate(all, none, all);
  size_t half = size / 2;
  (void)!validate((lteep_bytes){data, half}, (lteep_bytes){data + half, size - half}, all);
  return 0;
}

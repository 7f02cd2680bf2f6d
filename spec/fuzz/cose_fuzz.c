/* libFuzzer: what the parser of COSE signatures takes apart lies within the input, and verification
 * succeeds only for a signature that matches, under an algorithm that was accepted. */
#include "cose_stubs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_signers(lteep_bytes input, const lteep_cose_message *message) {
  if (message->signers == 0 || message->signers > LTEEP_COSE_SIGNERS_MAX) abort();
  for (size_t i = 0; i < message->signers; i++) {
    const lteep_cose_signer *signer = &message->signer[i];
    fuzz_check_span(input, signer->kid);
    fuzz_check_span(input, signer->protected_header);
    fuzz_check_span(input, signer->chain);
    fuzz_check_span(input, signer->signature);
  }
}

static void check_verify(const lteep_cose_message *message, bool all_keys, bool anchored) {
  static lteep_key *keys[2];
  static const int algorithms[] = {LTEEP_ALG_ESP256, LTEEP_ALG_ED25519};
  static const lteep_bytes anchor = {(const uint8_t *)"anchor", 6};
  size_t signer = SIZE_MAX, key = SIZE_MAX;
  lteep_key *leaf = NULL;
  for (size_t i = 0; i < 2; i++)
    if (!keys[i]) keys[i] = fuzz_key(algorithms[i]);
  lteep_cose_verify_options options = {
      .keys = (const lteep_key *const *)keys,
      .key_count = 2,
      .algorithms = algorithms,
      .algorithm_count = 2,
      .all_keys = all_keys,
      .anchors = &anchor,
      .anchor_count = anchored,
  };
  if (!message->has_payload)
    options.detached_payload = (lteep_bytes){(const uint8_t *)"detached", 8};
  if (lteep_cose_verify(message, &options, &signer, &key, &leaf) == LTEEP_OK) {
    if (signer >= message->signers || key > 2 || (key == 2) != (leaf != NULL)) abort();
    const lteep_cose_signer *found = &message->signer[signer];
    if (!fuzz_matches(found->signature) || !found->has_algorithm) abort();
    if (found->algorithm != LTEEP_ALG_ESP256 && found->algorithm != LTEEP_ALG_ED25519) abort();
    if (found->chain_is_critical && !leaf) abort();
  } else if (leaf) {
    abort();
  }
  lteep_key_free(leaf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_cose_message message;
  lteep_bytes input = {data, size};
  size_t offset = 0;
  if (lteep_cose_parse(input, &message, &offset) != LTEEP_OK) {
    if (offset > size) abort();
    return 0;
  }
  fuzz_check_span(input, message.payload);
  fuzz_check_span(input, message.protected_header);
  check_signers(input, &message);
  check_verify(&message, false, false);
  check_verify(&message, false, true);
  check_verify(&message, true, false);
  return 0;
}

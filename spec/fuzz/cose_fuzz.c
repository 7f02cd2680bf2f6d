/* libFuzzer: what the COSE parser takes apart lies within the input, and no signature by a key that
 * nobody used is ever found in it. */
#include <stdlib.h>

#include "luateep/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(lteep_bytes input, lteep_bytes span) {
  if (span.size == 0) return;
  if (span.at < input.at || span.size > input.size) abort();
  if ((size_t)(span.at - input.at) > input.size - span.size) abort();
}

static void check_signers(lteep_bytes input, const lteep_cose_message *message) {
  if (message->signers == 0 || message->signers > LTEEP_COSE_SIGNERS_MAX) abort();
  for (size_t i = 0; i < message->signers; i++) {
    const lteep_cose_signer *signer = &message->signer[i];
    check_span(input, signer->kid);
    check_span(input, signer->protected_header);
    check_span(input, signer->signature);
  }
}

static void check_verify(const lteep_cose_message *message) {
  static lteep_key *keys[2];
  static const int algorithms[] = {LTEEP_ALG_ESP256, LTEEP_ALG_ED25519};
  size_t signer, key;
  for (size_t i = 0; i < 2; i++)
    if (!keys[i] && lteep_key_generate(algorithms[i], &keys[i]) != LTEEP_OK) abort();
  lteep_cose_verify_options options = {
      .keys = (const lteep_key *const *)keys,
      .key_count = 2,
      .algorithms = algorithms,
      .algorithm_count = 2,
  };
  if (!message->has_payload)
    options.detached_payload = (lteep_bytes){(const uint8_t *)"detached", 8};
  if (lteep_cose_verify(message, &options, &signer, &key, NULL) == LTEEP_OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lteep_cose_message message;
  lteep_bytes input = {data, size};
  size_t offset = 0;
  if (lteep_cose_parse(input, &message, &offset) != LTEEP_OK) {
    if (offset > size) abort();
    return 0;
  }
  check_span(input, message.payload);
  check_span(input, message.protected_header);
  check_signers(input, &message);
  check_verify(&message);
  return 0;
}

/* The one place that checks COSE signatures (RFC 9052 section 4.4). */
#include "internal.h"

#include <stdlib.h>

typedef struct {
  const lteep_cose_message *message;
  const lteep_cose_verify_options *options;
  lteep_bytes payload;
  lteep_buffer to_be_signed;
  unsigned attempts;
} verification;

static bool is_accepted(const lteep_cose_verify_options *options, const lteep_cose_signer *signer) {
  if (!signer->has_algorithm) return false;
  for (size_t i = 0; i < options->algorithm_count; i++)
    if (options->algorithms[i] == signer->algorithm) return true;
  return false;
}

/* Whether the signer may mean this key: its algorithm, and its kid if it states one. */
static lteep_status is_meant(const lteep_key *key, const lteep_cose_signer *signer, bool *meant) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t size = 0;
  *meant = lteep_key_algorithm(key) == signer->algorithm;
  if (!*meant || !signer->has_kid) return LTEEP_OK;
  lteep_status status = lteep_cose_kid(key, kid, &size);
  *meant = status == LTEEP_OK && lteep_equal((lteep_bytes){kid, size}, signer->kid);
  return status;
}

static lteep_status build(verification *run, const lteep_cose_signer *signer) {
  lteep_sig_structure parts = {
      .tag = run->message->tag,
      .body_protected = run->message->protected_header,
      .sign_protected = signer->protected_header,
      .external_aad = run->options->external_aad,
      .payload = run->payload,
  };
  free(run->to_be_signed.at);
  run->to_be_signed.size = 0;
  run->to_be_signed.capacity = lteep_sig_structure_room(&parts);
  run->to_be_signed.at = malloc(run->to_be_signed.capacity);
  return run->to_be_signed.at ? lteep_sig_structure_write(&parts, &run->to_be_signed)
                              : LTEEP_ERR_NO_MEMORY;
}

/* UNKNOWN_KEY when no key was meant, BAD_SIGNATURE when none of those meant made the signature. */
static lteep_status try_keys(verification *run, const lteep_cose_signer *signer, size_t *index) {
  lteep_status result = LTEEP_ERR_UNKNOWN_KEY;
  for (size_t i = 0; i < run->options->key_count; i++) {
    const lteep_key *key = run->options->keys[i];
    bool meant;
    lteep_status status = is_meant(key, signer, &meant);
    if (status != LTEEP_OK) return status;
    if (!meant) continue;
    if (run->attempts++ == LTEEP_COSE_ATTEMPTS_MAX) return LTEEP_ERR_LIMIT_REACHED;
    if (result == LTEEP_ERR_UNKNOWN_KEY) status = build(run, signer);
    if (status == LTEEP_OK)
      status = lteep_key_verify(key, lteep_buffer_view(&run->to_be_signed), signer->signature);
    *index = i;
    if (status != LTEEP_ERR_BAD_SIGNATURE) return status;
    result = status;
  }
  return result;
}

/* The status that tells more about why nothing matched. */
static lteep_status more_telling(lteep_status a, lteep_status b) {
  if (a == LTEEP_ERR_BAD_SIGNATURE || b == LTEEP_ERR_BAD_SIGNATURE) return LTEEP_ERR_BAD_SIGNATURE;
  if (a == LTEEP_ERR_UNKNOWN_KEY || b == LTEEP_ERR_UNKNOWN_KEY) return LTEEP_ERR_UNKNOWN_KEY;
  return LTEEP_ERR_ALGORITHM_NOT_ALLOWED;
}

static lteep_status try_signers(verification *run, size_t *signer, size_t *key) {
  lteep_status result = LTEEP_ERR_ALGORITHM_NOT_ALLOWED;
  for (size_t i = 0; i < run->message->signers; i++) {
    const lteep_cose_signer *candidate = &run->message->signer[i];
    if (!is_accepted(run->options, candidate)) continue;
    size_t index = 0;
    lteep_status status = try_keys(run, candidate, &index);
    if (status == LTEEP_OK) {
      *signer = i;
      *key = index;
      return LTEEP_OK;
    }
    if (status != LTEEP_ERR_UNKNOWN_KEY && status != LTEEP_ERR_BAD_SIGNATURE) return status;
    result = more_telling(result, status);
  }
  return result;
}

lteep_status lteep_cose_verify(const lteep_cose_message *message,
                               const lteep_cose_verify_options *options, size_t *signer,
                               size_t *key) {
  bool has_detached = options->detached_payload.at != NULL;
  /* A payload of each kind is as ambiguous as none. */
  if (message->has_payload == has_detached) return LTEEP_ERR_NOT_COSE;
  verification run = {
      .message = message,
      .options = options,
      .payload = has_detached ? options->detached_payload : message->payload,
  };
  lteep_status status = try_signers(&run, signer, key);
  free(run.to_be_signed.at);
  return status;
}

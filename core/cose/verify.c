/* The one place that checks COSE signatures (RFC 9052 section 4.4). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  const lteep_cose_message *message;
  const lteep_cose_verify_options *options;
  lteep_bytes payload;
  lteep_buffer to_be_signed;
  const lteep_cose_signer *built; /* whom that is for */
  unsigned attempts;
  lteep_key **leaf; /* NULL: no certificates */
} verification;

static bool is_accepted(const lteep_cose_verify_options *options, const lteep_cose_signer *signer) {
  if (!signer->has_algorithm) return false;
  for (size_t i = 0; i < options->algorithm_count; i++)
    if (options->algorithms[i] == signer->algorithm) return true;
  return false;
}

lteep_status lteep_cose_is_meant(const lteep_key *key, int64_t algorithm, const lteep_bytes *kid,
                                 bool *meant) {
  uint8_t own[LTEEP_KID_MAX];
  size_t size = 0;
  *meant = lteep_key_algorithm(key) == algorithm;
  if (!*meant || !kid) return LTEEP_OK;
  lteep_status status = lteep_cose_kid(key, own, &size);
  *meant = status == LTEEP_OK && (size == 0 || lteep_equal((lteep_bytes){own, size}, *kid));
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

/* The structure to be signed is built for the first key that a signer may mean. */
static lteep_status check_signature(verification *run, const lteep_cose_signer *signer,
                                    const lteep_key *key) {
  if (run->attempts++ == LTEEP_COSE_ATTEMPTS_MAX) return LTEEP_ERR_LIMIT_REACHED;
  lteep_status status = run->built == signer ? LTEEP_OK : build(run, signer);
  if (status != LTEEP_OK) return status;
  run->built = signer;
  return lteep_key_verify(key, lteep_buffer_view(&run->to_be_signed), signer->signature);
}

/* UNKNOWN_KEY when no key was meant; BAD_SIGNATURE when none of those meant made the signature,
 * WRONG_KEY when none of them may verify. */
static lteep_status try_keys(verification *run, const lteep_cose_signer *signer, size_t first,
                             size_t last, size_t *index) {
  lteep_status result = LTEEP_ERR_UNKNOWN_KEY;
  for (size_t i = first; i < last; i++) {
    const lteep_key *key = run->options->keys[i];
    bool meant;
    lteep_status status =
        lteep_cose_is_meant(key, signer->algorithm, signer->has_kid ? &signer->kid : NULL, &meant);
    if (status != LTEEP_OK) return status;
    if (!meant) continue;
    *index = i;
    status = check_signature(run, signer, key);
    if (status != LTEEP_ERR_BAD_SIGNATURE && status != LTEEP_ERR_WRONG_KEY) return status;
    if (result != LTEEP_ERR_BAD_SIGNATURE) result = status;
  }
  return result;
}

/* The key of its x5chain, for a signer whose key is not known otherwise. */
static lteep_status try_chain(verification *run, const lteep_cose_signer *signer, size_t *index) {
  lteep_key *leaf = NULL;
  lteep_status status =
      lteep_cose_chain_key(run->options, signer->chain, (int)signer->algorithm, &leaf);
  if (status == LTEEP_OK) status = check_signature(run, signer, leaf);
  if (status == LTEEP_OK) {
    *run->leaf = leaf;
    *index = run->options->key_count;
    return LTEEP_OK;
  }
  lteep_key_free(leaf);
  return status;
}

static lteep_status try_signer(verification *run, const lteep_cose_signer *signer, size_t *index) {
  bool has_anchors = run->leaf && run->options->anchor_count > 0;
  if (signer->chain_is_critical && !has_anchors) return LTEEP_ERR_CRITICAL_HEADER;
  lteep_status status = LTEEP_ERR_UNKNOWN_KEY;
  if (!signer->chain_is_critical) status = try_keys(run, signer, 0, run->options->key_count, index);
  if (status != LTEEP_ERR_UNKNOWN_KEY || !signer->chain.at || !has_anchors) return status;
  return try_chain(run, signer, index);
}

/* How much a failure tells about why nothing matched; 0: it ends the search. */
static int telling(lteep_status status) {
  switch (status) {
  case LTEEP_ERR_BAD_SIGNATURE:
    return 5;
  case LTEEP_ERR_CERTIFICATE_EXPIRED:
  case LTEEP_ERR_CERTIFICATE_NOT_YET_VALID:
  case LTEEP_ERR_CERTIFICATE_UNTRUSTED:
  case LTEEP_ERR_BAD_CERTIFICATE:
  case LTEEP_ERR_BAD_HEADER:
  case LTEEP_ERR_TOO_LARGE:
  case LTEEP_ERR_BAD_KEY:
  case LTEEP_ERR_WRONG_KEY:
  case LTEEP_ERR_CRITICAL_HEADER:
  case LTEEP_ERR_UNSUPPORTED:
    return 3;
  case LTEEP_ERR_UNKNOWN_KEY:
    return 2;
  case LTEEP_ERR_ALGORITHM_NOT_ALLOWED:
    return 1;
  default:
    return 0;
  }
}

/* One signature of one signer suffices. */
static lteep_status try_signers(verification *run, size_t *signer, size_t *key) {
  lteep_status result = LTEEP_ERR_ALGORITHM_NOT_ALLOWED;
  for (size_t i = 0; i < run->message->signers; i++) {
    const lteep_cose_signer *candidate = &run->message->signer[i];
    if (!is_accepted(run->options, candidate)) continue;
    *signer = i;
    lteep_status status = try_signer(run, candidate, key);
    if (telling(status) == 0) return status;
    if (telling(status) > telling(result)) result = status;
  }
  return result;
}

static bool are_same(const lteep_key *a, const lteep_key *b) {
  lteep_key_parts one, other;
  lteep_key_public_parts(a, &one);
  lteep_key_public_parts(b, &other);
  return one.crv == other.crv && memcmp(one.x, other.x, sizeof one.x) == 0 &&
         memcmp(one.y, other.y, sizeof one.y) == 0;
}

/* More keys than there can be signers have not all signed. */
static lteep_status check_distinct(const lteep_cose_verify_options *options) {
  if (options->key_count > LTEEP_COSE_SIGNERS_MAX) return LTEEP_ERR_UNKNOWN_KEY;
  for (size_t i = 1; i < options->key_count; i++)
    for (size_t j = 0; j < i; j++)
      if (are_same(options->keys[i], options->keys[j])) return LTEEP_ERR_REPEATED_KEY;
  return LTEEP_OK;
}

/* Each key has to have made one of the signatures. */
static lteep_status try_each_key(verification *run, size_t *signer, size_t *key) {
  lteep_status status = check_distinct(run->options);
  if (status != LTEEP_OK) return status;
  status = LTEEP_ERR_UNKNOWN_KEY;
  for (size_t i = 0; i < run->options->key_count; i++) {
    status = LTEEP_ERR_UNKNOWN_KEY;
    for (size_t j = 0; j < run->message->signers && status != LTEEP_OK; j++) {
      const lteep_cose_signer *candidate = &run->message->signer[j];
      if (!is_accepted(run->options, candidate)) continue;
      if (candidate->chain_is_critical) return LTEEP_ERR_CRITICAL_HEADER;
      lteep_status tried = try_keys(run, candidate, i, i + 1, key);
      if (telling(tried) == 0 && tried != LTEEP_OK) return tried;
      if (tried == LTEEP_OK) *signer = j;
      if (tried == LTEEP_OK || telling(tried) > telling(status)) status = tried;
    }
    if (status != LTEEP_OK) return status;
  }
  return status;
}

lteep_status lteep_cose_verify(const lteep_cose_message *message,
                               const lteep_cose_verify_options *options, size_t *signer,
                               size_t *key, lteep_key **leaf) {
  bool has_detached = options->detached_payload.at != NULL;
  if (leaf) *leaf = NULL;
  /* A payload of each kind is as ambiguous as none. */
  if (message->has_payload == has_detached) return LTEEP_ERR_NOT_COSE;
  lteep_status status = lteep_cose_check_tag(options->tagging, message->tagged);
  if (status != LTEEP_OK) return status;
  verification run = {
      .message = message,
      .options = options,
      .payload = has_detached ? options->detached_payload : message->payload,
      .leaf = leaf,
  };
  status = options->all_keys ? try_each_key(&run, signer, key) : try_signers(&run, signer, key);
  free(run.to_be_signed.at);
  return status;
}

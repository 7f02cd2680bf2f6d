/* From the accepted keys to the key of the content: direct, unwrapped, or agreed on (RFC 9053
 * section 6). */
#include "internal.h"

/* Whether the recipient may mean this key: a direct one is the content's, any other its own. */
static lteep_status fits(const lteep_content_keys *keys, const lteep_cose_recipient *recipient,
                         const lteep_key *key, bool *meant) {
  bool direct = recipient->algorithm == LTEEP_ALG_DIRECT;
  *meant = false;
  if (!recipient->has_algorithm) return LTEEP_OK;
  return lteep_cose_is_meant(key, direct ? keys->message->algorithm : recipient->algorithm,
                             recipient->has_kid ? &recipient->kid : NULL, meant);
}

/* An unwrapped or derived secret as a key for the content. */
static lteep_status make_content_key(lteep_content_keys *keys, const lteep_buffer *secret) {
  lteep_key_parts parts = {.kty = LTEEP_KTY_SYMMETRIC, .has_private = true};
  parts.alg = (int)keys->message->algorithm;
  parts.k_size = secret->size;
  for (size_t i = 0; i < secret->size; i++) parts.k[i] = secret->at[i];
  lteep_status status = lteep_key_import(&parts, &keys->made);
  lteep_wipe(&parts, sizeof parts);
  return status;
}

/* The key that both sides derive: for key wrap, or the content's own. */
static lteep_status agree(const lteep_content_keys *keys, const lteep_cose_recipient *recipient,
                          const lteep_key *key, lteep_cose_derivation *derivation,
                          uint8_t derived[LTEEP_SYMMETRIC_MAX]) {
  uint8_t shared[LTEEP_COORDINATE_MAX];
  size_t size = 0;
  lteep_key_parts peer;
  int agreement = lteep_key_algorithm(key);
  if (!recipient->ephemeral.at) return LTEEP_ERR_BAD_KEY;
  *derivation = (lteep_cose_derivation){
      .protected_header = recipient->protected_header,
      .salt = recipient->salt,
      .sent_u = recipient->party_u,
      .sent_v = recipient->party_v,
      .known = &keys->options->kdf,
  };
  lteep_cose_derivation_for(agreement, (int)keys->message->algorithm, derivation);
  lteep_status status = lteep_cose_key_read_for(recipient->ephemeral, agreement, &peer);
  /* Who sends the private part along has shown the secret to everybody. */
  if (status == LTEEP_OK && peer.has_private) status = LTEEP_ERR_BAD_KEY;
  if (status == LTEEP_OK) status = lteep_key_agree(key, &peer, shared, &size);
  if (status == LTEEP_OK)
    status = lteep_cose_derive(derivation, (lteep_bytes){shared, size}, derived);
  lteep_wipe(shared, sizeof shared);
  lteep_wipe(&peer, sizeof peer);
  return status;
}

static lteep_status open_agreed(const lteep_content_keys *keys,
                                const lteep_cose_recipient *recipient, const lteep_key *key,
                                lteep_buffer *secret) {
  uint8_t derived[LTEEP_SYMMETRIC_MAX];
  lteep_cose_derivation derivation = {.size = 0}; /* stays so without an ephemeral key */
  lteep_status status = agree(keys, recipient, key, &derivation, derived);
  lteep_bytes agreed = {derived, derivation.size};
  if (status == LTEEP_OK && recipient->algorithm != LTEEP_ALG_ECDH_ES_HKDF256) {
    status = lteep_unwrap(derivation.algorithm, agreed, recipient->encrypted_key, secret);
  } else if (status == LTEEP_OK) {
    for (size_t i = 0; i < agreed.size; i++) secret->at[secret->size++] = derived[i];
  }
  lteep_wipe(derived, sizeof derived);
  return status;
}

static lteep_status open_content_key(lteep_content_keys *keys,
                                     const lteep_cose_recipient *recipient, const lteep_key *key,
                                     const lteep_key **content) {
  uint8_t bytes[LTEEP_SYMMETRIC_MAX];
  lteep_buffer secret = {bytes, 0, sizeof bytes};
  *content = key;
  if (recipient->algorithm == LTEEP_ALG_DIRECT) return LTEEP_OK;
  const lteep_algorithm *algorithm = lteep_algorithm_find((int)recipient->algorithm);
  lteep_status status = algorithm->kind == LTEEP_KIND_WRAP
                            ? lteep_key_unwrap(key, recipient->encrypted_key, &secret)
                            : open_agreed(keys, recipient, key, &secret);
  if (status == LTEEP_OK) status = make_content_key(keys, &secret);
  lteep_wipe(bytes, sizeof bytes);
  *content = keys->made;
  return status;
}

/* Other keys and recipients may still do. */
static bool may_go_on(lteep_status status) {
  return status == LTEEP_ERR_BAD_SIGNATURE || status == LTEEP_ERR_BAD_KEY ||
         status == LTEEP_ERR_WRONG_KEY || status == LTEEP_ERR_NO_PRIVATE_KEY ||
         status == LTEEP_ERR_SIZE_OUT_OF_RANGE || status == LTEEP_ERR_UNSUPPORTED_ALGORITHM;
}

void lteep_content_key_reject(lteep_content_keys *keys, lteep_status why) {
  if (keys->failure != LTEEP_ERR_BAD_SIGNATURE) keys->failure = why;
}

void lteep_content_keys_end(lteep_content_keys *keys) {
  lteep_key_free(keys->made);
  keys->made = NULL;
}

/* Recipient and key that are tried next; false when there are no more. */
static bool advance(lteep_content_keys *keys, const lteep_cose_recipient **recipient,
                    const lteep_key **key) {
  if (keys->next == keys->options->key_count) {
    keys->next = 0;
    keys->recipient++;
  }
  if (keys->options->key_count == 0 || keys->recipient == keys->message->recipients) return false;
  *recipient = &keys->message->recipient[keys->recipient];
  keys->key = keys->next++;
  *key = keys->options->keys[keys->key];
  return true;
}

lteep_status lteep_content_key_next(lteep_content_keys *keys, const lteep_key **content) {
  const lteep_cose_recipient *recipient;
  const lteep_key *key;
  lteep_content_keys_end(keys);
  while (advance(keys, &recipient, &key)) {
    bool meant;
    lteep_status status = fits(keys, recipient, key, &meant);
    if (status != LTEEP_OK) return status;
    if (!meant) continue;
    if (keys->attempts++ == LTEEP_COSE_ATTEMPTS_MAX) return LTEEP_ERR_LIMIT_REACHED;
    status = open_content_key(keys, recipient, key, content);
    if (status == LTEEP_OK || !may_go_on(status)) return status;
    lteep_content_key_reject(keys, status);
  }
  return keys->failure != LTEEP_OK ? keys->failure : LTEEP_ERR_UNKNOWN_KEY;
}

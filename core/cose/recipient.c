/* COSE_recipient written (RFC 9052 section 5.1, RFC 9053 section 6): the content key for each. */
#include "internal.h"

#include <string.h>

enum { PROTECTED_MAX = 16, EPHEMERAL_MAX = 160, WRAPPED_MAX = LTEEP_SYMMETRIC_MAX + 8 };

/* {1: alg}, which the KDF protects; what protects nothing has none. */
static lteep_status make_protected(int algorithm, lteep_buffer *out) {
  lteep_writer writer = lteep_writer_on(out);
  lteep_write_map(&writer, 1);
  lteep_write_int(&writer, LTEEP_HEADER_ALG);
  lteep_write_int(&writer, algorithm);
  return writer.status;
}

/* The kid unless it is not wanted or the key has none. */
static lteep_status find_kid(const lteep_cose_seal_options *options, const lteep_key *key,
                             uint8_t kid[LTEEP_KID_MAX], size_t *size) {
  *size = 0;
  return options->no_kid ? LTEEP_OK : lteep_cose_kid(key, kid, size);
}

static void write_kid(lteep_writer *writer, const uint8_t *kid, size_t size) {
  if (size == 0) return;
  lteep_write_int(writer, LTEEP_HEADER_KID);
  lteep_write_bytes(writer, (lteep_bytes){kid, size});
}

/* protected h'', {1: alg, ?4: kid} and the key, if one is carried. */
static lteep_status write_bare(lteep_writer *writer, const lteep_cose_seal_options *options,
                               const lteep_key *key, int algorithm, lteep_bytes encrypted_key) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t size;
  lteep_status status = find_kid(options, key, kid, &size);
  lteep_write_array(writer, 3);
  lteep_write_bytes(writer, (lteep_bytes){NULL, 0});
  lteep_write_map(writer, size ? 2 : 1);
  lteep_write_int(writer, LTEEP_HEADER_ALG);
  lteep_write_int(writer, algorithm);
  write_kid(writer, kid, size);
  lteep_write_bytes(writer, encrypted_key);
  return status;
}

static lteep_status write_wrapped(lteep_writer *writer, const lteep_cose_seal_options *options,
                                  const lteep_key *key, lteep_bytes content_key) {
  uint8_t bytes[WRAPPED_MAX];
  lteep_buffer wrapped = {bytes, 0, sizeof bytes};
  lteep_status status = lteep_key_wrap(key, content_key, &wrapped);
  if (status != LTEEP_OK) return status;
  return write_bare(writer, options, key, lteep_key_algorithm(key), lteep_buffer_view(&wrapped));
}

static lteep_status write_ephemeral(const lteep_key_parts *parts, lteep_buffer *out) {
  lteep_writer writer = lteep_writer_on(out);
  lteep_cose_write_minimal(&writer, parts);
  return writer.status;
}

/* A key derived with a fresh ephemeral key, whose public part goes into `ephemeral`. */
static lteep_status agree(const lteep_cose_seal_options *options, const lteep_key *key,
                          lteep_cose_derivation *derivation, lteep_buffer *ephemeral,
                          uint8_t derived[LTEEP_SYMMETRIC_MAX]) {
  uint8_t shared[LTEEP_COORDINATE_MAX];
  size_t size = 0;
  lteep_key *fresh = NULL;
  lteep_key_parts peer, own;
  int agreement = lteep_key_algorithm(key);
  lteep_key_public_parts(key, &peer);
  derivation->known = &options->kdf;
  lteep_cose_derivation_for(agreement, options->algorithm, derivation);
  lteep_status status = lteep_key_generate_on(agreement, peer.crv, &fresh);
  if (status == LTEEP_OK) status = lteep_key_agree(fresh, &peer, shared, &size);
  if (status == LTEEP_OK)
    status = lteep_cose_derive(derivation, (lteep_bytes){shared, size}, derived);
  if (status == LTEEP_OK) {
    lteep_key_public_parts(fresh, &own);
    status = write_ephemeral(&own, ephemeral);
  }
  lteep_key_free(fresh);
  lteep_wipe(shared, sizeof shared);
  return status;
}

/* {-1: ephemeral, ?4: kid} */
static lteep_status write_agreed(lteep_writer *writer, const lteep_cose_seal_options *options,
                                 const lteep_key *key, lteep_bytes protected_header,
                                 lteep_bytes ephemeral, lteep_bytes encrypted_key) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t size;
  lteep_status status = find_kid(options, key, kid, &size);
  lteep_write_array(writer, 3);
  lteep_write_bytes(writer, protected_header);
  lteep_write_map(writer, size ? 2 : 1);
  write_kid(writer, kid, size);
  lteep_write_int(writer, LTEEP_HEADER_EPHEMERAL);
  lteep_write_raw(writer, ephemeral);
  lteep_write_bytes(writer, encrypted_key);
  return status;
}

/* The content key wrapped under the derived key; or, with key agreement alone, the derived key is
 * the content key. */
static lteep_status use_derived(const lteep_cose_derivation *derivation, bool wraps,
                                const uint8_t *derived, lteep_content_secret *secret,
                                lteep_buffer *wrapped) {
  if (wraps)
    return lteep_wrap(derivation->algorithm, (lteep_bytes){derived, derivation->size},
                      (lteep_bytes){secret->bytes, secret->size}, wrapped);
  memcpy(secret->bytes, derived, derivation->size);
  secret->size = derivation->size;
  return LTEEP_OK;
}

static lteep_status write_agreement(lteep_writer *writer, const lteep_cose_seal_options *options,
                                    const lteep_key *key, lteep_content_secret *secret) {
  uint8_t header[PROTECTED_MAX], point[EPHEMERAL_MAX], sent[WRAPPED_MAX];
  uint8_t derived[LTEEP_SYMMETRIC_MAX];
  lteep_buffer protected_header = {header, 0, sizeof header};
  lteep_buffer ephemeral = {point, 0, sizeof point}, wrapped = {sent, 0, sizeof sent};
  int algorithm = lteep_key_algorithm(key);
  bool wraps = algorithm != LTEEP_ALG_ECDH_ES_HKDF256;
  lteep_status status = make_protected(algorithm, &protected_header);
  lteep_cose_derivation derivation = {.protected_header = lteep_buffer_view(&protected_header)};
  if (status == LTEEP_OK) status = agree(options, key, &derivation, &ephemeral, derived);
  if (status == LTEEP_OK) status = use_derived(&derivation, wraps, derived, secret, &wrapped);
  lteep_wipe(derived, sizeof derived);
  if (status != LTEEP_OK) return status;
  return write_agreed(writer, options, key, lteep_buffer_view(&protected_header),
                      lteep_buffer_view(&ephemeral), lteep_buffer_view(&wrapped));
}

lteep_status lteep_cose_write_recipient(lteep_writer *writer,
                                        const lteep_cose_seal_options *options,
                                        const lteep_key *key, lteep_content_secret *secret) {
  switch (lteep_algorithm_find(lteep_key_algorithm(key))->kind) {
  case LTEEP_KIND_WRAP:
    return write_wrapped(writer, options, key, (lteep_bytes){secret->bytes, secret->size});
  case LTEEP_KIND_AGREEMENT:
    return write_agreement(writer, options, key, secret);
  default:
    return write_bare(writer, options, key, LTEEP_ALG_DIRECT, (lteep_bytes){NULL, 0});
  }
}

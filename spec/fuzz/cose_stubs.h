/* For the COSE fuzz targets alone: signatures, tags and wrapped keys that match as their bytes say,
 * so that what lies behind them is reached. The linker puts these in place (--wrap, see the
 * Makefile). No other build has them. */
#ifndef LTEEP_FUZZ_COSE_STUBS_H
#define LTEEP_FUZZ_COSE_STUBS_H

#include <stdlib.h>
#include <string.h>

#include "luateep/certificate.h"
#include "luateep/cose.h"

/* The last byte decides. */
static bool fuzz_matches(lteep_bytes proof) {
  return proof.size > 0 && proof.at[proof.size - 1] % 2 == 0;
}

static lteep_status fuzz_verdict(lteep_bytes proof) {
  return fuzz_matches(proof) ? LTEEP_OK : LTEEP_ERR_BAD_SIGNATURE;
}

/* All of `sealed` but `less` bytes, appended. */
static lteep_status fuzz_open(lteep_bytes sealed, size_t less, lteep_buffer *out) {
  if (sealed.size < less) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  size_t size = sealed.size - less;
  if (out->capacity - out->size < size) return LTEEP_ERR_NO_ROOM;
  if (!fuzz_matches(sealed)) return LTEEP_ERR_BAD_SIGNATURE;
  if (size) memcpy(out->at + out->size, sealed.at, size);
  out->size += size;
  return LTEEP_OK;
}

static lteep_key *fuzz_key(int alg) {
  lteep_key *key = NULL;
  if (lteep_key_generate(alg, &key) != LTEEP_OK) abort();
  return key;
}

lteep_status __wrap_lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                                     lteep_bytes signature);
lteep_status __wrap_lteep_key_mac_verify(const lteep_key *key, lteep_bytes data, lteep_bytes tag);
lteep_status __wrap_lteep_key_open(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                                   lteep_bytes ciphertext, lteep_buffer *out);
lteep_status __wrap_lteep_key_unwrap(const lteep_key *key, lteep_bytes wrapped, lteep_buffer *out);
lteep_status __wrap_lteep_unwrap(int alg, lteep_bytes kek, lteep_bytes wrapped, lteep_buffer *out);
lteep_status __wrap_lteep_key_agree(const lteep_key *key, const lteep_key_parts *peer,
                                    uint8_t shared[LTEEP_COORDINATE_MAX], size_t *size);
lteep_status __wrap_lteep_certificate_key(const lteep_certificate_path *path, int alg,
                                          lteep_key **key);

lteep_status __wrap_lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                                     lteep_bytes signature) {
  (void)key, (void)to_be_signed;
  return fuzz_verdict(signature);
}

lteep_status __wrap_lteep_key_mac_verify(const lteep_key *key, lteep_bytes data, lteep_bytes tag) {
  (void)key, (void)data;
  return fuzz_verdict(tag);
}

lteep_status __wrap_lteep_key_open(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                                   lteep_bytes ciphertext, lteep_buffer *out) {
  (void)key, (void)aad;
  if (nonce.size != 12) return LTEEP_ERR_SIZE_OUT_OF_RANGE;
  return fuzz_open(ciphertext, LTEEP_AEAD_TAG, out);
}

lteep_status __wrap_lteep_key_unwrap(const lteep_key *key, lteep_bytes wrapped, lteep_buffer *out) {
  (void)key;
  return fuzz_open(wrapped, 8, out);
}

lteep_status __wrap_lteep_unwrap(int alg, lteep_bytes kek, lteep_bytes wrapped, lteep_buffer *out) {
  (void)alg, (void)kek;
  return fuzz_open(wrapped, 8, out);
}

lteep_status __wrap_lteep_key_agree(const lteep_key *key, const lteep_key_parts *peer,
                                    uint8_t shared[LTEEP_COORDINATE_MAX], size_t *size) {
  (void)key;
  *size = lteep_curve_size(peer->crv);
  memcpy(shared, peer->x, LTEEP_COORDINATE_MAX);
  return *size == 32 ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

lteep_status __wrap_lteep_certificate_key(const lteep_certificate_path *path, int alg,
                                          lteep_key **key) {
  *key = NULL;
  if (path->count == 0 || path->count > LTEEP_CERTIFICATES_MAX) abort();
  if (!fuzz_matches(path->certificates[0])) return LTEEP_ERR_CERTIFICATE_UNTRUSTED;
  return lteep_key_generate(alg, key);
}

/* Part of the input, or empty. */
static void fuzz_check_span(lteep_bytes input, lteep_bytes span) {
  if (span.size == 0) return;
  if (span.at < input.at || span.size > input.size) abort();
  if ((size_t)(span.at - input.at) > input.size - span.size) abort();
}

#endif

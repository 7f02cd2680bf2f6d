/* What key handles do: each operation checks that the key is of its kind, then asks the provider or
 * whoever holds the key. */
#include <string.h>

#include "key.h"

static bool is(const lteep_key *key, lteep_algorithm_kind kind) {
  return key->algorithm->kind == kind;
}

/* RFC 9053: where there are key_ops, they have to include one of `operations`. */
static bool may(const lteep_key *key, lteep_algorithm_kind kind, unsigned operations) {
  return is(key, kind) && (key->parts.operations == 0 || (key->parts.operations & operations));
}

enum {
  ENCRYPTION = LTEEP_OP_ENCRYPT | LTEEP_OP_WRAP, /* RFC 9053 sections 4.1 and 6.2.1 */
  DECRYPTION = LTEEP_OP_DECRYPT | LTEEP_OP_UNWRAP,
  AGREEMENT = LTEEP_OP_DERIVE_KEY | LTEEP_OP_DERIVE_BITS
};

static lteep_bytes secret_of(const lteep_key *key) {
  return (lteep_bytes){key->parts.k, key->parts.k_size};
}

/* --- Signatures --- */

bool lteep_key_can_sign(const lteep_key *key) {
  return may(key, LTEEP_KIND_SIGNATURE, LTEEP_OP_SIGN) &&
         (key->operations.sign || key->parts.has_private);
}

lteep_status lteep_key_sign(const lteep_key *key, lteep_bytes to_be_signed,
                            uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  if (!may(key, LTEEP_KIND_SIGNATURE, LTEEP_OP_SIGN)) return LTEEP_ERR_WRONG_KEY;
  if (key->operations.sign) return key->operations.sign(key->context, to_be_signed, signature);
  if (!key->parts.has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  return key->provider->sign(&key->parts, key->loaded, to_be_signed, signature);
}

lteep_status lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                              lteep_bytes signature) {
  if (!may(key, LTEEP_KIND_SIGNATURE, LTEEP_OP_VERIFY)) return LTEEP_ERR_WRONG_KEY;
  if (signature.size != key->algorithm->size) return LTEEP_ERR_BAD_SIGNATURE;
  return key->provider->verify(&key->parts, key->loaded, to_be_signed, signature);
}

/* --- Tags --- */

static lteep_status make_tag(const lteep_key *key, lteep_bytes data, uint8_t tag[LTEEP_DIGEST_MAX],
                             size_t *size) {
  return key->provider->hmac(key->parts.alg, secret_of(key), data, tag, size);
}

lteep_status lteep_key_mac(const lteep_key *key, lteep_bytes data, uint8_t tag[LTEEP_DIGEST_MAX],
                           size_t *size) {
  if (!may(key, LTEEP_KIND_MAC, LTEEP_OP_MAC_CREATE)) return LTEEP_ERR_WRONG_KEY;
  return make_tag(key, data, tag, size);
}

lteep_status lteep_key_mac_verify(const lteep_key *key, lteep_bytes data, lteep_bytes tag) {
  uint8_t made[LTEEP_DIGEST_MAX];
  size_t size = 0;
  if (!may(key, LTEEP_KIND_MAC, LTEEP_OP_MAC_VERIFY)) return LTEEP_ERR_WRONG_KEY;
  lteep_status status = make_tag(key, data, made, &size);
  if (status == LTEEP_OK && !lteep_equal_secret((lteep_bytes){made, size}, tag))
    status = LTEEP_ERR_BAD_SIGNATURE;
  lteep_wipe(made, sizeof made); /* the right tag of a forged message is a secret */
  return status;
}

/* --- Encryption --- */

lteep_status lteep_key_seal(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes plaintext, lteep_buffer *out) {
  if (!may(key, LTEEP_KIND_AEAD, ENCRYPTION)) return LTEEP_ERR_WRONG_KEY;
  return lteep_aead_seal(key->parts.alg, secret_of(key), nonce, aad, plaintext, out);
}

lteep_status lteep_key_open(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes ciphertext, lteep_buffer *out) {
  if (!may(key, LTEEP_KIND_AEAD, DECRYPTION)) return LTEEP_ERR_WRONG_KEY;
  return lteep_aead_open(key->parts.alg, secret_of(key), nonce, aad, ciphertext, out);
}

lteep_status lteep_key_cipher(const lteep_key *key, bool encrypt, lteep_bytes iv,
                              lteep_cipher *cipher) {
  *cipher = (lteep_cipher){NULL, NULL};
  if (!may(key, LTEEP_KIND_CIPHER, encrypt ? ENCRYPTION : DECRYPTION)) return LTEEP_ERR_WRONG_KEY;
  return lteep_cipher_start(cipher, key->parts.alg, secret_of(key), iv);
}

lteep_status lteep_key_wrap(const lteep_key *key, lteep_bytes secret, lteep_buffer *out) {
  if (!may(key, LTEEP_KIND_WRAP, ENCRYPTION)) return LTEEP_ERR_WRONG_KEY;
  return lteep_wrap(key->parts.alg, secret_of(key), secret, out);
}

lteep_status lteep_key_unwrap(const lteep_key *key, lteep_bytes wrapped, lteep_buffer *out) {
  if (!may(key, LTEEP_KIND_WRAP, DECRYPTION)) return LTEEP_ERR_WRONG_KEY;
  return lteep_unwrap(key->parts.alg, secret_of(key), wrapped, out);
}

/* --- Key agreement --- */

bool lteep_key_can_agree(const lteep_key *key) {
  return may(key, LTEEP_KIND_AGREEMENT, AGREEMENT) &&
         (key->operations.agree || key->parts.has_private);
}

/* RFC 7748 section 6.1: in one time, whatever the bytes are. */
static bool all_zero(const uint8_t *at, size_t size) {
  uint8_t any = 0;
  for (size_t i = 0; i < size; i++) any |= at[i];
  return any == 0;
}

lteep_status lteep_x25519_check(const lteep_provider *provider, const lteep_key_parts *parts) {
  uint8_t shared[LTEEP_COORDINATE_MAX] = {0};
  lteep_key_parts any = {LTEEP_KTY_OKP, LTEEP_CRV_X25519, parts->alg, .has_private = true};
  any.d[0] = 8; /* some scalar */
  lteep_status status = provider->derive(&any);
  void *loaded = NULL;
  if (status == LTEEP_OK && provider->prepare) status = provider->prepare(&any, &loaded);
  if (status == LTEEP_OK) status = provider->agree(&any, loaded, parts, shared);
  if (loaded) provider->release(loaded);
  return status == LTEEP_OK && all_zero(shared, 32) ? LTEEP_ERR_BAD_KEY : status;
}

/* The point of a peer is checked here for keys held elsewhere: they may have no means to. */
static lteep_status agree_outside(const lteep_key *key, const lteep_key_parts *peer,
                                  uint8_t shared[LTEEP_COORDINATE_MAX]) {
  lteep_key *checked;
  lteep_status status = lteep_key_import(peer, &checked);
  if (status != LTEEP_OK) return status;
  lteep_key_free(checked);
  return key->operations.agree(key->context, peer, shared);
}

lteep_status lteep_key_agree(const lteep_key *key, const lteep_key_parts *peer,
                             uint8_t shared[LTEEP_COORDINATE_MAX], size_t *size) {
  if (!may(key, LTEEP_KIND_AGREEMENT, AGREEMENT)) return LTEEP_ERR_WRONG_KEY;
  if (!lteep_key_can_agree(key)) return LTEEP_ERR_NO_PRIVATE_KEY;
  if (peer->kty != key->parts.kty || peer->crv != key->parts.crv) return LTEEP_ERR_BAD_KEY;
  lteep_key_parts point = {peer->kty, peer->crv, key->parts.alg, .has_private = false};
  memcpy(point.x, peer->x, sizeof point.x);
  memcpy(point.y, peer->y, sizeof point.y);
  lteep_status status = key->operations.agree
                            ? agree_outside(key, &point, shared)
                            : key->provider->agree(&key->parts, key->loaded, &point, shared);
  *size = lteep_curve_size(peer->crv);
  if (status == LTEEP_OK && peer->crv == LTEEP_CRV_X25519 && all_zero(shared, *size))
    status = LTEEP_ERR_BAD_KEY;
  if (status != LTEEP_OK) lteep_wipe(shared, LTEEP_COORDINATE_MAX);
  return status;
}

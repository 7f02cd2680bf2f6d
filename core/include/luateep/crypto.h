/* Cryptography in COSE terms: providers behind one narrow table, and key handles.
 *
 * Algorithms, curves and key types carry their IANA COSE numbers. Each algorithm is served by the
 * first provider in the order that has it. No function guesses an algorithm: callers name it.
 */
#ifndef LTEEP_CRYPTO_H
#define LTEEP_CRYPTO_H

#include "luateep/bytes.h"
#include "luateep/status.h"

/* COSE algorithm numbers (IANA "COSE Algorithms"). */
enum {
  LTEEP_ALG_ESP256 = -9,
  LTEEP_ALG_ED25519 = -19,
  LTEEP_ALG_ES256 = -7,
  LTEEP_ALG_EDDSA = -8,
  LTEEP_ALG_SHA256 = -16,
  LTEEP_ALG_SHA384 = -43,
  LTEEP_ALG_SHA512 = -44,
  LTEEP_ALG_HMAC256 = 5
};

enum { LTEEP_KTY_OKP = 1, LTEEP_KTY_EC2 = 2 };
enum { LTEEP_CRV_P256 = 1, LTEEP_CRV_ED25519 = 6 };

#define LTEEP_SIGNATURE_MAX 64
#define LTEEP_DIGEST_MAX 64
#define LTEEP_COORDINATE_MAX 32
#define LTEEP_KID_MAX 64

/* An asymmetric key as plain numbers. EC2: x and y; OKP: x only. `d` is zero in a public key. Start
 * from zeroed memory: an empty `kid` means that the key is known by its thumbprint (RFC 9679). */
typedef struct {
  int kty;
  int crv;
  int alg; /* the one algorithm the key serves; fixed when the handle is made */
  uint8_t x[LTEEP_COORDINATE_MAX];
  uint8_t y[LTEEP_COORDINATE_MAX];
  uint8_t d[LTEEP_COORDINATE_MAX];
  bool has_private;
  uint8_t kid[LTEEP_KID_MAX]; /* RFC 9052 section 7.1: the kid that messages name this key by */
  size_t kid_size;
} lteep_key_parts;

/* A provider: NULL entries and `supports` tell what it lacks. Providers keep no secrets between
 * calls; `prepare` may build a loaded form of a key once (`*loaded`), `release` frees it. */
typedef struct {
  const char *name;
  bool (*supports)(int alg);
  lteep_status (*random)(uint8_t *out, size_t size);
  lteep_status (*digest)(int alg, lteep_bytes data, uint8_t *out, size_t *size);
  lteep_status (*digest_start)(int alg, void **state);
  lteep_status (*digest_update)(void *state, lteep_bytes data);
  lteep_status (*digest_finish)(void *state, uint8_t *out, size_t *size); /* frees the state */
  void (*digest_abort)(void *state);
  lteep_status (*hmac)(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size);
  lteep_status (*generate)(int alg, lteep_key_parts *parts);
  lteep_status (*check)(const lteep_key_parts *parts); /* point on curve, d matches the point */
  lteep_status (*prepare)(const lteep_key_parts *parts, void **loaded);
  void (*release)(void *loaded);
  lteep_status (*sign)(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                       uint8_t signature[LTEEP_SIGNATURE_MAX]);
  lteep_status (*verify)(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                         lteep_bytes signature);
} lteep_provider;

/* Providers in use, NULL-ended, in their order; at first all that are compiled in. */
const lteep_provider *const *lteep_providers(void);

/* Set the order by names, "mbedtls,openssl"; providers not named are not used. Process-wide; call
 * before the first key is made: a key stays with its provider. NOT_FOUND when a name is not
 * compiled in; the order then stays as it was. */
LTEEP_CHECKED lteep_status lteep_providers_order(const char *names);

/* The provider that serves `alg`, NULL when none does. */
const lteep_provider *lteep_provider_for(int alg);

/* Random bytes for keys, tokens and nonces; never shared with a forked process. CRYPTO_FAILED. */
LTEEP_CHECKED lteep_status lteep_random(uint8_t *out, size_t size);

/* One-shot digest; `out` has LTEEP_DIGEST_MAX bytes. UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_digest(int alg, lteep_bytes data, uint8_t *out, size_t *size);

/* Streaming digest. `finish` and `abort` end it; one of the two must be called. */
typedef struct lteep_hash {
  const lteep_provider *provider;
  void *state;
} lteep_hash;
LTEEP_CHECKED lteep_status lteep_hash_start(lteep_hash *hash, int alg);
LTEEP_CHECKED lteep_status lteep_hash_update(lteep_hash *hash, lteep_bytes data);
LTEEP_CHECKED lteep_status lteep_hash_finish(lteep_hash *hash, uint8_t *out, size_t *size);
void lteep_hash_abort(lteep_hash *hash);

/* HMAC (RFC 2104) with the full tag; alg LTEEP_ALG_HMAC256, a key of any size. */
LTEEP_CHECKED lteep_status lteep_hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out,
                                      size_t *size);

/* --- Key handles --- */

/* A handle = public part + algorithm + operations. Where the private part lives (provider, TEE
 * driver, a function of the host) is the handle's own affair: COSE never asks for it. */
typedef struct lteep_key lteep_key;

/* Signs `to_be_signed` (whole, not hashed) into 64 bytes; for keys held elsewhere. */
typedef lteep_status (*lteep_sign_function)(void *context, lteep_bytes to_be_signed,
                                            uint8_t signature[LTEEP_SIGNATURE_MAX]);

/* A new key pair. UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_key_generate(int alg, lteep_key **key);

/* From numbers; checks them: the curve is that of the algorithm, the point lies on it (and, for
 * Ed25519, not in the small subgroup), the private part fits. BAD_KEY, UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_key_import(const lteep_key_parts *parts, lteep_key **key);

/* A key whose private part is elsewhere: `parts` is public, `sign` is called to sign. `release`
 * (may be NULL) is called with `context` when the handle goes; a failure leaves `context` alone. */
LTEEP_CHECKED lteep_status lteep_key_external(const lteep_key_parts *parts,
                                              lteep_sign_function sign,
                                              void (*release)(void *context), void *context,
                                              lteep_key **key);

/* Frees the handle (NULL is fine) and wipes its private part. */
void lteep_key_free(lteep_key *key);

int lteep_key_algorithm(const lteep_key *key);
bool lteep_key_can_sign(const lteep_key *key);

/* Public parts; `d` zeroed, `has_private` false. */
void lteep_key_public_parts(const lteep_key *key, lteep_key_parts *parts);

/* All parts, for writing a key file. NO_PRIVATE_KEY for public and external keys. Wipe after use.
 */
LTEEP_CHECKED lteep_status lteep_key_private_parts(const lteep_key *key, lteep_key_parts *parts);

/* Name of the provider behind the key, "external" for one held elsewhere. */
const char *lteep_key_provider(const lteep_key *key);

/* ESP256 and ES256: r || s, 32 bytes each (RFC 9053 section 2.1). NO_PRIVATE_KEY, CRYPTO_FAILED, or
 * what the sign function of an external key returns. */
LTEEP_CHECKED lteep_status lteep_key_sign(const lteep_key *key, lteep_bytes to_be_signed,
                                          uint8_t signature[LTEEP_SIGNATURE_MAX]);

/* BAD_SIGNATURE unless `signature` has 64 bytes and matches. */
LTEEP_CHECKED lteep_status lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                                            lteep_bytes signature);

#endif

/* Cryptography in COSE terms: providers behind one narrow table, and key handles.
 *
 * Algorithms, curves and key types carry their IANA COSE numbers. Each algorithm is served by the
 * first provider in the order that has it. No function guesses an algorithm: callers name it.
 *
 * Statuses are the same everywhere: UNSUPPORTED_ALGORITHM (no provider has it, or it is of another
 * kind than the function), BAD_KEY (a key of a wrong size, a point off its curve), WRONG_KEY (a
 * handle that serves another kind of operation, or whose key_ops leave it out), SIZE_OUT_OF_RANGE
 * (a nonce, IV, tag or wrapped key of a wrong size), TOO_LARGE (above a limit below), NO_ROOM,
 * BAD_SIGNATURE (a signature, tag or wrapped key that does not match), CRYPTO_FAILED, NO_MEMORY.
 * What a failed call wrote is wiped.
 */
#ifndef LTEEP_CRYPTO_H
#define LTEEP_CRYPTO_H

#include "luateep/bytes.h"
#include "luateep/status.h"

/* COSE algorithm numbers (IANA "COSE Algorithms"). */
enum {
  LTEEP_ALG_ESP256 = -9,
  LTEEP_ALG_ESP384 = -51,
  LTEEP_ALG_ESP512 = -52,
  LTEEP_ALG_ED25519 = -19,
  LTEEP_ALG_ES256 = -7,
  LTEEP_ALG_ES384 = -35,
  LTEEP_ALG_ES512 = -36,
  LTEEP_ALG_EDDSA = -8,
  LTEEP_ALG_SHA256 = -16,
  LTEEP_ALG_SHA384 = -43,
  LTEEP_ALG_SHA512 = -44,
  LTEEP_ALG_SHAKE128 = -18, /* 32 bytes (RFC 9054 section 3.3) */
  LTEEP_ALG_SHAKE256 = -45, /* 64 bytes */
  LTEEP_ALG_HMAC256 = 5,
  LTEEP_ALG_HMAC384 = 6,
  LTEEP_ALG_HMAC512 = 7,
  LTEEP_ALG_A128GCM = 1,
  LTEEP_ALG_A192GCM = 2,
  LTEEP_ALG_A256GCM = 3,
  LTEEP_ALG_CHACHA20_POLY1305 = 24,
  LTEEP_ALG_A128CTR = -65534, /* RFC 9459: no integrity of its own */
  LTEEP_ALG_A192CTR = -65533,
  LTEEP_ALG_A256CTR = -65532,
  LTEEP_ALG_A128KW = -3,
  LTEEP_ALG_A192KW = -4,
  LTEEP_ALG_A256KW = -5,
  LTEEP_ALG_ECDH_ES_HKDF256 = -25,
  LTEEP_ALG_ECDH_ES_A128KW = -29,
  LTEEP_ALG_ECDH_ES_A192KW = -30,
  LTEEP_ALG_ECDH_ES_A256KW = -31
};

enum { LTEEP_KTY_OKP = 1, LTEEP_KTY_EC2 = 2, LTEEP_KTY_SYMMETRIC = 4 };
enum {
  LTEEP_CRV_P256 = 1,
  LTEEP_CRV_P384 = 2,
  LTEEP_CRV_P521 = 3,
  LTEEP_CRV_X25519 = 4,
  LTEEP_CRV_ED25519 = 6
};

#define LTEEP_SIGNATURE_MAX 132
#define LTEEP_DIGEST_MAX 64
#define LTEEP_COORDINATE_MAX 66
#define LTEEP_SYMMETRIC_MAX 128 /* bytes of a Symmetric key, and of a key that is wrapped */
#define LTEEP_KID_MAX 64
#define LTEEP_NONCE_MAX 16
#define LTEEP_AEAD_TAG 16
#define LTEEP_AEAD_MAX ((size_t)64 << 20) /* plaintext, and additional data, of one call */
#define LTEEP_HKDF_MAX ((size_t)255 * 32) /* RFC 5869 section 2.3 */

/* --- Facts about algorithms --- */

typedef enum {
  LTEEP_KIND_SIGNATURE,
  LTEEP_KIND_DIGEST,
  LTEEP_KIND_MAC,
  LTEEP_KIND_AEAD,
  LTEEP_KIND_CIPHER, /* encryption without integrity */
  LTEEP_KIND_WRAP,
  LTEEP_KIND_AGREEMENT
} lteep_algorithm_kind;

typedef struct {
  int alg;
  const char *name; /* as Lua and configuration know it */
  lteep_algorithm_kind kind;
  int kty;           /* of its keys; 0 for a digest */
  int crv;           /* of its keys; for an AGREEMENT the curve of new keys, others may do */
  size_t key_size;   /* Symmetric keys: AEAD, CIPHER, WRAP exactly; MAC: of new keys */
  size_t nonce_size; /* AEAD: nonce; CIPHER: IV */
  size_t size;       /* of a signature, digest or tag */
  int wrap;          /* AGREEMENT: the key wrap algorithm behind it; 0 for direct use */
} lteep_algorithm;

/* NULL when the number is none of ours; whether a provider has it tells lteep_provider_for. */
const lteep_algorithm *lteep_algorithm_find(int alg);

/* Row `index` (0-based) of all algorithms, NULL past the end. */
const lteep_algorithm *lteep_algorithm_at(size_t index);

/* Bytes of a coordinate or private part on this curve: 32, 48 or 66; 0: not a curve of ours. */
size_t lteep_curve_size(int crv);

/* What a key on this curve serves when nothing else is said: ESP256, ESP384, ESP512 or Ed25519
 * (RFC 9864), ECDH-ES+A128KW on X25519; 0: not a curve of ours. */
int lteep_curve_algorithm(int crv);

/* key_ops (RFC 9052 table 5) as bits. */
enum {
  LTEEP_OP_SIGN = 1 << 1,
  LTEEP_OP_VERIFY = 1 << 2,
  LTEEP_OP_ENCRYPT = 1 << 3,
  LTEEP_OP_DECRYPT = 1 << 4,
  LTEEP_OP_WRAP = 1 << 5,
  LTEEP_OP_UNWRAP = 1 << 6,
  LTEEP_OP_DERIVE_KEY = 1 << 7,
  LTEEP_OP_DERIVE_BITS = 1 << 8,
  LTEEP_OP_MAC_CREATE = 1 << 9,
  LTEEP_OP_MAC_VERIFY = 1 << 10
};

/* A key as plain numbers, left-aligned, of lteep_curve_size bytes. EC2: x and y; OKP: x only; `d`
 * is zero in a public key. Symmetric: `k` alone, and has_private is true. Start from zeroed memory:
 * an empty `kid` means that the key is known by its thumbprint (RFC 9679). */
typedef struct {
  int kty;
  int crv;
  int alg; /* the one algorithm the key serves; fixed when the handle is made */
  uint8_t x[LTEEP_COORDINATE_MAX];
  uint8_t y[LTEEP_COORDINATE_MAX];
  uint8_t d[LTEEP_COORDINATE_MAX];
  uint8_t k[LTEEP_SYMMETRIC_MAX];
  size_t k_size;
  bool has_private;
  uint8_t kid[LTEEP_KID_MAX]; /* RFC 9052 section 7.1: the kid that messages name this key by */
  size_t kid_size;
  unsigned operations; /* all that the key may be used for (LTEEP_OP_); 0: anything */
} lteep_key_parts;

struct lteep_certificate_path; /* certificate.h */

/* A provider: NULL entries and `supports` tell what it lacks. Providers keep no secrets between
 * calls; `prepare` may build a loaded form of a key once (`*loaded`), `release` frees it. Sizes of
 * keys, nonces, tags and signatures were checked before a provider is called. */
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
  lteep_status (*generate)(lteep_key_parts *parts);    /* kty, crv and alg are there already */
  lteep_status (*derive)(lteep_key_parts *parts);      /* x and y from d; BAD_KEY */
  lteep_status (*check)(const lteep_key_parts *parts); /* point on curve, d matches the point */
  lteep_status (*prepare)(const lteep_key_parts *parts, void **loaded);
  void (*release)(void *loaded);
  lteep_status (*sign)(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                       uint8_t signature[LTEEP_SIGNATURE_MAX]);
  lteep_status (*verify)(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                         lteep_bytes signature);
  /* The peer has the same curve; its point is checked here. BAD_KEY. */
  lteep_status (*agree)(const lteep_key_parts *parts, void *loaded, const lteep_key_parts *peer,
                        uint8_t shared[LTEEP_COORDINATE_MAX]);
  /* `out` has the room: plaintext and tag, or ciphertext without its tag. BAD_SIGNATURE. */
  lteep_status (*seal)(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                       lteep_bytes plaintext, uint8_t *out);
  lteep_status (*open)(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                       lteep_bytes ciphertext, uint8_t *out);
  /* CIPHER: a stream under `iv`. WRAP: the bare block cipher below RFC 3394, whole blocks of 16
   * bytes, no IV. `out` may be `data`. */
  lteep_status (*cipher_start)(int alg, bool encrypt, lteep_bytes key, lteep_bytes iv,
                               void **state);
  lteep_status (*cipher_update)(void *state, lteep_bytes data, uint8_t *out);
  void (*cipher_end)(void *state);
  /* X.509 path validation: appends the SubjectPublicKeyInfo of the leaf (certificate.h). */
  lteep_status (*certify)(const struct lteep_certificate_path *path, lteep_buffer *info);
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

/* --- Digests, HMAC, HKDF --- */

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

/* HMAC (RFC 2104) with the full tag, a key of any size; `out` has LTEEP_DIGEST_MAX bytes. */
LTEEP_CHECKED lteep_status lteep_hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out,
                                      size_t *size);

/* HKDF-SHA-256 (RFC 5869; RFC 9053 section 5.1): extract and expand. `size` 1..LTEEP_HKDF_MAX, else
 * SIZE_OUT_OF_RANGE. An empty salt is that of RFC 5869: 32 zero bytes. */
LTEEP_CHECKED lteep_status lteep_hkdf(lteep_bytes secret, lteep_bytes salt, lteep_bytes info,
                                      uint8_t *out, size_t size);

/* --- Content encryption and key wrap under a key that is at hand (a CEK, a KEK) --- */

/* AEAD: appends ciphertext || tag to `out`; open appends the plaintext once the tag matched. The
 * nonce has the size of the algorithm, and is used once per key. `out` may not overlap the input.
 */
LTEEP_CHECKED lteep_status lteep_aead_seal(int alg, lteep_bytes key, lteep_bytes nonce,
                                           lteep_bytes aad, lteep_bytes plaintext,
                                           lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_aead_open(int alg, lteep_bytes key, lteep_bytes nonce,
                                           lteep_bytes aad, lteep_bytes ciphertext,
                                           lteep_buffer *out);

/* AES-CTR stream (RFC 9459), encryption and decryption alike: `iv` is the first counter block, 16
 * bytes. Any sizes may be fed; `update` writes as many bytes to `out`, which may be the input.
 * `end` frees it, also after a failure, also twice. */
typedef struct lteep_cipher {
  const lteep_provider *provider;
  void *state;
} lteep_cipher;
LTEEP_CHECKED lteep_status lteep_cipher_start(lteep_cipher *cipher, int alg, lteep_bytes key,
                                              lteep_bytes iv);
LTEEP_CHECKED lteep_status lteep_cipher_update(lteep_cipher *cipher, lteep_bytes data,
                                               uint8_t *out);
void lteep_cipher_end(lteep_cipher *cipher);

/* AES Key Wrap (RFC 3394, default IV): appends secret.size + 8 bytes. The secret has 16..
 * LTEEP_SYMMETRIC_MAX bytes, a multiple of 8, else SIZE_OUT_OF_RANGE. Unwrap appends the secret
 * when the integrity check holds (compared in constant time), else BAD_SIGNATURE. */
LTEEP_CHECKED lteep_status lteep_wrap(int alg, lteep_bytes kek, lteep_bytes secret,
                                      lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_unwrap(int alg, lteep_bytes kek, lteep_bytes wrapped,
                                        lteep_buffer *out);

/* --- Key handles --- */

/* A handle = public part + algorithm + operations. Where the private part lives (provider, TEE
 * driver, a function of the host) is the handle's own affair: COSE never asks for it. */
typedef struct lteep_key lteep_key;

/* For keys held elsewhere; what is NULL the key cannot do. */
typedef struct {
  /* Signs `to_be_signed` (whole, not hashed) into as many bytes as the algorithm's `size`. */
  lteep_status (*sign)(void *context, lteep_bytes to_be_signed,
                       uint8_t signature[LTEEP_SIGNATURE_MAX]);
  /* The shared secret with `peer`, whose point was checked: lteep_curve_size bytes. */
  lteep_status (*agree)(void *context, const lteep_key_parts *peer,
                        uint8_t shared[LTEEP_COORDINATE_MAX]);
  void (*release)(void *context); /* called once, when the handle goes; may be NULL */
} lteep_key_operations;

/* A new key pair, or a new secret of `key_size` bytes. UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_key_generate(int alg, lteep_key **key);

/* The same on a curve of the caller's choice: that of an ephemeral key is its recipient's. BAD_KEY:
 * the algorithm does not have keys on this curve. */
LTEEP_CHECKED lteep_status lteep_key_generate_on(int alg, int crv, lteep_key **key);

/* From numbers; checks them: the curve is one of the algorithm, the point lies on it (and, for
 * Ed25519 and X25519, not in a small subgroup), the private part fits; a Symmetric key has the
 * algorithm's key_size, for a MAC 16..LTEEP_SYMMETRIC_MAX bytes. BAD_KEY, UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_key_import(const lteep_key_parts *parts, lteep_key **key);

/* Fill in x and y from d, for key formats that hold d alone. kty, crv and alg are there. BAD_KEY,
 * UNSUPPORTED_ALGORITHM. */
LTEEP_CHECKED lteep_status lteep_key_derive(lteep_key_parts *parts);

/* A key whose private part is elsewhere: `parts` is public (EC2 or OKP), `operations` (copied) are
 * called with `context`. On failure nothing is released. */
LTEEP_CHECKED lteep_status lteep_key_external(const lteep_key_parts *parts,
                                              const lteep_key_operations *operations, void *context,
                                              lteep_key **key);

/* Frees the handle (NULL is fine) and wipes its private part. */
void lteep_key_free(lteep_key *key);

int lteep_key_algorithm(const lteep_key *key);

/* Whether lteep_key_sign, lteep_key_agree can work. */
bool lteep_key_can_sign(const lteep_key *key);
bool lteep_key_can_agree(const lteep_key *key);

/* Public parts; `d` and `k` zeroed, `has_private` false. */
void lteep_key_public_parts(const lteep_key *key, lteep_key_parts *parts);

/* All parts, for writing a key file. NO_PRIVATE_KEY for public and external keys. Wipe after use.
 */
LTEEP_CHECKED lteep_status lteep_key_private_parts(const lteep_key *key, lteep_key_parts *parts);

/* Name of the provider behind the key, "external" for one held elsewhere. */
const char *lteep_key_provider(const lteep_key *key);

/* Writes as many bytes as the algorithm's `size` (lteep_algorithm_find): r || s of 32, 48 or 66
 * bytes each (RFC 9053 section 2.1), or 64 bytes for Ed25519. WRONG_KEY, NO_PRIVATE_KEY,
 * CRYPTO_FAILED, or what the sign operation of an external key returns. */
LTEEP_CHECKED lteep_status lteep_key_sign(const lteep_key *key, lteep_bytes to_be_signed,
                                          uint8_t signature[LTEEP_SIGNATURE_MAX]);

/* BAD_SIGNATURE unless `signature` has that size, r and s are in range, and it matches. WRONG_KEY,
 * CRYPTO_FAILED, NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                                            lteep_bytes signature);

/* The tag of a MAC key, `*size` bytes; verify compares in constant time: BAD_SIGNATURE. WRONG_KEY,
 * CRYPTO_FAILED, NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_key_mac(const lteep_key *key, lteep_bytes data,
                                         uint8_t tag[LTEEP_DIGEST_MAX], size_t *size);
LTEEP_CHECKED lteep_status lteep_key_mac_verify(const lteep_key *key, lteep_bytes data,
                                                lteep_bytes tag);

/* lteep_aead_seal, lteep_aead_open, lteep_cipher_start, lteep_wrap, lteep_unwrap under a Symmetric
 * key and its algorithm, and what these return. WRONG_KEY for a key of another kind. */
LTEEP_CHECKED lteep_status lteep_key_seal(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                                          lteep_bytes plaintext, lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_key_open(const lteep_key *key, lteep_bytes nonce, lteep_bytes aad,
                                          lteep_bytes ciphertext, lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_key_cipher(const lteep_key *key, bool encrypt, lteep_bytes iv,
                                            lteep_cipher *cipher);
LTEEP_CHECKED lteep_status lteep_key_wrap(const lteep_key *key, lteep_bytes secret,
                                          lteep_buffer *out);
LTEEP_CHECKED lteep_status lteep_key_unwrap(const lteep_key *key, lteep_bytes wrapped,
                                            lteep_buffer *out);

/* ECDH (RFC 9053 section 6.3): the x-coordinate shared with `peer`, of which kty, crv, x and y
 * count; `*size` = lteep_curve_size bytes. Wipe after use. BAD_KEY: another curve, a point off it,
 * an all-zero X25519 result (RFC 7748 section 6.1). WRONG_KEY, NO_PRIVATE_KEY, or what the agree
 * operation of an external key returns. */
LTEEP_CHECKED lteep_status lteep_key_agree(const lteep_key *key, const lteep_key_parts *peer,
                                           uint8_t shared[LTEEP_COORDINATE_MAX], size_t *size);

#endif

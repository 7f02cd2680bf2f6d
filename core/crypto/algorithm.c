/* The one table of algorithms: kinds, keys and sizes. */
#include "luateep/crypto.h"

#define SIGNATURE(alg, name, kty, crv, size)                                                       \
  { LTEEP_ALG_##alg, name, LTEEP_KIND_SIGNATURE, LTEEP_KTY_##kty, LTEEP_CRV_##crv, 0, 0, size, 0 }
#define DIGEST(alg, name, size)                                                                    \
  { LTEEP_ALG_##alg, name, LTEEP_KIND_DIGEST, 0, 0, 0, 0, size, 0 }
#define SYMMETRIC(alg, name, kind, key_size, nonce_size, size)                                     \
  {                                                                                                \
    LTEEP_ALG_##alg, name, LTEEP_KIND_##kind, LTEEP_KTY_SYMMETRIC, 0, key_size, nonce_size, size,  \
        0                                                                                          \
  }
#define AGREEMENT(alg, name, wrap)                                                                 \
  { LTEEP_ALG_##alg, name, LTEEP_KIND_AGREEMENT, LTEEP_KTY_EC2, LTEEP_CRV_P256, 0, 0, 0, wrap }

/* RFC 9864 (fully specified), RFC 9053, RFC 9054, RFC 9459. ES256, ES384, ES512 and EdDSA keys have
 * the curves of their fully specified kin. */
static const lteep_algorithm algorithms[] = {
    SIGNATURE(ESP256, "ESP256", EC2, P256, 64),
    SIGNATURE(ESP384, "ESP384", EC2, P384, 96),
    SIGNATURE(ESP512, "ESP512", EC2, P521, 132),
    SIGNATURE(ED25519, "Ed25519", OKP, ED25519, 64),
    SIGNATURE(ES256, "ES256", EC2, P256, 64),
    SIGNATURE(ES384, "ES384", EC2, P384, 96),
    SIGNATURE(ES512, "ES512", EC2, P521, 132),
    SIGNATURE(EDDSA, "EdDSA", OKP, ED25519, 64),
    DIGEST(SHA256, "SHA-256", 32),
    DIGEST(SHA384, "SHA-384", 48),
    DIGEST(SHA512, "SHA-512", 64),
    DIGEST(SHAKE128, "SHAKE128", 32),
    DIGEST(SHAKE256, "SHAKE256", 64),
    SYMMETRIC(HMAC256, "HMAC-256", MAC, 32, 0, 32),
    SYMMETRIC(HMAC384, "HMAC-384", MAC, 48, 0, 48),
    SYMMETRIC(HMAC512, "HMAC-512", MAC, 64, 0, 64),
    SYMMETRIC(A128GCM, "A128GCM", AEAD, 16, 12, LTEEP_AEAD_TAG),
    SYMMETRIC(A192GCM, "A192GCM", AEAD, 24, 12, LTEEP_AEAD_TAG),
    SYMMETRIC(A256GCM, "A256GCM", AEAD, 32, 12, LTEEP_AEAD_TAG),
    SYMMETRIC(CHACHA20_POLY1305, "ChaCha20/Poly1305", AEAD, 32, 12, LTEEP_AEAD_TAG),
    SYMMETRIC(A128CTR, "A128CTR", CIPHER, 16, 16, 0),
    SYMMETRIC(A192CTR, "A192CTR", CIPHER, 24, 16, 0),
    SYMMETRIC(A256CTR, "A256CTR", CIPHER, 32, 16, 0),
    SYMMETRIC(A128KW, "A128KW", WRAP, 16, 0, 0),
    SYMMETRIC(A192KW, "A192KW", WRAP, 24, 0, 0),
    SYMMETRIC(A256KW, "A256KW", WRAP, 32, 0, 0),
    AGREEMENT(ECDH_ES_HKDF256, "ECDH-ES+HKDF-256", 0),
    AGREEMENT(ECDH_ES_A128KW, "ECDH-ES+A128KW", LTEEP_ALG_A128KW),
    AGREEMENT(ECDH_ES_A192KW, "ECDH-ES+A192KW", LTEEP_ALG_A192KW),
    AGREEMENT(ECDH_ES_A256KW, "ECDH-ES+A256KW", LTEEP_ALG_A256KW),
};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

const lteep_algorithm *lteep_algorithm_at(size_t index) {
  return index < ALGORITHMS ? &algorithms[index] : NULL;
}

const lteep_algorithm *lteep_algorithm_find(int alg) {
  for (size_t i = 0; i < ALGORITHMS; i++)
    if (algorithms[i].alg == alg) return &algorithms[i];
  return NULL;
}

size_t lteep_curve_size(int crv) {
  switch (crv) {
  case LTEEP_CRV_P256:
  case LTEEP_CRV_X25519:
  case LTEEP_CRV_ED25519:
    return 32;
  case LTEEP_CRV_P384:
    return 48;
  case LTEEP_CRV_P521:
    return 66;
  default:
    return 0;
  }
}

int lteep_curve_algorithm(int crv) {
  switch (crv) {
  case LTEEP_CRV_P256:
    return LTEEP_ALG_ESP256;
  case LTEEP_CRV_P384:
    return LTEEP_ALG_ESP384;
  case LTEEP_CRV_P521:
    return LTEEP_ALG_ESP512;
  case LTEEP_CRV_X25519:
    return LTEEP_ALG_ECDH_ES_A128KW;
  case LTEEP_CRV_ED25519:
    return LTEEP_ALG_ED25519;
  default:
    return 0;
  }
}

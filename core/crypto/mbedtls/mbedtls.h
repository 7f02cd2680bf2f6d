/* Provider "mbedtls", in parts by noun. */
#ifndef LTEEP_CRYPTO_MBEDTLS_H
#define LTEEP_CRYPTO_MBEDTLS_H

#include <psa/crypto.h>

#include "../provider.h"

/* Take the lock and make PSA usable in this process. The lock is held whatever is returned. */
psa_status_t lteep_psa_enter(void);

/* Release the lock. The one mapping of foreign errors. */
lteep_status lteep_psa_leave(psa_status_t status);

/* A volatile key; inside the lock. */
psa_status_t lteep_psa_import(psa_key_type_t type, psa_algorithm_t alg, psa_key_usage_t usage,
                              lteep_bytes material, psa_key_id_t *id);

/* key.c */
lteep_status lteep_psa_generate(lteep_key_parts *parts);
lteep_status lteep_psa_derive(lteep_key_parts *parts);
lteep_status lteep_psa_check(const lteep_key_parts *parts);
lteep_status lteep_psa_sign(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                            uint8_t signature[LTEEP_SIGNATURE_MAX]);
lteep_status lteep_psa_verify(const lteep_key_parts *parts, void *loaded, lteep_bytes to_be_signed,
                              lteep_bytes signature);
lteep_status lteep_psa_agree(const lteep_key_parts *parts, void *loaded,
                             const lteep_key_parts *peer, uint8_t shared[LTEEP_COORDINATE_MAX]);

/* cipher.c */
lteep_status lteep_psa_seal(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes plaintext, uint8_t *out);
lteep_status lteep_psa_open(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                            lteep_bytes ciphertext, uint8_t *out);
lteep_status lteep_psa_cipher_start(int alg, bool encrypt, lteep_bytes key, lteep_bytes iv,
                                    void **state);
lteep_status lteep_psa_cipher_update(void *state, lteep_bytes data, uint8_t *out);
void lteep_psa_cipher_end(void *state);

#endif

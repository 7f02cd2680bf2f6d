/* Provider "openssl", in parts by noun. */
#ifndef LTEEP_CRYPTO_OPENSSL_H
#define LTEEP_CRYPTO_OPENSSL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "../provider.h"

/* The one mapping of foreign errors: libcrypto's queue is emptied, so nothing of ours is left for
 * other users of the library in this process (TLS). `failure`, unless the queue says that memory
 * ran out: NO_MEMORY. */
lteep_status lteep_openssl_result(bool success, lteep_status failure);

/* CRYPTO_FAILED or NO_MEMORY. */
lteep_status lteep_openssl_done(bool success);

/* Whether x of an Ed25519 key is a point of the curve, and not of small order. */
bool lteep_openssl_edwards_point(const uint8_t encoded[32]);

/* key.c. What is loaded is an EVP_PKEY_CTX that holds the key, of an EC2 key prepared to verify.
 * One thread at a time may use it. */
lteep_status lteep_openssl_generate(lteep_key_parts *parts);
lteep_status lteep_openssl_derive(lteep_key_parts *parts);
lteep_status lteep_openssl_check(const lteep_key_parts *parts);
lteep_status lteep_openssl_prepare(const lteep_key_parts *parts, void **loaded);
void lteep_openssl_release(void *loaded);
lteep_status lteep_openssl_agree(const lteep_key_parts *parts, void *loaded,
                                 const lteep_key_parts *peer, uint8_t shared[LTEEP_COORDINATE_MAX]);

/* signature.c */
lteep_status lteep_openssl_sign(const lteep_key_parts *parts, void *loaded,
                                lteep_bytes to_be_signed, uint8_t signature[LTEEP_SIGNATURE_MAX]);
lteep_status lteep_openssl_verify(const lteep_key_parts *parts, void *loaded,
                                  lteep_bytes to_be_signed, lteep_bytes signature);

/* cipher.c */
lteep_status lteep_openssl_seal(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                                lteep_bytes plaintext, uint8_t *out);
lteep_status lteep_openssl_open(int alg, lteep_bytes key, lteep_bytes nonce, lteep_bytes aad,
                                lteep_bytes ciphertext, uint8_t *out);
lteep_status lteep_openssl_cipher_start(int alg, bool encrypt, lteep_bytes key, lteep_bytes iv,
                                        void **state);
lteep_status lteep_openssl_cipher_update(void *state, lteep_bytes data, uint8_t *out);
void lteep_openssl_cipher_end(void *state);

/* certificate.c */
lteep_status lteep_openssl_certify(const struct lteep_certificate_path *path, lteep_buffer *info);

/* certificate_use.c: the certificates of a path that is valid otherwise, the leaf first, allow this
 * use of it. BAD_CERTIFICATE, WRONG_KEY (the leaf does not), CERTIFICATE_UNTRUSTED (an issuer). */
lteep_status lteep_openssl_check_use(const struct lteep_certificate_path *path,
                                     const STACK_OF(X509) * chain);

#endif

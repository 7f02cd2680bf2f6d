/* Keys in DER: SubjectPublicKeyInfo (RFC 5280 section 4.1, RFC 5480, RFC 8410), PKCS #8 of both
 * versions (RFC 5958) and SEC 1 ECPrivateKey (RFC 5915), for P-256, P-384, P-521, Ed25519 and
 * X25519.
 *
 * A template match, no ASN.1 parser: named curves, uncompressed points, definite shortest lengths,
 * nothing optional but what these forms have, no trailing bytes. Everything else is BAD_KEY.
 */
#ifndef LTEEP_DER_H
#define LTEEP_DER_H

#include "luateep/crypto.h"

#define LTEEP_DER_KEY_MAX 320

/* Which of the three forms it is shows in its first member. The key serves `alg` (0: the algorithm
 * of its curve, lteep_curve_algorithm). A missing public part is derived. The numbers are checked
 * by lteep_key_import. BAD_KEY, UNSUPPORTED_ALGORITHM, CRYPTO_FAILED, NO_MEMORY. */
LTEEP_CHECKED lteep_status lteep_der_key_read(lteep_bytes der, int alg, lteep_key_parts *parts);

/* Appends a SubjectPublicKeyInfo, or a PKCS #8 PrivateKeyInfo. WRONG_KEY for a Symmetric key,
 * NO_PRIVATE_KEY, NO_ROOM. */
LTEEP_CHECKED lteep_status lteep_der_key_write(const lteep_key_parts *parts, bool with_private,
                                               lteep_buffer *out);

#endif

/* X.509 certificates (RFC 5280): one question, whose key it is at the end of a path.
 *
 * The system's authorities play no part; neither do the clock and revocation.
 */
#ifndef LTEEP_CERTIFICATE_H
#define LTEEP_CERTIFICATE_H

#include "luateep/crypto.h"

#define LTEEP_CERTIFICATES_MAX 8        /* certificates of one path */
#define LTEEP_ANCHORS_MAX 64            /* trust anchors it may end in */
#define LTEEP_CERTIFICATE_SIZE_MAX 8192 /* bytes of one certificate, DER */
#define LTEEP_KEY_PURPOSES_MAX 8        /* extended key usages asked for */

/* All of them DER. */
typedef struct lteep_certificate_path {
  const lteep_bytes *certificates; /* the leaf first, then any order */
  size_t count;
  const lteep_bytes *anchors; /* certificates: roots, or others that are trusted as they are */
  size_t anchor_count;
  int64_t time; /* seconds since 1970; every certificate of the path has to be valid then */
  const char *const *purposes; /* extended key usages asked for: OIDs, dotted decimal */
  size_t purpose_count;        /* 0: none in particular */
} lteep_certificate_path;

/* Validates the path (RFC 5280 section 6, at least 112 bits of security) and makes the key of its
 * leaf, for signatures under `alg`. BAD_CERTIFICATE, CERTIFICATE_EXPIRED,
 * CERTIFICATE_NOT_YET_VALID, CERTIFICATE_UNTRUSTED (no path to an anchor, or one that RFC 5280 does
 * not allow), WRONG_KEY (the leaf is for another use), BAD_KEY (it is no key for `alg`), TOO_LARGE,
 * LIMIT_REACHED, UNSUPPORTED_ALGORITHM, CRYPTO_FAILED, NO_MEMORY; UNSUPPORTED: no provider in use
 * validates certificates.
 *
 * The leaf: a key usage has to include digitalSignature (section 4.2.1.3). An extended key usage,
 * critical or not, limits it to the purposes named there (4.2.1.12). With `purposes`, it has to be
 * there and to name one of them or anyExtendedKeyUsage; without, nobody said that this is one of
 * its purposes, so it has to name anyExtendedKeyUsage. An issuer that has one, and is not the
 * anchor, has to allow the same purpose. */
LTEEP_CHECKED lteep_status lteep_certificate_key(const lteep_certificate_path *path, int alg,
                                                 lteep_key **key);

#endif

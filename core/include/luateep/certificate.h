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

/* All of them DER. */
typedef struct lteep_certificate_path {
  const lteep_bytes *certificates; /* the leaf first, then any order */
  size_t count;
  const lteep_bytes *anchors; /* certificates: roots, or others that are trusted as they are */
  size_t anchor_count;
  int64_t time; /* seconds since 1970; every certificate of the path has to be valid then */
} lteep_certificate_path;

/* Validates the path (RFC 5280 section 6, at least 112 bits of security) and makes the key of its
 * leaf, for signatures under `alg`. BAD_CERTIFICATE, CERTIFICATE_EXPIRED,
 * CERTIFICATE_NOT_YET_VALID, CERTIFICATE_UNTRUSTED (no path to an anchor, or one that RFC 5280 does
 * not allow), WRONG_KEY (the key usage of the leaf excludes digital signatures), BAD_KEY (it is no
 * key for `alg`), TOO_LARGE, LIMIT_REACHED; UNSUPPORTED: no provider in use validates certificates.
 */
LTEEP_CHECKED lteep_status lteep_certificate_key(const lteep_certificate_path *path, int alg,
                                                 lteep_key **key);

#endif

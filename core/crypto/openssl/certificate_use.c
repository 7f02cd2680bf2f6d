/* What the certificates of a path may be used for (RFC 5280 sections 4.2.1.3 and 4.2.1.12):
 * libcrypto itself knows a fixed list of purposes. */
#include <openssl/x509v3.h>
#include <string.h>

#include "luateep/certificate.h"
#include "openssl.h"

#define ANY_PURPOSE "2.5.29.37.0" /* anyExtendedKeyUsage */
enum { OID_MAX = 128 };           /* characters; a longer one is none that callers name */

/* Purposes as bits: those the caller names, or one that nothing but ANY_PURPOSE allows. */
enum { ALL_PURPOSES = (1 << LTEEP_KEY_PURPOSES_MAX) - 1, UNNAMED_PURPOSE = 1 };

static unsigned purposes_named(const lteep_certificate_path *path, const ASN1_OBJECT *purpose) {
  char oid[OID_MAX];
  unsigned named = 0;
  int size = OBJ_obj2txt(oid, sizeof oid, purpose, 1);
  if (size <= 0 || (size_t)size >= sizeof oid) return 0;
  if (strcmp(oid, ANY_PURPOSE) == 0) return ALL_PURPOSES;
  for (size_t i = 0; i < path->purpose_count; i++)
    if (strcmp(oid, path->purposes[i]) == 0) named |= 1u << i;
  return named;
}

/* `*is_limited`: there is an extended key usage. Without, all is allowed. */
static lteep_status read_purposes(const lteep_certificate_path *path, const X509 *certificate,
                                  bool *is_limited, unsigned *allowed) {
  int occurrence = 0;
  EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, &occurrence, NULL);
  *is_limited = usage != NULL;
  *allowed = usage ? 0 : ALL_PURPOSES;
  if (!usage) return occurrence == -1 ? LTEEP_OK : LTEEP_ERR_BAD_CERTIFICATE;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
    *allowed |= purposes_named(path, sk_ASN1_OBJECT_value(usage, i));
  EXTENDED_KEY_USAGE_free(usage);
  return LTEEP_OK;
}

static lteep_status check_leaf(const lteep_certificate_path *path, X509 *leaf, unsigned *common) {
  bool is_limited;
  unsigned allowed;
  lteep_status status = read_purposes(path, leaf, &is_limited, &allowed);
  if (status != LTEEP_OK) return status;
  *common &= allowed;
  bool signs = X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE;
  bool serves = *common != 0 && (is_limited || path->purpose_count == 0);
  return signs && serves ? LTEEP_OK : LTEEP_ERR_WRONG_KEY;
}

/* An issuer that names purposes limits those below to them, as is common practice. */
static lteep_status check_issuer(const lteep_certificate_path *path, X509 *issuer,
                                 unsigned *common) {
  bool is_limited;
  unsigned allowed;
  lteep_status status = read_purposes(path, issuer, &is_limited, &allowed);
  if (status != LTEEP_OK) return status;
  *common &= allowed;
  return *common != 0 ? LTEEP_OK : LTEEP_ERR_CERTIFICATE_UNTRUSTED;
}

/* The last certificate is the anchor, trusted as it is. */
lteep_status lteep_openssl_check_use(const lteep_certificate_path *path,
                                     const STACK_OF(X509) * chain) {
  unsigned common = path->purpose_count ? (1u << path->purpose_count) - 1 : UNNAMED_PURPOSE;
  lteep_status status = check_leaf(path, sk_X509_value(chain, 0), &common);
  for (int i = 1; i + 1 < sk_X509_num(chain) && status == LTEEP_OK; i++)
    status = check_issuer(path, sk_X509_value(chain, i), &common);
  return status;
}

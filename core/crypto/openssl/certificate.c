/* X.509 path validation over libcrypto (RFC 5280 section 6). */
#include "luateep/certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "openssl.h"

enum { SECURITY_LEVEL = 2 }; /* 112 bits: no SHA-1, no RSA below 2048 */

/* Everything a validation holds; zeroed at first. */
typedef struct {
  X509 *leaf;
  STACK_OF(X509) * others;
  X509_STORE *anchors;
  X509_STORE_CTX *context;
} validation;

/* Asked for no purpose, libcrypto tells whether the extensions it knows are well-formed. */
static X509 *decode(lteep_bytes der) {
  const uint8_t *at = der.at;
  X509 *made = d2i_X509(NULL, &at, (long)der.size);
  if (made && at == der.at + der.size && X509_check_purpose(made, -1, 0) == 1) return made;
  X509_free(made);
  return NULL;
}

static lteep_status read_path(const lteep_certificate_path *path, validation *run) {
  run->others = sk_X509_new_null();
  if (!run->others) return LTEEP_ERR_NO_MEMORY;
  for (size_t i = 0; i < path->count; i++) {
    X509 *certificate = decode(path->certificates[i]);
    if (!certificate) return LTEEP_ERR_BAD_CERTIFICATE;
    if (i == 0) {
      run->leaf = certificate;
    } else if (!sk_X509_push(run->others, certificate)) {
      X509_free(certificate);
      return LTEEP_ERR_NO_MEMORY;
    }
  }
  return LTEEP_OK;
}

static lteep_status read_anchors(const lteep_certificate_path *path, validation *run) {
  run->anchors = X509_STORE_new();
  if (!run->anchors) return LTEEP_ERR_NO_MEMORY;
  for (size_t i = 0; i < path->anchor_count; i++) {
    X509 *anchor = decode(path->anchors[i]);
    if (!anchor) return LTEEP_ERR_BAD_CERTIFICATE;
    int added = X509_STORE_add_cert(run->anchors, anchor); /* has a reference of its own */
    X509_free(anchor);
    if (!added) return LTEEP_ERR_NO_MEMORY;
  }
  return LTEEP_OK;
}

static lteep_status explain(int error) {
  switch (error) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return LTEEP_ERR_CERTIFICATE_EXPIRED;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return LTEEP_ERR_CERTIFICATE_NOT_YET_VALID;
  case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
  case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    return LTEEP_ERR_BAD_CERTIFICATE;
  case X509_V_ERR_OUT_OF_MEM:
    return LTEEP_ERR_NO_MEMORY;
  default:
    return LTEEP_ERR_CERTIFICATE_UNTRUSTED;
  }
}

static lteep_status validate(const lteep_certificate_path *path, validation *run) {
  run->context = X509_STORE_CTX_new();
  if (!run->context || !X509_STORE_CTX_init(run->context, run->anchors, run->leaf, run->others))
    return LTEEP_ERR_NO_MEMORY;
  X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(run->context);
  /* An anchor need not be a root; its own signature is then not looked at. */
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(rules, (time_t)path->time);
  X509_VERIFY_PARAM_set_auth_level(rules, SECURITY_LEVEL);
  X509_VERIFY_PARAM_set_depth(rules, LTEEP_CERTIFICATES_MAX);
  if (!X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY)) return LTEEP_ERR_CRYPTO_FAILED;
  if (X509_verify_cert(run->context) != 1) return explain(X509_STORE_CTX_get_error(run->context));
  return lteep_openssl_check_use(path, X509_STORE_CTX_get0_chain(run->context));
}

static lteep_status hand_out(const validation *run, lteep_buffer *info) {
  X509_PUBKEY *key = X509_get_X509_PUBKEY(run->leaf);
  int size = i2d_X509_PUBKEY(key, NULL);
  if (size <= 0) return LTEEP_ERR_CRYPTO_FAILED;
  if ((size_t)size > info->capacity - info->size) return LTEEP_ERR_BAD_KEY; /* none of ours */
  uint8_t *at = info->at + info->size;
  info->size += (size_t)i2d_X509_PUBKEY(key, &at);
  return LTEEP_OK;
}

/* libcrypto calls a certificate bad or untrusted when it had no memory to look at it. Mostly its
 * queue of errors tells; where it does not, the certificate is refused all the same. The queue is
 * emptied. */
static lteep_status settle(lteep_status status) {
  bool out_of_memory = false;
  for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error())
    out_of_memory = out_of_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  return status != LTEEP_OK && out_of_memory ? LTEEP_ERR_NO_MEMORY : status;
}

lteep_status lteep_openssl_certify(const lteep_certificate_path *path, lteep_buffer *info) {
  validation run = {NULL, NULL, NULL, NULL};
  ERR_clear_error();
  lteep_status status = read_path(path, &run);
  if (status == LTEEP_OK) status = read_anchors(path, &run);
  if (status == LTEEP_OK) status = validate(path, &run);
  if (status == LTEEP_OK) status = hand_out(&run, info);
  X509_STORE_CTX_free(run.context);
  X509_STORE_free(run.anchors);
  sk_X509_pop_free(run.others, X509_free);
  X509_free(run.leaf);
  return settle(status);
}

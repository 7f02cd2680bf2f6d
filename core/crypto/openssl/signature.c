/* Provider "openssl": signatures. libcrypto speaks DER for ECDSA, COSE r || s (RFC 9053 section
 * 2.1). */
#include <openssl/ecdsa.h>
#include <string.h>

#include "openssl.h"

enum { DER_MAX = LTEEP_SIGNATURE_MAX + 12 };

static const EVP_MD *hash_of(const lteep_key_parts *parts) {
  switch (parts->crv) {
  case LTEEP_CRV_P256:
    return EVP_sha256();
  case LTEEP_CRV_P384:
    return EVP_sha384();
  case LTEEP_CRV_P521:
    return EVP_sha512();
  default:
    return NULL;
  }
}

static bool der_to_raw(const uint8_t *der, size_t size, uint8_t *raw, int scalar) {
  ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
  bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, scalar) == scalar &&
            BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + scalar, scalar) == scalar;
  ECDSA_SIG_free(pair);
  return ok;
}

/* An INTEGER of DER (X.690 section 8.3): the fewest bytes, the highest bit being the sign. */
static size_t put_integer(uint8_t *der, const uint8_t *number, size_t size) {
  while (size > 1 && *number == 0) number++, size--;
  size_t sign = *number >> 7;
  der[0] = 0x02;
  der[1] = (uint8_t)(sign + size);
  der[2] = 0;
  memcpy(der + 2 + sign, number, size);
  return 2 + sign + size;
}

/* Size of the DER form, a SEQUENCE of r and s. */
static size_t raw_to_der(lteep_bytes raw, uint8_t der[DER_MAX]) {
  uint8_t pair[DER_MAX];
  size_t scalar = raw.size / 2, head = 0;
  size_t size = put_integer(pair, raw.at, scalar);
  size += put_integer(pair + size, raw.at + scalar, scalar);
  der[head++] = 0x30;
  if (size >= 0x80) der[head++] = 0x81;
  der[head++] = (uint8_t)size;
  memcpy(der + head, pair, size);
  return head + size;
}

lteep_status lteep_openssl_sign(const lteep_key_parts *parts, void *loaded,
                                lteep_bytes to_be_signed, uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  const EVP_MD *hash = hash_of(parts);
  uint8_t made[DER_MAX];
  size_t size = sizeof made;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context) return LTEEP_ERR_NO_MEMORY;
  bool ok = EVP_DigestSignInit(context, NULL, hash, NULL, EVP_PKEY_CTX_get0_pkey(loaded)) == 1 &&
            EVP_DigestSign(context, made, &size, to_be_signed.at, to_be_signed.size) == 1;
  EVP_MD_CTX_free(context);
  if (ok && hash) ok = der_to_raw(made, size, signature, (int)lteep_curve_size(parts->crv));
  if (ok && !hash) memcpy(signature, made, size);
  return lteep_openssl_done(ok);
}

/* 1: it matches, 0: it does not, anything else: that could not be found out. */
static int verify_ecdsa(EVP_PKEY_CTX *context, const EVP_MD *hash, lteep_bytes to_be_signed,
                        lteep_bytes signature) {
  uint8_t der[DER_MAX], digest[EVP_MAX_MD_SIZE];
  unsigned digest_size = 0;
  size_t size = raw_to_der(signature, der);
  if (EVP_Digest(to_be_signed.at, to_be_signed.size, digest, &digest_size, hash, NULL) != 1)
    return -1;
  return EVP_PKEY_verify(context, der, size, digest, digest_size);
}

static int verify_eddsa(EVP_PKEY *pkey, lteep_bytes to_be_signed, lteep_bytes signature) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  int verdict = -1;
  if (context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1)
    verdict =
        EVP_DigestVerify(context, signature.at, signature.size, to_be_signed.at, to_be_signed.size);
  EVP_MD_CTX_free(context);
  return verdict;
}

lteep_status lteep_openssl_verify(const lteep_key_parts *parts, void *loaded,
                                  lteep_bytes to_be_signed, lteep_bytes signature) {
  const EVP_MD *hash = hash_of(parts);
  int verdict = hash ? verify_ecdsa(loaded, hash, to_be_signed, signature)
                     : verify_eddsa(EVP_PKEY_CTX_get0_pkey(loaded), to_be_signed, signature);
  return lteep_openssl_result(verdict == 1,
                              verdict == 0 ? LTEEP_ERR_BAD_SIGNATURE : LTEEP_ERR_CRYPTO_FAILED);
}

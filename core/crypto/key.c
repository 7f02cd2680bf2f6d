/* Key handles: held by a provider, or elsewhere with a function that signs. */
#include "luateep/crypto.h"

#include <stdlib.h>
#include <string.h>

struct lteep_key {
  lteep_key_parts parts;
  const lteep_provider *provider; /* checks signatures; makes them unless `sign` is set */
  void *loaded;                   /* the provider's own form of the key */
  lteep_sign_function sign;
  void (*release)(void *context);
  void *context;
};

/* RFC 9864: the curve of each algorithm. Our ES256 and EdDSA keys have the same curves. */
static const struct {
  int alg;
  int kty;
  int crv;
} curves[] = {
    {LTEEP_ALG_ESP256, LTEEP_KTY_EC2, LTEEP_CRV_P256},
    {LTEEP_ALG_ES256, LTEEP_KTY_EC2, LTEEP_CRV_P256},
    {LTEEP_ALG_ED25519, LTEEP_KTY_OKP, LTEEP_CRV_ED25519},
    {LTEEP_ALG_EDDSA, LTEEP_KTY_OKP, LTEEP_CRV_ED25519},
};

static lteep_status check_shape(const lteep_key_parts *parts) {
  if (parts->kid_size > LTEEP_KID_MAX) return LTEEP_ERR_BAD_KEY;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    if (curves[i].alg == parts->alg)
      return curves[i].kty == parts->kty && curves[i].crv == parts->crv ? LTEEP_OK
                                                                        : LTEEP_ERR_BAD_KEY;
  return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
}

/* Fields that do not belong to the kind of key are zero. */
static void clear_unused(lteep_key_parts *parts) {
  if (!parts->has_private) lteep_wipe(parts->d, sizeof parts->d);
  if (parts->kty == LTEEP_KTY_OKP) memset(parts->y, 0, sizeof parts->y);
}

lteep_status lteep_key_import(const lteep_key_parts *parts, lteep_key **key) {
  *key = NULL;
  lteep_status status = check_shape(parts);
  if (status != LTEEP_OK) return status;
  const lteep_provider *provider = lteep_provider_for(parts->alg);
  if (!provider) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  status = provider->check(parts);
  if (status != LTEEP_OK) return status;
  lteep_key *made = calloc(1, sizeof *made);
  if (!made) return LTEEP_ERR_NO_MEMORY;
  made->parts = *parts;
  clear_unused(&made->parts);
  made->provider = provider;
  if (provider->prepare) status = provider->prepare(&made->parts, &made->loaded);
  if (status != LTEEP_OK) {
    lteep_key_free(made);
    return status;
  }
  *key = made;
  return LTEEP_OK;
}

lteep_status lteep_key_generate(int alg, lteep_key **key) {
  *key = NULL;
  const lteep_provider *provider = lteep_provider_for(alg);
  lteep_key_parts parts = {.alg = alg};
  if (check_shape(&parts) == LTEEP_ERR_UNSUPPORTED_ALGORITHM || !provider)
    return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  lteep_status status = provider->generate(alg, &parts);
  if (status == LTEEP_OK) status = lteep_key_import(&parts, key);
  lteep_wipe(&parts, sizeof parts);
  return status;
}

lteep_status lteep_key_external(const lteep_key_parts *parts, lteep_sign_function sign,
                                void (*release)(void *context), void *context, lteep_key **key) {
  lteep_key_parts public_parts = *parts;
  public_parts.has_private = false;
  lteep_wipe(public_parts.d, sizeof public_parts.d);
  lteep_status status = lteep_key_import(&public_parts, key);
  if (status != LTEEP_OK) return status;
  (*key)->sign = sign;
  (*key)->release = release;
  (*key)->context = context;
  return LTEEP_OK;
}

void lteep_key_free(lteep_key *key) {
  if (!key) return;
  if (key->release) key->release(key->context);
  if (key->loaded) key->provider->release(key->loaded);
  lteep_wipe(key, sizeof *key);
  free(key);
}

int lteep_key_algorithm(const lteep_key *key) {
  return key->parts.alg;
}

bool lteep_key_can_sign(const lteep_key *key) {
  return key->sign || key->parts.has_private;
}

void lteep_key_public_parts(const lteep_key *key, lteep_key_parts *parts) {
  *parts = key->parts;
  parts->has_private = false;
  lteep_wipe(parts->d, sizeof parts->d);
}

lteep_status lteep_key_private_parts(const lteep_key *key, lteep_key_parts *parts) {
  if (!key->parts.has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  *parts = key->parts;
  return LTEEP_OK;
}

const char *lteep_key_provider(const lteep_key *key) {
  return key->sign ? "external" : key->provider->name;
}

lteep_status lteep_key_sign(const lteep_key *key, lteep_bytes to_be_signed,
                            uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  if (key->sign) return key->sign(key->context, to_be_signed, signature);
  if (!key->parts.has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  return key->provider->sign(&key->parts, key->loaded, to_be_signed, signature);
}

lteep_status lteep_key_verify(const lteep_key *key, lteep_bytes to_be_signed,
                              lteep_bytes signature) {
  if (signature.size != LTEEP_SIGNATURE_MAX) return LTEEP_ERR_BAD_SIGNATURE;
  return key->provider->verify(&key->parts, key->loaded, to_be_signed, signature);
}

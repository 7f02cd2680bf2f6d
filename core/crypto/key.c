/* Key handles: made from numbers, by a provider, or for a key held elsewhere. */
#include "key.h"

#include <stdlib.h>
#include <string.h>

#include "provider.h"

enum { MAC_KEY_MIN = 16 };

static lteep_status check_secret(const lteep_algorithm *algorithm, const lteep_key_parts *parts) {
  bool fits = algorithm->kind == LTEEP_KIND_MAC
                  ? parts->k_size >= MAC_KEY_MIN && parts->k_size <= LTEEP_SYMMETRIC_MAX
                  : parts->k_size == algorithm->key_size;
  return fits && parts->has_private ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

static bool is_agreement_curve(int kty, int crv) {
  if (kty == LTEEP_KTY_OKP) return crv == LTEEP_CRV_X25519;
  return kty == LTEEP_KTY_EC2 &&
         (crv == LTEEP_CRV_P256 || crv == LTEEP_CRV_P384 || crv == LTEEP_CRV_P521);
}

static lteep_status check_curve(const lteep_algorithm *algorithm, const lteep_key_parts *parts) {
  bool fits = algorithm->kind == LTEEP_KIND_AGREEMENT
                  ? is_agreement_curve(parts->kty, parts->crv)
                  : parts->kty == algorithm->kty && parts->crv == algorithm->crv;
  return fits ? LTEEP_OK : LTEEP_ERR_BAD_KEY;
}

/* What can be told without a provider. */
static lteep_status check_shape(const lteep_algorithm *algorithm, const lteep_key_parts *parts) {
  if (!algorithm || algorithm->kind == LTEEP_KIND_DIGEST) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  if (parts->kid_size > LTEEP_KID_MAX) return LTEEP_ERR_BAD_KEY;
  if (algorithm->kty != LTEEP_KTY_SYMMETRIC) return check_curve(algorithm, parts);
  return parts->kty == LTEEP_KTY_SYMMETRIC ? check_secret(algorithm, parts) : LTEEP_ERR_BAD_KEY;
}

/* From `size` on the bytes are zero. */
static void clear_tail(uint8_t *at, size_t size, size_t room) {
  lteep_wipe(at + size, room - size);
}

/* Fields that do not belong to the kind of key are zero. */
static void clear_unused(lteep_key_parts *parts) {
  if (parts->kty == LTEEP_KTY_SYMMETRIC)
    parts->crv = 0;
  else
    parts->k_size = 0;
  size_t size = lteep_curve_size(parts->crv);
  clear_tail(parts->x, size, sizeof parts->x);
  clear_tail(parts->y, parts->kty == LTEEP_KTY_EC2 ? size : 0, sizeof parts->y);
  clear_tail(parts->d, parts->has_private ? size : 0, sizeof parts->d);
  clear_tail(parts->k, parts->k_size, sizeof parts->k);
}

static lteep_status check_numbers(const lteep_provider *provider, const lteep_key_parts *parts) {
  if (parts->kty == LTEEP_KTY_SYMMETRIC) return LTEEP_OK;
  lteep_status status = provider->check(parts);
  if (status == LTEEP_OK && parts->crv == LTEEP_CRV_X25519)
    status = lteep_x25519_check(provider, parts);
  return status;
}

lteep_status lteep_key_import(const lteep_key_parts *parts, lteep_key **key) {
  *key = NULL;
  const lteep_algorithm *algorithm = lteep_algorithm_find(parts->alg);
  lteep_status status = check_shape(algorithm, parts);
  if (status != LTEEP_OK) return status;
  const lteep_provider *provider = lteep_provider_for(parts->alg);
  if (!provider) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  status = check_numbers(provider, parts);
  if (status != LTEEP_OK) return status;
  lteep_key *made = calloc(1, sizeof *made);
  if (!made) return LTEEP_ERR_NO_MEMORY;
  made->parts = *parts;
  clear_unused(&made->parts);
  made->algorithm = algorithm;
  made->provider = provider;
  if (provider->prepare && parts->kty != LTEEP_KTY_SYMMETRIC)
    status = provider->prepare(&made->parts, &made->loaded);
  if (status != LTEEP_OK) {
    lteep_key_free(made);
    return status;
  }
  *key = made;
  return LTEEP_OK;
}

static lteep_status generate(lteep_key_parts *parts, const lteep_algorithm *algorithm) {
  const lteep_provider *provider = lteep_provider_for(parts->alg);
  if (!provider) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  parts->has_private = true;
  if (algorithm->kty == LTEEP_KTY_SYMMETRIC) return lteep_random(parts->k, parts->k_size);
  return provider->generate(parts);
}

lteep_status lteep_key_generate_on(int alg, int crv, lteep_key **key) {
  *key = NULL;
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  lteep_key_parts parts = {.alg = alg, .crv = crv, .has_private = true};
  if (algorithm) parts.kty = crv == LTEEP_CRV_X25519 ? LTEEP_KTY_OKP : algorithm->kty;
  if (algorithm) parts.k_size = algorithm->key_size;
  lteep_status status = check_shape(algorithm, &parts);
  if (status == LTEEP_OK) status = generate(&parts, algorithm);
  if (status == LTEEP_OK) status = lteep_key_import(&parts, key);
  lteep_wipe(&parts, sizeof parts);
  return status;
}

lteep_status lteep_key_generate(int alg, lteep_key **key) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  return lteep_key_generate_on(alg, algorithm ? algorithm->crv : 0, key);
}

lteep_status lteep_key_derive(lteep_key_parts *parts) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(parts->alg);
  lteep_status status = check_shape(algorithm, parts);
  if (status != LTEEP_OK) return status;
  if (parts->kty == LTEEP_KTY_SYMMETRIC || !parts->has_private) return LTEEP_ERR_BAD_KEY;
  const lteep_provider *provider = lteep_provider_for(parts->alg);
  return provider ? provider->derive(parts) : LTEEP_ERR_UNSUPPORTED_ALGORITHM;
}

lteep_status lteep_key_external(const lteep_key_parts *parts,
                                const lteep_key_operations *operations, void *context,
                                lteep_key **key) {
  *key = NULL;
  lteep_key_parts public_parts = *parts;
  public_parts.has_private = false;
  public_parts.operations = 0; /* those the caller gives */
  lteep_wipe(public_parts.d, sizeof public_parts.d);
  lteep_status status = lteep_key_import(&public_parts, key);
  lteep_wipe(&public_parts, sizeof public_parts);
  if (status != LTEEP_OK) return status;
  (*key)->external = true;
  (*key)->operations = *operations;
  (*key)->context = context;
  return LTEEP_OK;
}

void lteep_key_free(lteep_key *key) {
  if (!key) return;
  if (key->operations.release) key->operations.release(key->context);
  if (key->loaded) key->provider->release(key->loaded);
  lteep_wipe(key, sizeof *key);
  free(key);
}

int lteep_key_algorithm(const lteep_key *key) {
  return key->parts.alg;
}

/* Private bytes are not even copied. */
void lteep_key_public_parts(const lteep_key *key, lteep_key_parts *parts) {
  const lteep_key_parts *from = &key->parts;
  *parts = (lteep_key_parts){
      .kty = from->kty, .crv = from->crv, .alg = from->alg, .kid_size = from->kid_size};
  memcpy(parts->x, from->x, sizeof parts->x);
  memcpy(parts->y, from->y, sizeof parts->y);
  memcpy(parts->kid, from->kid, sizeof parts->kid);
}

lteep_status lteep_key_private_parts(const lteep_key *key, lteep_key_parts *parts) {
  if (!key->parts.has_private) return LTEEP_ERR_NO_PRIVATE_KEY;
  *parts = key->parts;
  return LTEEP_OK;
}

const char *lteep_key_provider(const lteep_key *key) {
  return key->external ? "external" : key->provider->name;
}

/* Which provider serves which algorithm, and the operations that need no key handle. */
#include "provider.h"

#include <string.h>

static const lteep_provider *const compiled_in[] = {
#ifdef LTEEP_WITH_OPENSSL
    &lteep_provider_openssl,
#endif
#ifdef LTEEP_WITH_MBEDTLS
    &lteep_provider_mbedtls,
#endif
    NULL,
};
enum { ENTRIES = sizeof compiled_in / sizeof compiled_in[0] };

static const lteep_provider *chosen[ENTRIES];
static const lteep_provider *const *in_use = compiled_in;

const lteep_provider *const *lteep_providers(void) {
  return in_use;
}

static const lteep_provider *named(const char *name, size_t size) {
  for (size_t i = 0; compiled_in[i]; i++)
    if (strlen(compiled_in[i]->name) == size && memcmp(compiled_in[i]->name, name, size) == 0)
      return compiled_in[i];
  return NULL;
}

lteep_status lteep_providers_order(const char *names) {
  const lteep_provider *order[ENTRIES] = {NULL};
  size_t count = 0;
  for (const char *name = names;; name++) {
    size_t size = strcspn(name, ",");
    const lteep_provider *provider = named(name, size);
    if (!provider || count + 1 == ENTRIES) return LTEEP_ERR_NOT_FOUND;
    order[count++] = provider;
    name += size;
    if (*name == '\0') break;
  }
  memcpy(chosen, order, sizeof chosen);
  in_use = chosen;
  return LTEEP_OK;
}

const lteep_provider *lteep_provider_for(int alg) {
  for (size_t i = 0; in_use[i]; i++)
    if (in_use[i]->supports(alg)) return in_use[i];
  return NULL;
}

lteep_status lteep_random(uint8_t *out, size_t size) {
  return in_use[0]->random(out, size);
}

const lteep_algorithm *lteep_served(int alg, lteep_algorithm_kind kind,
                                    const lteep_provider **provider) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  *provider = algorithm && algorithm->kind == kind ? lteep_provider_for(alg) : NULL;
  return *provider ? algorithm : NULL;
}

lteep_status lteep_digest(int alg, lteep_bytes data, uint8_t *out, size_t *size) {
  const lteep_provider *provider;
  if (!lteep_served(alg, LTEEP_KIND_DIGEST, &provider)) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  return provider->digest(alg, data, out, size);
}

lteep_status lteep_hmac(int alg, lteep_bytes key, lteep_bytes data, uint8_t *out, size_t *size) {
  const lteep_provider *provider;
  if (!lteep_served(alg, LTEEP_KIND_MAC, &provider)) return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  return provider->hmac(alg, key, data, out, size);
}

lteep_status lteep_hash_start(lteep_hash *hash, int alg) {
  *hash = (lteep_hash){NULL, NULL};
  if (!lteep_served(alg, LTEEP_KIND_DIGEST, &hash->provider))
    return LTEEP_ERR_UNSUPPORTED_ALGORITHM;
  return hash->provider->digest_start(alg, &hash->state);
}

lteep_status lteep_hash_update(lteep_hash *hash, lteep_bytes data) {
  return hash->provider->digest_update(hash->state, data);
}

lteep_status lteep_hash_finish(lteep_hash *hash, uint8_t *out, size_t *size) {
  void *state = hash->state;
  hash->state = NULL;
  return hash->provider->digest_finish(state, out, size);
}

void lteep_hash_abort(lteep_hash *hash) {
  if (hash->state) hash->provider->digest_abort(hash->state);
  hash->state = NULL;
}

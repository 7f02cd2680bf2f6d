/* teep.core.crypto: digests, HMAC, HKDF, random bytes, providers. */
#include "key.h"

#include <string.h>

#define HASH "teep.hash"

enum { RANDOM_MAX = 1 << 20 };

int lteep_check_algorithm(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index);
  const lteep_algorithm *algorithm;
  for (size_t i = 0; (algorithm = lteep_algorithm_at(i)); i++)
    if (strcmp(algorithm->name, name) == 0) return algorithm->alg;
  return luaL_argerror(L, index, lua_pushfstring(L, "no such algorithm: %s", name));
}

const char *lteep_algorithm_name(int alg) {
  const lteep_algorithm *algorithm = lteep_algorithm_find(alg);
  return algorithm ? algorithm->name : NULL;
}

/* Push the result of a digest or HMAC, or the failure. */
static int push_result(lua_State *L, lteep_status status, const uint8_t *out, size_t size) {
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  lua_pushlstring(L, (const char *)out, size);
  return 1;
}

static int crypto_random(lua_State *L) {
  lua_Integer size = luaL_checkinteger(L, 1);
  luaL_argcheck(L, size >= 0 && size <= RANDOM_MAX, 1, "want 0..1048576 bytes");
  luaL_Buffer buffer;
  char *at = luaL_buffinitsize(L, &buffer, (size_t)size);
  lteep_status status = lteep_random((uint8_t *)at, (size_t)size);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  luaL_pushresultsize(&buffer, (size_t)size);
  return 1;
}

static int crypto_digest(lua_State *L) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size = 0;
  int alg = lteep_check_algorithm(L, 1);
  lteep_status status = lteep_digest(alg, lteep_check_part(L, 2, 3), out, &size);
  return push_result(L, status, out, size);
}

static int crypto_hmac(lua_State *L) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size = 0;
  int alg = lteep_check_algorithm(L, 1);
  lteep_bytes key = lteep_check_bytes(L, 2), data = lteep_check_bytes(L, 3);
  lteep_status status = lteep_hmac(alg, key, data, out, &size);
  return push_result(L, status, out, size);
}

/* (secret, salt, info, size) */
static int crypto_hkdf(lua_State *L) {
  lteep_bytes secret = lteep_check_bytes(L, 1), salt = lteep_check_bytes(L, 2);
  lteep_bytes info = lteep_check_bytes(L, 3);
  lua_Integer size = luaL_checkinteger(L, 4);
  luaL_argcheck(L, size >= 1 && size <= (lua_Integer)LTEEP_HKDF_MAX, 4, "want 1..8160 bytes");
  luaL_Buffer buffer;
  uint8_t *at = (uint8_t *)luaL_buffinitsize(L, &buffer, (size_t)size);
  lteep_status status = lteep_hkdf(secret, salt, info, at, (size_t)size);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  luaL_pushresultsize(&buffer, (size_t)size);
  return 1;
}

static int crypto_equal(lua_State *L) {
  lua_pushboolean(L, lteep_equal_secret(lteep_check_bytes(L, 1), lteep_check_bytes(L, 2)));
  return 1;
}

/* --- Streaming digest --- */

static lteep_hash *check_hash(lua_State *L) {
  lteep_hash *hash = luaL_checkudata(L, 1, HASH);
  if (!hash->state) luaL_argerror(L, 1, "the digest is finished");
  return hash;
}

static int crypto_hash(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_hash *hash = lua_newuserdatauv(L, sizeof *hash, 0);
  memset(hash, 0, sizeof *hash);
  luaL_setmetatable(L, HASH);
  lteep_status status = lteep_hash_start(hash, alg);
  return status == LTEEP_OK ? 1 : lteep_push_failure(L, status, NULL);
}

static int hash_update(lua_State *L) {
  lteep_hash *hash = check_hash(L);
  lteep_status status = lteep_hash_update(hash, lteep_check_bytes(L, 2));
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  lua_settop(L, 1);
  return 1;
}

static int hash_finish(lua_State *L) {
  uint8_t out[LTEEP_DIGEST_MAX];
  size_t size = 0;
  lteep_status status = lteep_hash_finish(check_hash(L), out, &size);
  return push_result(L, status, out, size);
}

static int hash_gc(lua_State *L) {
  lteep_hash_abort(luaL_checkudata(L, 1, HASH));
  return 0;
}

/* --- Providers --- */

static void push_provider(lua_State *L, const lteep_provider *provider) {
  lua_Integer count = 0;
  lua_createtable(L, 0, 3);
  lua_pushstring(L, provider->name);
  lua_setfield(L, -2, "name");
  lua_pushboolean(L, provider->certify != NULL);
  lua_setfield(L, -2, "certificates");
  lua_newtable(L);
  const lteep_algorithm *algorithm;
  for (size_t i = 0; (algorithm = lteep_algorithm_at(i)); i++) {
    if (!provider->supports(algorithm->alg)) continue;
    lua_pushstring(L, algorithm->name);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, "algorithms");
}

static int crypto_providers(lua_State *L) {
  const lteep_provider *const *provider = lteep_providers();
  lua_newtable(L);
  for (lua_Integer i = 1; *provider; provider++, i++) {
    push_provider(L, *provider);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int crypto_set_order(lua_State *L) {
  const char *names = luaL_checkstring(L, 1);
  lteep_status status = lteep_providers_order(names);
  if (status != LTEEP_OK) {
    lua_pushfstring(L, "crypto providers \"%s\"", names);
    return lteep_push_failure(L, status, lua_tostring(L, -1));
  }
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg hash_methods[] = {
    {"update", hash_update}, {"finish", hash_finish}, {"__gc", hash_gc}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"random", crypto_random},       {"digest", crypto_digest},       {"hash", crypto_hash},
    {"hmac", crypto_hmac},           {"hkdf", crypto_hkdf},           {"equal", crypto_equal},
    {"providers", crypto_providers}, {"set_order", crypto_set_order}, {NULL, NULL},
};

int lteep_open_crypto(lua_State *L) {
  lteep_make_class(L, HASH, hash_methods);
  luaL_newlib(L, functions);
  lteep_add_ciphers(L);
  lua_newtable(L);
  const lteep_algorithm *algorithm;
  for (size_t i = 0; (algorithm = lteep_algorithm_at(i)); i++) {
    lua_pushinteger(L, algorithm->alg);
    lua_setfield(L, -2, algorithm->name);
  }
  lua_setfield(L, -2, "algorithms");
  return 1;
}

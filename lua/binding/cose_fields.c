/* Options of the COSE functions, read from their table; and what their results share. */
#include "cose.h"

#include <stdio.h>

lteep_bytes lteep_field_bytes(lua_State *L, int given, const char *name) {
  luaL_checkstack(L, 1, NULL);
  lua_getfield(L, given, name);
  return lua_isnil(L, -1) ? (lteep_bytes){NULL, 0} : lteep_check_bytes(L, -1);
}

bool lteep_field_flag(lua_State *L, int given, const char *name) {
  lua_getfield(L, given, name);
  bool flag = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return flag;
}

/* Push the list in field `name`; its length. */
static size_t push_list(lua_State *L, int given, const char *name) {
  lua_getfield(L, given, name);
  if (!lua_istable(L, -1)) luaL_error(L, "option %s: want a list", name);
  return lua_rawlen(L, -1);
}

const lteep_key *const *lteep_field_keys(lua_State *L, int given, const char *name, size_t *count,
                                         int *first) {
  luaL_checkstack(L, 2, NULL);
  *count = push_list(L, given, name);
  int list = lua_gettop(L);
  const lteep_key **keys = lteep_push_array(L, *count, sizeof *keys);
  *first = lua_gettop(L) + 1;
  for (size_t i = 0; i < *count; i++) {
    luaL_checkstack(L, 1, "too many keys");
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    keys[i] = lteep_check_key(L, -1);
  }
  return keys;
}

const int *lteep_field_algorithms(lua_State *L, int given, size_t *count) {
  luaL_checkstack(L, 3, NULL);
  *count = push_list(L, given, "algorithms");
  int list = lua_gettop(L);
  int *algorithms = lteep_push_array(L, *count, sizeof *algorithms);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    algorithms[i] = lteep_check_algorithm(L, -1);
    lua_pop(L, 1);
  }
  return algorithms;
}

lteep_cose_tagging lteep_field_tagging(lua_State *L, int given) {
  lua_getfield(L, given, "tagged");
  lteep_cose_tagging tagging = lua_isnil(L, -1)       ? LTEEP_TAG_OPTIONAL
                               : lua_toboolean(L, -1) ? LTEEP_TAG_REQUIRED
                                                      : LTEEP_TAG_FORBIDDEN;
  lua_pop(L, 1);
  return tagging;
}

static void read_party(lua_State *L, int given, const char *name, lteep_bytes party[3]) {
  static const char *const fields[] = {"identity", "nonce", "other"};
  luaL_checkstack(L, 4, NULL);
  lua_getfield(L, given, name);
  int index = lua_gettop(L);
  for (int i = 0; i < 3; i++)
    party[i] =
        lua_isnil(L, index) ? (lteep_bytes){NULL, 0} : lteep_field_bytes(L, index, fields[i]);
}

lteep_cose_kdf lteep_field_kdf(lua_State *L, int given) {
  lteep_cose_kdf kdf = {.other = lteep_field_bytes(L, given, "other")};
  read_party(L, given, "party_u", kdf.party_u);
  read_party(L, given, "party_v", kdf.party_v);
  return kdf;
}

int lteep_push_parse_failure(lua_State *L, lteep_status status, size_t offset) {
  const char *what = lua_pushfstring(L, "COSE, byte %I", (lua_Integer)offset);
  return lteep_push_failure(L, status, what);
}

int lteep_push_keys_failure(lua_State *L, lteep_status status, int first, size_t count,
                            const char *what) {
  if (status != LTEEP_ERR_CRYPTO_FAILED) return lteep_push_failure(L, status, what);
  for (size_t i = 0; i < count; i++) {
    lteep_push_key_error(L, first + (int)i);
    if (!lua_isnil(L, -1)) return lteep_push_failure(L, status, luaL_tolstring(L, -1, NULL));
    lua_pop(L, 1);
  }
  return lteep_push_failure(L, status, what);
}

void lteep_set_bytes(lua_State *L, const char *name, lteep_bytes bytes) {
  lua_pushlstring(L, (const char *)bytes.at, bytes.size);
  lua_setfield(L, -2, name);
}

void lteep_add_claim(luaL_Buffer *buffer, bool has_algorithm, int64_t algorithm, bool has_kid,
                     lteep_bytes kid) {
  char text[32];
  snprintf(text, sizeof text, has_algorithm ? ", alg %lld" : ", no alg", (long long)algorithm);
  luaL_addstring(buffer, text);
  if (has_kid) luaL_addstring(buffer, ", kid ");
  for (size_t at = 0; at < kid.size && at < LTEEP_KID_MAX; at++) {
    snprintf(text, sizeof text, "%02x", kid.at[at]);
    luaL_addstring(buffer, text);
  }
}

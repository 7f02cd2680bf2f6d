/* teep.core.key: class teep.key, a key handle. */
#include "key.h"

#include <stdio.h>
#include <string.h>

#include "luateep/cose.h"

#define KEY "teep.key"

/* User values of a key object. */
enum { PARENT = 1, SIGN = 1, FAILURE = 2, USER_VALUES = 2 };

/* `L` and `index` say where the object was found last: where its Lua function is to be called. */
typedef struct {
  lteep_key *key;
  lua_State *L;
  int index;
} box;

lteep_key **lteep_push_key(lua_State *L, int parent) {
  if (parent) parent = lua_absindex(L, parent);
  box *made = lua_newuserdatauv(L, sizeof *made, USER_VALUES);
  *made = (box){NULL, NULL, 0};
  luaL_setmetatable(L, KEY);
  if (parent) {
    lua_pushvalue(L, parent);
    lua_setiuservalue(L, -2, PARENT);
  }
  return &made->key;
}

const lteep_key *lteep_check_key(lua_State *L, int index) {
  box *self = luaL_checkudata(L, index, KEY);
  luaL_argcheck(L, self->key, index, "an empty key");
  self->L = L;
  self->index = lua_absindex(L, index);
  return self->key;
}

void lteep_push_key_error(lua_State *L, int index) {
  lua_getiuservalue(L, index, FAILURE);
}

/* --- Keys that sign by calling Lua --- */

typedef struct {
  lteep_bytes to_be_signed;
  uint8_t *signature;
} request;

/* Protected: (key object, request) -> nothing. */
static int call_sign(lua_State *L) {
  const request *asked = lua_touserdata(L, 2);
  size_t size = 0;
  lua_getiuservalue(L, 1, SIGN);
  lua_pushlstring(L, (const char *)asked->to_be_signed.at, asked->to_be_signed.size);
  lua_call(L, 1, 1);
  const char *signature = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
  if (size != LTEEP_SIGNATURE_MAX)
    return luaL_error(L, "sign function of an external key: want a string of %d bytes",
                      LTEEP_SIGNATURE_MAX);
  memcpy(asked->signature, signature, size);
  return 0;
}

/* Callers are C frames with memory of their own: no Lua error may pass through here. */
static lteep_status sign_in_lua(void *context, lteep_bytes to_be_signed,
                                uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  box *self = context;
  const box found = *self;
  request asked = {to_be_signed, signature};
  if (!lua_checkstack(found.L, 4)) return LTEEP_ERR_NO_MEMORY;
  lua_pushcfunction(found.L, call_sign);
  lua_pushvalue(found.L, found.index);
  lua_pushlightuserdata(found.L, &asked);
  int failed = lua_pcall(found.L, 2, 0, 0);
  if (!failed) lua_pushnil(found.L);
  lua_setiuservalue(found.L, found.index, FAILURE);
  *self = found; /* the function may have used the same key elsewhere */
  return failed ? LTEEP_ERR_CRYPTO_FAILED : LTEEP_OK;
}

/* --- Constructors --- */

/* Return the key on top of the stack, or the failure. */
static int finish(lua_State *L, lteep_status status, const char *what) {
  return status == LTEEP_OK ? 1 : lteep_push_failure(L, status, what);
}

static int key_generate(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1);
  lteep_key **key = lteep_push_key(L, 0);
  return finish(L, lteep_key_generate(alg, key), lua_tostring(L, 1));
}

static int key_load(lua_State *L) {
  lteep_bytes input = lteep_check_bytes(L, 1);
  lteep_key **key = lteep_push_key(L, 0);
  lteep_key_parts parts;
  lteep_status status = lteep_cose_key_read(input, &parts);
  if (status == LTEEP_OK) status = lteep_key_import(&parts, key);
  lteep_wipe(&parts, sizeof parts);
  return finish(L, status, "COSE_Key");
}

/* (public COSE_Key bytes, sign function) */
static int key_external(lua_State *L) {
  lteep_bytes input = lteep_check_bytes(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lteep_key **key = lteep_push_key(L, 2);
  lteep_key_parts parts;
  lteep_status status = lteep_cose_key_read(input, &parts);
  if (status == LTEEP_OK)
    status = lteep_key_external(&parts, sign_in_lua, NULL, lua_touserdata(L, -1), key);
  lteep_wipe(&parts, sizeof parts);
  return finish(L, status, "COSE_Key");
}

/* --- Methods --- */

static int push_parts(lua_State *L, const lteep_key_parts *parts) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX];
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_status status = lteep_cose_key_write(parts, parts->has_private, &out);
  if (status == LTEEP_OK) lua_pushlstring(L, (const char *)out.at, out.size);
  lteep_wipe(bytes, sizeof bytes);
  return finish(L, status, "COSE_Key");
}

static int key_public(lua_State *L) {
  lteep_key_parts parts;
  lteep_key_public_parts(lteep_check_key(L, 1), &parts);
  return push_parts(L, &parts);
}

static int key_private(lua_State *L) {
  lteep_key_parts parts;
  lteep_status status = lteep_key_private_parts(lteep_check_key(L, 1), &parts);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  int results = push_parts(L, &parts);
  lteep_wipe(&parts, sizeof parts);
  return results;
}

static int key_thumbprint(lua_State *L) {
  lteep_key_parts parts;
  uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE];
  lteep_key_public_parts(lteep_check_key(L, 1), &parts);
  lteep_status status = lteep_cose_thumbprint(&parts, thumbprint);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  lua_pushlstring(L, (const char *)thumbprint, sizeof thumbprint);
  return 1;
}

static int key_algorithm(lua_State *L) {
  lua_pushstring(L, lteep_algorithm_name(lteep_key_algorithm(lteep_check_key(L, 1))));
  return 1;
}

static int key_provider(lua_State *L) {
  lua_pushstring(L, lteep_key_provider(lteep_check_key(L, 1)));
  return 1;
}

static int key_can_sign(lua_State *L) {
  lua_pushboolean(L, lteep_key_can_sign(lteep_check_key(L, 1)));
  return 1;
}

static int key_tostring(lua_State *L) {
  uint8_t kid[LTEEP_KID_MAX];
  char hex[2 * LTEEP_KID_MAX + 1] = "?";
  size_t size = 0;
  if (lteep_cose_kid(lteep_check_key(L, 1), kid, &size) == LTEEP_OK)
    for (size_t i = 0; i < size; i++) snprintf(hex + 2 * i, 3, "%02x", kid[i]);
  lua_pushfstring(L, "key %s", hex);
  return 1;
}

static int key_gc(lua_State *L) {
  box *self = luaL_checkudata(L, 1, KEY);
  lteep_key_free(self->key);
  self->key = NULL;
  return 0;
}

static const luaL_Reg methods[] = {
    {"public", key_public},       {"private", key_private},   {"thumbprint", key_thumbprint},
    {"algorithm", key_algorithm}, {"provider", key_provider}, {"can_sign", key_can_sign},
    {"__tostring", key_tostring}, {"__gc", key_gc},           {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"generate", key_generate}, {"load", key_load}, {"external", key_external}, {NULL, NULL}};

int lteep_open_key(lua_State *L) {
  lteep_make_class(L, KEY, methods);
  luaL_newlib(L, functions);
  return 1;
}

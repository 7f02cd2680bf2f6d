/* teep.core.key: class teep.key, a key handle. */
#include "key.h"

#include <stdio.h>
#include <string.h>

#include "luateep/cose.h"
#include "luateep/der.h"

#define KEY "teep.key"

/* User values of a key object. */
enum { PARENT = 1, SIGN = 1, FAILURE = 2, AGREE = 3, THUMBPRINT = 4, USER_VALUES = 4 };

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

/* --- Keys that sign and agree by calling Lua --- */

/* A call of the function in a user value: bytes in, bytes of a fixed size out. */
typedef struct {
  int function; /* SIGN, AGREE */
  const char *name;
  lteep_bytes input;
  uint8_t *result;
  size_t size;
} request;

/* Protected: (key object, request) -> nothing. */
static int call_function(lua_State *L) {
  const request *asked = lua_touserdata(L, 2);
  size_t size = 0;
  lua_getiuservalue(L, 1, asked->function);
  lua_pushlstring(L, (const char *)asked->input.at, asked->input.size);
  lua_call(L, 1, 1);
  const char *result = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
  if (!result || size != asked->size)
    return luaL_error(L, "%s function of an external key: want a string of %d bytes", asked->name,
                      (int)asked->size);
  memcpy(asked->result, result, size);
  return 0;
}

/* Callers are C frames with memory of their own: no Lua error may pass through here. */
static lteep_status call_lua(box *self, request *asked) {
  const box found = *self;
  if (!lua_checkstack(found.L, 4)) return LTEEP_ERR_NO_MEMORY;
  lua_pushcfunction(found.L, call_function);
  lua_pushvalue(found.L, found.index);
  lua_pushlightuserdata(found.L, asked);
  int failed = lua_pcall(found.L, 2, 0, 0);
  if (!failed) lua_pushnil(found.L);
  lua_setiuservalue(found.L, found.index, FAILURE);
  *self = found; /* the function may have used the same key elsewhere */
  return failed ? LTEEP_ERR_CRYPTO_FAILED : LTEEP_OK;
}

static lteep_status sign_in_lua(void *context, lteep_bytes to_be_signed,
                                uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  box *self = context;
  size_t size = lteep_algorithm_find(lteep_key_algorithm(self->key))->size;
  request asked = {SIGN, "sign", to_be_signed, signature, size};
  return call_lua(self, &asked);
}

static lteep_status agree_in_lua(void *context, const lteep_key_parts *peer,
                                 uint8_t shared[LTEEP_COORDINATE_MAX]) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX];
  lteep_buffer peer_key = {bytes, 0, sizeof bytes};
  lteep_status status = lteep_cose_key_write(peer, false, &peer_key);
  if (status != LTEEP_OK) return status;
  request asked = {AGREE, "agree", lteep_buffer_view(&peer_key), shared,
                   lteep_curve_size(peer->crv)};
  return call_lua(context, &asked);
}

/* --- Constructors --- */

/* Return the key on top of the stack, or the failure. */
static int finish(lua_State *L, lteep_status status, const char *what) {
  return status == LTEEP_OK ? 1 : lteep_push_failure(L, status, what);
}

/* The COSE number of a curve name, 0 for nil. */
static int check_curve(lua_State *L, int index) {
  static const char *const names[] = {"P-256", "P-384", "P-521", "X25519", NULL};
  static const int curves[] = {LTEEP_CRV_P256, LTEEP_CRV_P384, LTEEP_CRV_P521, LTEEP_CRV_X25519};
  return lua_isnoneornil(L, index) ? 0 : curves[luaL_checkoption(L, index, NULL, names)];
}

/* (algorithm, curve or nil) */
static int key_generate(lua_State *L) {
  int alg = lteep_check_algorithm(L, 1), crv = check_curve(L, 2);
  lteep_key **key = lteep_push_key(L, 0);
  lteep_status status = crv ? lteep_key_generate_on(alg, crv, key) : lteep_key_generate(alg, key);
  return finish(L, status, lua_tostring(L, 1));
}

/* The algorithm named at `index`, 0 for nil: that of the key itself. */
static int check_wanted(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? 0 : lteep_check_algorithm(L, index);
}

typedef lteep_status (*read_function)(lteep_bytes input, int alg, lteep_key_parts *parts);

/* (bytes, algorithm or nil) */
static int load_with(lua_State *L, read_function read, const char *what) {
  lteep_bytes input = lteep_check_bytes(L, 1);
  int alg = check_wanted(L, 2);
  lteep_key **key = lteep_push_key(L, 0);
  lteep_key_parts parts;
  lteep_status status = read(input, alg, &parts);
  if (status == LTEEP_OK) status = lteep_key_import(&parts, key);
  lteep_wipe(&parts, sizeof parts);
  return finish(L, status, what);
}

static int key_load(lua_State *L) {
  return load_with(L, lteep_cose_key_read_for, "COSE_Key");
}

static int key_load_der(lua_State *L) {
  return load_with(L, lteep_der_key_read, "DER key");
}

/* (public COSE_Key bytes, sign function or nil, agree function or nil) */
static int key_external(lua_State *L) {
  lua_settop(L, 3);
  lteep_bytes input = lteep_check_bytes(L, 1);
  lteep_key_operations operations = {
      .sign = lua_isnoneornil(L, 2) ? NULL : sign_in_lua,
      .agree = lua_isnoneornil(L, 3) ? NULL : agree_in_lua,
  };
  lteep_key **key = lteep_push_key(L, 2);
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, -2, AGREE);
  lteep_key_parts parts;
  lteep_status status = lteep_cose_key_read(input, &parts);
  if (status == LTEEP_OK)
    status = lteep_key_external(&parts, &operations, lua_touserdata(L, -1), key);
  lteep_wipe(&parts, sizeof parts);
  return finish(L, status, "COSE_Key");
}

/* --- Methods --- */

typedef lteep_status (*write_function)(const lteep_key_parts *parts, bool with_private,
                                       lteep_buffer *out);

/* (key, whether with its private part) */
static int push_parts(lua_State *L, write_function write, bool with_private) {
  uint8_t bytes[LTEEP_COSE_KEY_MAX > LTEEP_DER_KEY_MAX ? LTEEP_COSE_KEY_MAX : LTEEP_DER_KEY_MAX];
  lteep_buffer out = {bytes, 0, sizeof bytes};
  lteep_key_parts parts;
  const lteep_key *key = lteep_check_key(L, 1);
  lteep_status status = LTEEP_OK;
  if (with_private)
    status = lteep_key_private_parts(key, &parts);
  else
    lteep_key_public_parts(key, &parts);
  if (status == LTEEP_OK) status = write(&parts, with_private, &out);
  if (status == LTEEP_OK) lua_pushlstring(L, (const char *)out.at, out.size);
  lteep_wipe(&parts, sizeof parts);
  lteep_wipe(bytes, sizeof bytes);
  return finish(L, status, NULL);
}

static int key_public(lua_State *L) {
  return push_parts(L, lteep_cose_key_write, false);
}

static int key_private(lua_State *L) {
  return push_parts(L, lteep_cose_key_write, true);
}

/* (key, whether with its private part) */
static int key_to_der(lua_State *L) {
  return push_parts(L, lteep_der_key_write, lua_toboolean(L, 2));
}

lteep_status lteep_push_thumbprint(lua_State *L, int index) {
  lteep_key_parts parts;
  uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE];
  const lteep_key *key = lteep_check_key(L, index);
  if (lua_getiuservalue(L, index, THUMBPRINT) == LUA_TSTRING) return LTEEP_OK;
  lua_pop(L, 1);
  if (lteep_key_private_parts(key, &parts) != LTEEP_OK) lteep_key_public_parts(key, &parts);
  lteep_status status = lteep_cose_thumbprint(&parts, thumbprint);
  lteep_wipe(&parts, sizeof parts);
  if (status != LTEEP_OK) return status;
  lua_pushlstring(L, (const char *)thumbprint, sizeof thumbprint);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, index, THUMBPRINT);
  return LTEEP_OK;
}

static int key_thumbprint(lua_State *L) {
  lteep_status status = lteep_push_thumbprint(L, 1);
  return status == LTEEP_OK ? 1 : lteep_push_failure(L, status, NULL);
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

static int key_can_agree(lua_State *L) {
  lua_pushboolean(L, lteep_key_can_agree(lteep_check_key(L, 1)));
  return 1;
}

static int key_agree(lua_State *L) {
  lteep_key_parts peer;
  uint8_t shared[LTEEP_COORDINATE_MAX];
  size_t size = 0;
  lteep_key_public_parts(lteep_check_key(L, 2), &peer);
  lteep_status status = lteep_key_agree(lteep_check_key(L, 1), &peer, shared, &size);
  if (status == LTEEP_OK) lua_pushlstring(L, (const char *)shared, size);
  lteep_wipe(shared, sizeof shared);
  if (status == LTEEP_OK) return 1;
  lteep_push_key_error(L, 1);
  return lteep_push_failure(L, status, lua_tostring(L, -1));
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
    {"public", key_public},
    {"private", key_private},
    {"thumbprint", key_thumbprint},
    {"algorithm", key_algorithm},
    {"provider", key_provider},
    {"can_sign", key_can_sign},
    {"can_agree", key_can_agree},
    {"agree", key_agree},
    {"__tostring", key_tostring},
    {"__gc", key_gc},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {{"generate", key_generate}, {"load", key_load},
                                     {"load_der", key_load_der}, {"to_der", key_to_der},
                                     {"external", key_external}, {NULL, NULL}};

int lteep_open_key(lua_State *L) {
  lteep_make_class(L, KEY, methods);
  luaL_newlib(L, functions);
  return 1;
}

/* teep.core.cose: sign1, sign, parse, verify. Options are checked by the Lua face. */
#include "luateep/cose.h"

#include <stdio.h>

#include "key.h"

/* --- Signing: (key or list of keys, payload, external_aad, detached, untagged, no_kid) --- */

enum { PAYLOAD = 2, EXTERNAL_AAD, DETACHED, UNTAGGED, NO_KID, SIGN_ARGUMENTS = NO_KID };

typedef lteep_status (*sign_function)(const lteep_cose_sign_options *, lteep_buffer *);

static lteep_cose_sign_options check_sign_options(lua_State *L) {
  return (lteep_cose_sign_options){
      .payload = lteep_check_bytes(L, PAYLOAD),
      .external_aad = lteep_check_bytes(L, EXTERNAL_AAD),
      .detached = lua_toboolean(L, DETACHED),
      .untagged = lua_toboolean(L, UNTAGGED),
      .no_kid = lua_toboolean(L, NO_KID),
  };
}

/* Names the first key whose Lua function failed, with its message; key objects lie on the stack. */
static int push_sign_failure(lua_State *L, lteep_status status, int first, int count) {
  const char *why = NULL;
  for (int i = 0; i < count && !why; i++) {
    lteep_push_key_error(L, first + i);
    why = luaL_tolstring(L, -1, NULL);
    if (lua_isnil(L, -2)) why = NULL;
  }
  return lteep_push_failure(L, status, status == LTEEP_ERR_CRYPTO_FAILED ? why : NULL);
}

/* Key objects are at `first`, their handles in `options`. */
static int sign_with(lua_State *L, sign_function sign, const lteep_cose_sign_options *options,
                     int first) {
  luaL_Buffer buffer;
  size_t room = lteep_cose_sign_room(options);
  lteep_buffer out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), 0, room};
  lteep_status status = sign(options, &out);
  if (status != LTEEP_OK) return push_sign_failure(L, status, first, (int)options->key_count);
  luaL_pushresultsize(&buffer, out.size);
  return 1;
}

static int cose_sign1(lua_State *L) {
  const lteep_key *key = lteep_check_key(L, 1);
  lteep_cose_sign_options options = check_sign_options(L);
  options.keys = &key;
  options.key_count = 1;
  return sign_with(L, lteep_cose_sign1, &options, 1);
}

static int cose_sign(lua_State *L) {
  const lteep_key *keys[LTEEP_COSE_SIGNERS_MAX];
  lteep_cose_sign_options options = check_sign_options(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t count = lua_rawlen(L, 1);
  luaL_argcheck(L, count >= 1 && count <= LTEEP_COSE_SIGNERS_MAX, 1, "want 1..8 keys");
  lua_settop(L, SIGN_ARGUMENTS);
  luaL_checkstack(L, LTEEP_COSE_SIGNERS_MAX, NULL);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    keys[i] = lteep_check_key(L, -1);
  }
  options.keys = keys;
  options.key_count = count;
  return sign_with(L, lteep_cose_sign, &options, SIGN_ARGUMENTS + 1);
}

/* --- Parsing --- */

static const char *structure_name(const lteep_cose_message *message) {
  return message->tag == LTEEP_TAG_SIGN ? "sign" : "sign1";
}

static void push_bytes(lua_State *L, lteep_bytes bytes) {
  lua_pushlstring(L, (const char *)bytes.at, bytes.size);
}

/* Parses argument `index`; 0 or the number of results pushed for the failure. */
static int parse(lua_State *L, int index, lteep_cose_message *message) {
  size_t offset = 0;
  lteep_status status = lteep_cose_parse(lteep_check_bytes(L, index), message, &offset);
  if (status == LTEEP_OK) return 0;
  const char *what = lua_pushfstring(L, "COSE, byte %I", (lua_Integer)offset);
  return lteep_push_failure(L, status, what);
}

static void push_signer(lua_State *L, const lteep_cose_signer *signer) {
  lua_createtable(L, 0, 2);
  if (signer->has_algorithm) {
    lua_pushinteger(L, signer->algorithm);
    lua_setfield(L, -2, "algorithm");
  }
  if (signer->has_kid) {
    push_bytes(L, signer->kid);
    lua_setfield(L, -2, "kid");
  }
}

static int cose_parse(lua_State *L) {
  lteep_cose_message message;
  int failed = parse(L, 1, &message);
  if (failed) return failed;
  lua_createtable(L, 0, 4);
  lua_pushstring(L, structure_name(&message));
  lua_setfield(L, -2, "structure");
  lua_pushboolean(L, message.tagged);
  lua_setfield(L, -2, "tagged");
  if (message.has_payload) {
    push_bytes(L, message.payload);
    lua_setfield(L, -2, "payload");
  }
  lua_createtable(L, (int)message.signers, 0);
  for (size_t i = 0; i < message.signers; i++) {
    push_signer(L, &message.signer[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "signers");
  return 1;
}

/* --- Verification: (bytes, keys, algorithms, external_aad, detached payload or nil) --- */

/* Fills in keys and algorithms; both arrays are Lua's, left on the stack. */
static void check_acceptable(lua_State *L, lteep_cose_verify_options *options) {
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  options->key_count = lua_rawlen(L, 2);
  options->algorithm_count = lua_rawlen(L, 3);
  const lteep_key **keys = lteep_push_array(L, options->key_count, sizeof *keys);
  int *algorithms = lteep_push_array(L, options->algorithm_count, sizeof *algorithms);
  for (size_t i = 0; i < options->key_count; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    keys[i] = lteep_check_key(L, -1); /* stays alive: `keys` is on the stack */
    lua_pop(L, 1);
  }
  for (size_t i = 0; i < options->algorithm_count; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    algorithms[i] = lteep_check_algorithm(L, -1);
    lua_pop(L, 1);
  }
  options->keys = keys;
  options->algorithms = algorithms;
}

/* What the message says about its signers, for the failure: "COSE_Sign1, alg -9, kid ca9e...". */
static const char *push_claims(lua_State *L, const lteep_cose_message *message) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addstring(&buffer, message->tag == LTEEP_TAG_SIGN ? "COSE_Sign" : "COSE_Sign1");
  for (size_t i = 0; i < message->signers; i++) {
    const lteep_cose_signer *signer = &message->signer[i];
    char text[32];
    snprintf(text, sizeof text, signer->has_algorithm ? ", alg %lld" : ", no alg",
             (long long)signer->algorithm);
    luaL_addstring(&buffer, text);
    if (signer->has_kid) luaL_addstring(&buffer, ", kid ");
    for (size_t at = 0; at < signer->kid.size && at < LTEEP_THUMBPRINT_SIZE; at++) {
      snprintf(text, sizeof text, "%02x", signer->kid.at[at]);
      luaL_addstring(&buffer, text);
    }
  }
  luaL_pushresult(&buffer);
  return lua_tostring(L, -1);
}

static int push_verified(lua_State *L, lteep_bytes payload, const lteep_key *key, size_t index) {
  lteep_key_parts parts;
  uint8_t thumbprint[LTEEP_THUMBPRINT_SIZE];
  lteep_key_public_parts(key, &parts);
  lteep_status status = lteep_cose_thumbprint(&parts, thumbprint);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  lua_createtable(L, 0, 4);
  push_bytes(L, payload);
  lua_setfield(L, -2, "payload");
  lua_rawgeti(L, 2, (lua_Integer)index + 1);
  lua_setfield(L, -2, "key");
  push_bytes(L, (lteep_bytes){thumbprint, sizeof thumbprint});
  lua_setfield(L, -2, "kid");
  lua_pushstring(L, lteep_algorithm_name(lteep_key_algorithm(key)));
  lua_setfield(L, -2, "algorithm");
  return 1;
}

static int cose_verify(lua_State *L) {
  lteep_cose_message message;
  lteep_cose_verify_options options = {.external_aad = lteep_check_bytes(L, 4)};
  if (!lua_isnoneornil(L, 5)) options.detached_payload = lteep_check_bytes(L, 5);
  check_acceptable(L, &options);
  int failed = parse(L, 1, &message);
  if (failed) return failed;
  size_t signer = 0, key = 0;
  lteep_status status = lteep_cose_verify(&message, &options, &signer, &key);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, push_claims(L, &message));
  lteep_bytes payload = message.has_payload ? message.payload : options.detached_payload;
  return push_verified(L, payload, options.keys[key], key);
}

static const luaL_Reg functions[] = {{"sign1", cose_sign1},
                                     {"sign", cose_sign},
                                     {"parse", cose_parse},
                                     {"verify", cose_verify},
                                     {NULL, NULL}};

int lteep_open_cose(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}

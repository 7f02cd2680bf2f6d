/* teep.core.cose: sign1, sign, parse, verify. Options are checked by the Lua face. */
#include "cose.h"

#include "luateep/certificate.h"

/* --- Signing: (options) --- */

typedef lteep_status (*sign_function)(const lteep_cose_sign_options *, lteep_buffer *);

/* Certificates listed in field x5chain. */
static void read_chain(lua_State *L, int given, lteep_cose_sign_options *options) {
  lua_getfield(L, given, "x5chain");
  if (lua_isnil(L, -1)) return;
  int list = lua_gettop(L);
  options->chain_count = lua_rawlen(L, list);
  luaL_argcheck(L, options->chain_count >= 1 && options->chain_count <= LTEEP_COSE_CHAIN_MAX, given,
                "want 1..8 certificates");
  lteep_bytes *chain = lteep_push_array(L, options->chain_count, sizeof *chain);
  luaL_checkstack(L, LTEEP_COSE_CHAIN_MAX, NULL);
  for (size_t i = 0; i < options->chain_count; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    chain[i] = lteep_check_bytes(L, -1);
  }
  options->chain = chain;
}

static void read_sign_options(lua_State *L, lteep_cose_sign_options *options) {
  options->payload = lteep_field_bytes(L, 1, "payload");
  options->external_aad = lteep_field_bytes(L, 1, "external_aad");
  options->detached = lteep_field_flag(L, 1, "detached");
  options->untagged = lteep_field_flag(L, 1, "untagged");
  options->no_kid = lteep_field_flag(L, 1, "no_kid");
}

/* Key objects are at `first`, their handles in `options`. */
static int sign_with(lua_State *L, sign_function sign, const lteep_cose_sign_options *options,
                     int first) {
  luaL_Buffer buffer;
  size_t room = lteep_cose_sign_room(options);
  lteep_buffer out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), 0, room};
  lteep_status status = sign(options, &out);
  if (status != LTEEP_OK)
    return lteep_push_keys_failure(L, status, first, options->key_count, NULL);
  luaL_pushresultsize(&buffer, out.size);
  return 1;
}

static int cose_sign1(lua_State *L) {
  lteep_cose_sign_options options = {.key_count = 1};
  lua_settop(L, 1);
  read_sign_options(L, &options);
  read_chain(L, 1, &options);
  lua_getfield(L, 1, "key");
  const lteep_key *key = lteep_check_key(L, -1);
  options.keys = &key;
  return sign_with(L, lteep_cose_sign1, &options, lua_gettop(L));
}

static int cose_sign(lua_State *L) {
  lteep_cose_sign_options options = {.key_count = 0};
  int first;
  lua_settop(L, 1);
  read_sign_options(L, &options);
  options.keys = lteep_field_keys(L, 1, "keys", &options.key_count, &first);
  luaL_argcheck(L, options.key_count >= 1 && options.key_count <= LTEEP_COSE_SIGNERS_MAX, 1,
                "want 1..8 keys");
  return sign_with(L, lteep_cose_sign, &options, first);
}

/* --- Parsing --- */

static const char *structure_name(const lteep_cose_message *message) {
  return message->tag == LTEEP_TAG_SIGN ? "sign" : "sign1";
}

/* Parses argument `index`; 0 or the number of results pushed for the failure. */
static int parse(lua_State *L, int index, lteep_cose_message *message) {
  size_t offset = 0;
  lteep_status status = lteep_cose_parse(lteep_check_bytes(L, index), message, &offset);
  return status == LTEEP_OK ? 0 : lteep_push_parse_failure(L, status, offset);
}

static void push_signer(lua_State *L, const lteep_cose_signer *signer) {
  lua_createtable(L, 0, 2);
  if (signer->has_algorithm) {
    lua_pushinteger(L, signer->algorithm);
    lua_setfield(L, -2, "algorithm");
  }
  if (signer->has_kid) lteep_set_bytes(L, "kid", signer->kid);
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
  if (message.has_payload) lteep_set_bytes(L, "payload", message.payload);
  lua_createtable(L, (int)message.signers, 0);
  for (size_t i = 0; i < message.signers; i++) {
    push_signer(L, &message.signer[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "signers");
  return 1;
}

/* --- Verification: (bytes, options) --- */

/* Certificates listed in field `anchors` of the table at `given`. */
static void read_anchors(lua_State *L, int given, lteep_cose_verify_options *options) {
  lua_getfield(L, given, "anchors");
  luaL_checktype(L, -1, LUA_TTABLE);
  int list = lua_gettop(L);
  options->anchor_count = lua_rawlen(L, list);
  luaL_argcheck(L, options->anchor_count <= LTEEP_ANCHORS_MAX, 2, "want at most 64 anchors");
  lteep_bytes *anchors = lteep_push_array(L, options->anchor_count, sizeof *anchors);
  luaL_checkstack(L, LTEEP_ANCHORS_MAX, NULL);
  for (size_t i = 0; i < options->anchor_count; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    anchors[i] = lteep_check_bytes(L, -1);
  }
  options->anchors = anchors;
}

/* OIDs listed in field `extended_key_usage` of the table at `given`. */
static void read_purposes(lua_State *L, int given, lteep_cose_verify_options *options) {
  lua_getfield(L, given, "extended_key_usage");
  if (lua_isnil(L, -1)) return;
  luaL_checktype(L, -1, LUA_TTABLE);
  int list = lua_gettop(L);
  options->purpose_count = lua_rawlen(L, list);
  luaL_argcheck(L, options->purpose_count >= 1 && options->purpose_count <= LTEEP_KEY_PURPOSES_MAX,
                2, "want 1..8 extended key usages");
  const char **purposes = lteep_push_array(L, options->purpose_count, sizeof *purposes);
  luaL_checkstack(L, LTEEP_KEY_PURPOSES_MAX, NULL);
  for (size_t i = 0; i < options->purpose_count; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    purposes[i] = luaL_checkstring(L, -1);
  }
  options->purposes = purposes;
}

static void read_certificates(lua_State *L, lteep_cose_verify_options *options) {
  lua_getfield(L, 2, "certificates");
  if (lua_isnil(L, -1)) return;
  int given = lua_gettop(L);
  luaL_checkstack(L, 6, NULL);
  lua_getfield(L, given, "time");
  options->time = luaL_checkinteger(L, -1);
  read_anchors(L, given, options);
  read_purposes(L, given, options);
}

/* What the message says about its signers, for the failure: "COSE_Sign1, alg -9, kid ca9e...". */
static const char *push_claims(lua_State *L, const lteep_cose_message *message) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addstring(&buffer, message->tag == LTEEP_TAG_SIGN ? "COSE_Sign" : "COSE_Sign1");
  for (size_t i = 0; i < message->signers; i++) {
    const lteep_cose_signer *signer = &message->signer[i];
    lteep_add_claim(&buffer, signer->has_algorithm, signer->algorithm, signer->has_kid,
                    signer->kid);
  }
  luaL_pushresult(&buffer);
  return lua_tostring(L, -1);
}

static void push_chain(lua_State *L, lteep_bytes chain) {
  lteep_bytes certificates[LTEEP_COSE_CHAIN_MAX];
  size_t count = 0;
  if (lteep_cose_chain_read(chain, certificates, &count) != LTEEP_OK) count = 0;
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, (const char *)certificates[i].at, certificates[i].size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* The key object at `index` made the signature. */
static int push_verified(lua_State *L, lteep_bytes payload, int index) {
  lteep_status status = lteep_push_thumbprint(L, index);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, NULL);
  lua_createtable(L, 0, 4);
  lua_insert(L, -2);
  lua_setfield(L, -2, "kid");
  lteep_set_bytes(L, "payload", payload);
  lua_pushvalue(L, index);
  lua_setfield(L, -2, "key");
  lua_pushstring(L, lteep_algorithm_name(lteep_key_algorithm(lteep_check_key(L, index))));
  lua_setfield(L, -2, "algorithm");
  return 1;
}

static int cose_verify(lua_State *L) {
  lteep_cose_message message;
  int first;
  lua_settop(L, 2);
  lteep_cose_verify_options options = {
      .external_aad = lteep_field_bytes(L, 2, "external_aad"),
      .detached_payload = lteep_field_bytes(L, 2, "payload"),
      .tagging = lteep_field_tagging(L, 2),
      .all_keys = lteep_field_flag(L, 2, "all"),
  };
  options.algorithms = lteep_field_algorithms(L, 2, &options.algorithm_count);
  read_certificates(L, &options);
  options.keys = lteep_field_keys(L, 2, "keys", &options.key_count, &first);
  int failed = parse(L, 1, &message);
  if (failed) return failed;
  size_t signer = 0, key = 0;
  luaL_checkstack(L, 8, NULL);
  lteep_key **leaf = options.anchors ? lteep_push_key(L, 0) : NULL; /* follows the last of keys */
  lteep_status status = lteep_cose_verify(&message, &options, &signer, &key, leaf);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, push_claims(L, &message));
  lteep_bytes payload = message.has_payload ? message.payload : options.detached_payload;
  int pushed = push_verified(L, payload, first + (int)key);
  if (pushed != 1 || key != options.key_count) return pushed;
  push_chain(L, message.signer[signer].chain);
  lua_setfield(L, -2, "x5chain");
  return 1;
}

static const luaL_Reg functions[] = {{"sign1", cose_sign1},
                                     {"sign", cose_sign},
                                     {"parse", cose_parse},
                                     {"verify", cose_verify},
                                     {NULL, NULL}};

int lteep_open_cose(lua_State *L) {
  luaL_newlib(L, functions);
  lteep_add_cose_open(L);
  lteep_add_cose_seal(L);
  return 1;
}

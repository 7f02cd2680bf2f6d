/* teep.core.cose: what is under a symmetric key, made: encrypt0, encrypt, mac0, mac. */
#include "cose.h"

typedef lteep_status (*seal_function)(const lteep_cose_seal_options *, lteep_buffer *,
                                      lteep_buffer *);

static lteep_status mac0(const lteep_cose_seal_options *options, lteep_buffer *out,
                         lteep_buffer *none) {
  (void)none;
  return lteep_cose_mac0(options, out);
}

static lteep_status mac(const lteep_cose_seal_options *options, lteep_buffer *out,
                        lteep_buffer *none) {
  (void)none;
  return lteep_cose_mac(options, out);
}

static void read_options(lua_State *L, const char *content, lteep_cose_seal_options *options) {
  lua_settop(L, 1);
  *options = (lteep_cose_seal_options){
      .content = lteep_field_bytes(L, 1, content),
      .external_aad = lteep_field_bytes(L, 1, "external_aad"),
      .kdf = lteep_field_kdf(L, 1),
      .detached = lteep_field_flag(L, 1, "detached"),
      .untagged = lteep_field_flag(L, 1, "untagged"),
      .no_kid = lteep_field_flag(L, 1, "no_kid"),
  };
}

/* bytes, and a detached ciphertext. The buffers are userdata: no two luaL_Buffers at a time. */
static int seal_with(lua_State *L, seal_function seal, const lteep_cose_seal_options *options,
                     bool has_ciphertext) {
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  size_t room = lteep_cose_seal_room(options);
  size_t beside = has_ciphertext ? options->content.size + LTEEP_AEAD_TAG : 0;
  lteep_buffer out = {lteep_push_array(L, room, 1), 0, room};
  lteep_buffer ciphertext = {lteep_push_array(L, beside, 1), 0, beside};
  lteep_status status = seal(options, &out, &ciphertext);
  if (status != LTEEP_OK) return lteep_push_failure(L, status, "COSE");
  lua_pushlstring(L, (const char *)out.at, out.size);
  if (has_ciphertext) lua_pushlstring(L, (const char *)ciphertext.at, ciphertext.size);
  return has_ciphertext ? 2 : 1;
}

/* (options with one key) */
static int seal_alone(lua_State *L, seal_function seal, const char *content) {
  lteep_cose_seal_options options;
  read_options(L, content, &options);
  luaL_checkstack(L, 2, NULL);
  lua_getfield(L, 1, "key");
  const lteep_key *key = lteep_check_key(L, -1);
  options.keys = &key;
  options.key_count = 1;
  return seal_with(L, seal, &options, seal == lteep_cose_encrypt0 && options.detached);
}

/* (options with an algorithm and recipients) */
static int seal_for(lua_State *L, seal_function seal, const char *content) {
  lteep_cose_seal_options options;
  int first;
  read_options(L, content, &options);
  luaL_checkstack(L, 2, NULL);
  lua_getfield(L, 1, "algorithm");
  options.algorithm = lteep_check_algorithm(L, -1);
  options.keys = lteep_field_keys(L, 1, "recipients", &options.key_count, &first);
  luaL_argcheck(L, options.key_count >= 1 && options.key_count <= LTEEP_COSE_RECIPIENTS_MAX, 1,
                "want 1..8 recipients");
  return seal_with(L, seal, &options, seal == lteep_cose_encrypt && options.detached);
}

static int cose_encrypt0(lua_State *L) {
  return seal_alone(L, lteep_cose_encrypt0, "plaintext");
}

static int cose_encrypt(lua_State *L) {
  return seal_for(L, lteep_cose_encrypt, "plaintext");
}

static int cose_mac0(lua_State *L) {
  return seal_alone(L, mac0, "payload");
}

static int cose_mac(lua_State *L) {
  return seal_for(L, mac, "payload");
}

static const luaL_Reg functions[] = {{"encrypt0", cose_encrypt0},
                                     {"encrypt", cose_encrypt},
                                     {"mac0", cose_mac0},
                                     {"mac", cose_mac},
                                     {NULL, NULL}};

void lteep_add_cose_seal(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}

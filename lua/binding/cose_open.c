/* teep.core.cose: what is under a symmetric key, opened: decrypt, verify_mac, class teep.decryptor.
 */
#include "cose.h"

#define DECRYPTOR "teep.decryptor"

typedef lteep_status (*parse_function)(lteep_bytes, lteep_cose_sealed *, size_t *);

/* --- Parsing: (bytes) --- */

static const char *structure_name(int tag) {
  switch (tag) {
  case LTEEP_TAG_ENCRYPT0:
    return "encrypt0";
  case LTEEP_TAG_ENCRYPT:
    return "encrypt";
  case LTEEP_TAG_MAC0:
    return "mac0";
  default:
    return "mac";
  }
}

static void push_recipient(lua_State *L, const lteep_cose_recipient *recipient) {
  lua_createtable(L, 0, 2);
  if (recipient->has_algorithm) {
    lua_pushinteger(L, recipient->algorithm);
    lua_setfield(L, -2, "algorithm");
  }
  if (recipient->has_kid) lteep_set_bytes(L, "kid", recipient->kid);
}

static void push_sealed(lua_State *L, const lteep_cose_sealed *message) {
  lua_createtable(L, 0, 5);
  lua_pushstring(L, structure_name(message->tag));
  lua_setfield(L, -2, "structure");
  lua_pushboolean(L, message->tagged);
  lua_setfield(L, -2, "tagged");
  lua_pushboolean(L, !message->has_content);
  lua_setfield(L, -2, "detached");
  if (message->has_algorithm) {
    lua_pushinteger(L, message->algorithm);
    lua_setfield(L, -2, "algorithm");
  }
  lua_createtable(L, (int)message->recipients, 0);
  for (size_t i = 0; i < message->recipients; i++) {
    push_recipient(L, &message->recipient[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "recipients");
}

/* Parses argument 1; 0 or the number of results pushed for the failure. */
static int parse(lua_State *L, parse_function function, lteep_cose_sealed *message) {
  size_t offset = 0;
  lteep_status status = function(lteep_check_bytes(L, 1), message, &offset);
  return status == LTEEP_OK ? 0 : lteep_push_parse_failure(L, status, offset);
}

static int parse_with(lua_State *L, parse_function function) {
  lteep_cose_sealed message;
  int failed = parse(L, function, &message);
  if (failed) return failed;
  push_sealed(L, &message);
  return 1;
}

static int cose_parse_encrypted(lua_State *L) {
  return parse_with(L, lteep_cose_parse_encrypted);
}

static int cose_parse_mac(lua_State *L) {
  return parse_with(L, lteep_cose_parse_mac);
}

/* --- Opening: (bytes, options) --- */

/* `content` names the field of a detached payload or ciphertext, NULL: none. Key objects lie at
 * `*first`. */
static void read_options(lua_State *L, const char *content, lteep_cose_open_options *options,
                         int *first) {
  lua_settop(L, 2);
  *options = (lteep_cose_open_options){
      .external_aad = lteep_field_bytes(L, 2, "external_aad"),
      .iv = lteep_field_bytes(L, 2, "iv"),
      .kdf = lteep_field_kdf(L, 2),
      .tagging = lteep_field_tagging(L, 2),
  };
  if (content) options->detached = lteep_field_bytes(L, 2, content);
  options->algorithms = lteep_field_algorithms(L, 2, &options->algorithm_count);
  options->keys = lteep_field_keys(L, 2, "keys", &options->key_count, first);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
}

/* "COSE_Encrypt, alg 1; recipient, alg -3, kid 6b69..." */
static const char *push_claims(lua_State *L, const lteep_cose_sealed *message) {
  static const lteep_bytes none = {NULL, 0};
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  bool is_mac = message->tag == LTEEP_TAG_MAC0 || message->tag == LTEEP_TAG_MAC;
  luaL_addstring(&buffer, is_mac ? "COSE MAC" : "COSE encryption");
  lteep_add_claim(&buffer, message->has_algorithm, message->algorithm, false, none);
  for (size_t i = 0; i < message->recipients; i++) {
    const lteep_cose_recipient *recipient = &message->recipient[i];
    luaL_addstring(&buffer, "; recipient");
    lteep_add_claim(&buffer, recipient->has_algorithm, recipient->algorithm, recipient->has_kid,
                    recipient->kid);
  }
  luaL_pushresult(&buffer);
  return lua_tostring(L, -1);
}

static int push_failure(lua_State *L, lteep_status status, const lteep_cose_sealed *message,
                        const lteep_cose_open_options *options, int first) {
  return lteep_push_keys_failure(L, status, first, options->key_count, push_claims(L, message));
}

/* Into the table on top: the key object at `index`, its kid if it has one, the content algorithm.
 */
static void set_key(lua_State *L, int index, int64_t algorithm) {
  uint8_t kid[LTEEP_KID_MAX];
  size_t size = 0;
  lua_pushvalue(L, index);
  lua_setfield(L, -2, "key");
  lua_pushstring(L, lteep_algorithm_name((int)algorithm));
  lua_setfield(L, -2, "algorithm");
  if (lteep_cose_kid(lteep_check_key(L, index), kid, &size) == LTEEP_OK && size > 0)
    lteep_set_bytes(L, "kid", (lteep_bytes){kid, size});
}

static int cose_decrypt(lua_State *L) {
  lteep_cose_sealed message;
  lteep_cose_open_options options;
  int first;
  size_t key = 0;
  luaL_Buffer buffer;
  read_options(L, "ciphertext", &options, &first);
  int failed = parse(L, lteep_cose_parse_encrypted, &message);
  if (failed) return failed;
  size_t room = message.has_content ? message.content.size : options.detached.size;
  lteep_buffer out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), 0, room};
  lteep_status status = lteep_cose_decrypt(&message, &options, &out, &key);
  if (status != LTEEP_OK) return push_failure(L, status, &message, &options, first);
  luaL_pushresultsize(&buffer, out.size);
  lua_createtable(L, 0, 4);
  lua_insert(L, -2);
  lua_setfield(L, -2, "plaintext");
  set_key(L, first + (int)key, message.algorithm);
  return 1;
}

static int cose_verify_mac(lua_State *L) {
  lteep_cose_sealed message;
  lteep_cose_open_options options;
  int first;
  size_t key = 0;
  read_options(L, "payload", &options, &first);
  int failed = parse(L, lteep_cose_parse_mac, &message);
  if (failed) return failed;
  lteep_status status = lteep_cose_verify_mac(&message, &options, &key);
  if (status != LTEEP_OK) return push_failure(L, status, &message, &options, first);
  lua_createtable(L, 0, 4);
  lteep_set_bytes(L, "payload", message.has_content ? message.content : options.detached);
  set_key(L, first + (int)key, message.algorithm);
  return 1;
}

/* --- Decryption of pieces: (bytes, options, most bytes) --- */

/* The key is kept in the user value: it may be that of the content itself. */
static int cose_decryptor(lua_State *L) {
  lteep_cose_sealed message;
  lteep_cose_open_options options;
  int first;
  size_t key = 0;
  lua_Integer most = luaL_checkinteger(L, 3);
  luaL_argcheck(L, most >= 0, 3, "want at least 0 bytes");
  read_options(L, NULL, &options, &first);
  int failed = parse(L, lteep_cose_parse_encrypted, &message);
  if (failed) return failed;
  lteep_decryptor **box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = NULL;
  luaL_setmetatable(L, DECRYPTOR);
  lteep_status status = lteep_decryptor_open(&message, &options, (size_t)most, box, &key);
  if (status != LTEEP_OK) return push_failure(L, status, &message, &options, first);
  lua_pushvalue(L, first + (int)key);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

static lteep_decryptor *check_decryptor(lua_State *L) {
  lteep_decryptor **box = luaL_checkudata(L, 1, DECRYPTOR);
  if (!*box) luaL_argerror(L, 1, "the decryptor has ended");
  return *box;
}

static int decryptor_close(lua_State *L) {
  lteep_decryptor **box = luaL_checkudata(L, 1, DECRYPTOR);
  lteep_decryptor_close(*box);
  *box = NULL;
  return 0;
}

/* Push what `out` holds, or the failure. */
static int push_plaintext(lua_State *L, luaL_Buffer *buffer, lteep_status status,
                          const lteep_buffer *out) {
  if (status != LTEEP_OK) return lteep_push_failure(L, status, "COSE decryptor");
  luaL_pushresultsize(buffer, out->size);
  return 1;
}

static int decryptor_update(lua_State *L) {
  luaL_Buffer buffer;
  lteep_decryptor *decryptor = check_decryptor(L);
  lteep_bytes ciphertext = lteep_check_bytes(L, 2);
  size_t room = lteep_decryptor_room(decryptor, ciphertext.size, false);
  lteep_buffer out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), 0, room};
  return push_plaintext(L, &buffer, lteep_decryptor_update(decryptor, ciphertext, &out), &out);
}

static int decryptor_finish(lua_State *L) {
  luaL_Buffer buffer;
  lteep_decryptor *decryptor = check_decryptor(L);
  size_t room = lteep_decryptor_room(decryptor, 0, true);
  lteep_buffer out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), 0, room};
  lteep_status status = lteep_decryptor_finish(decryptor, &out);
  decryptor_close(L);
  return push_plaintext(L, &buffer, status, &out);
}

static const luaL_Reg methods[] = {{"update", decryptor_update},
                                   {"finish", decryptor_finish},
                                   {"close", decryptor_close},
                                   {"__gc", decryptor_close},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"parse_encrypted", cose_parse_encrypted},
                                     {"parse_mac", cose_parse_mac},
                                     {"decrypt", cose_decrypt},
                                     {"verify_mac", cose_verify_mac},
                                     {"decryptor", cose_decryptor},
                                     {NULL, NULL}};

void lteep_add_cose_open(lua_State *L) {
  lteep_make_class(L, DECRYPTOR, methods);
  luaL_setfuncs(L, functions, 0);
}

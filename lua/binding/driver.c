/* teep.core.driver: class driver, a TEE driver of the core; see teep.driver for its methods. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

#include "key.h"

#define DRIVER "teep.driver"

/* Options that one `open` takes at most. */
#define OPTIONS_MAX 16

/* Bytes that one `read` gives at most: 16 MiB. */
#define READ_MAX ((lua_Integer)1 << 24)

/* Sealed values up to this size are read in one go. */
#define SEALED_GUESS 4096

lteep_driver_box *lteep_check_driver(lua_State *L, int index) {
  lteep_driver_box *box = luaL_checkudata(L, index, DRIVER);
  if (!box->tee) luaL_error(L, "the driver is closed");
  return box;
}

/* Texts quote names and paths: control characters must not reach a log (D24). */
int lteep_push_driver_failure(lua_State *L, lteep_status status, const lteep_driver_error *error) {
  char text[sizeof error->text];
  size_t size = 0;
  for (; size + 1 < sizeof text && error->text[size]; size++) {
    unsigned char byte = (unsigned char)error->text[size];
    text[size] = byte < 0x20 || byte == 0x7f ? '?' : error->text[size];
  }
  text[size] = '\0';
  if (size == 0 || error->native == 0) return lteep_push_failure(L, status, text);
  return lteep_push_failure(L, status,
                            lua_pushfstring(L, "%s (%I)", text, (LUAI_UACINT)error->native));
}

int lteep_push_driver_done(lua_State *L, lteep_status status, const lteep_driver_error *error) {
  if (status) return lteep_push_driver_failure(L, status, error);
  lua_pushboolean(L, 1);
  return 1;
}

lteep_component_id lteep_check_component_id(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  size_t count = lua_rawlen(L, index);
  lteep_bytes *segments = lteep_push_array(L, count, sizeof *segments);
  for (size_t i = 0; i < count; i++) {
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING)
      luaL_argerror(L, index, "component identifier: want a list of strings");
    segments[i] = lteep_check_bytes(L, -1);
    lua_pop(L, 1); /* the table keeps it */
  }
  return (lteep_component_id){segments, count};
}

void lteep_push_component_state(lua_State *L, const lteep_component_state *state) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)state->size);
  lua_setfield(L, -2, "size");
  lua_pushlstring(L, (const char *)state->digest, state->digest_size);
  lua_setfield(L, -2, "digest");
  lua_pushstring(L, lteep_algorithm_name(state->digest_alg));
  lua_setfield(L, -2, "digest_algorithm");
}

static int driver_probe(lua_State *L) {
  lteep_component_id id = lteep_check_component_id(L, 2);
  lteep_driver_box *box = lteep_check_driver(L, 1);
  lteep_component_state state;
  lteep_driver_error error = {0};
  if (!box->driver->probe) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "probe");
  lteep_status status = box->driver->probe(box->tee, &id, &state, &error);
  if (!status && state.digest_size == 0)
    return lteep_push_failure(L, LTEEP_ERR_NOT_FOUND, "component");
  if (status) return lteep_push_driver_failure(L, status, &error);
  lteep_push_component_state(L, &state);
  return 1;
}

static int driver_read(lua_State *L) {
  lua_Integer offset = luaL_checkinteger(L, 3);
  lua_Integer size = luaL_checkinteger(L, 4);
  luaL_argcheck(L, offset >= 0, 3, "want an offset of at least 0");
  luaL_argcheck(L, size >= 0 && size <= READ_MAX, 4, "want a size of 0..16777216");
  lteep_component_id id = lteep_check_component_id(L, 2);
  luaL_Buffer buffer;
  uint8_t *at = (uint8_t *)luaL_buffinitsize(L, &buffer, (size_t)size);
  lteep_driver_box *box = lteep_check_driver(L, 1);
  if (!box->driver->read) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "read");
  lteep_buffer out = {at, 0, (size_t)size};
  lteep_driver_error error = {0};
  lteep_status status = box->driver->read(box->tee, &id, (uint64_t)offset, &out, &error);
  if (status) return lteep_push_driver_failure(L, status, &error);
  luaL_pushresultsize(&buffer, out.size);
  return 1;
}

/* Names go to C strings: a zero byte would cut them short. */
static const char *check_name(lua_State *L, int index) {
  size_t size;
  const char *name = luaL_checklstring(L, index, &size);
  luaL_argcheck(L, strlen(name) == size, index, "the name contains a zero byte");
  return name;
}

static int driver_seal_put(lua_State *L) {
  lteep_driver_box *box = lteep_check_driver(L, 1);
  const char *name = check_name(L, 2);
  lteep_bytes value = lteep_check_bytes(L, 3);
  lteep_driver_error error = {0};
  if (!box->driver->seal_put) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "seal_put");
  return lteep_push_driver_done(L, box->driver->seal_put(box->tee, name, value, &error), &error);
}

static int driver_seal_get(lua_State *L) {
  const char *name = check_name(L, 2);
  lteep_driver_error error = {0};
  lteep_buffer out = {lua_newuserdatauv(L, SEALED_GUESS, 0), 0, SEALED_GUESS};
  lteep_driver_box *box = lteep_check_driver(L, 1);
  if (!box->driver->seal_get) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "seal_get");
  lteep_status status = box->driver->seal_get(box->tee, name, &out, &error);
  if (status == LTEEP_ERR_NO_ROOM) {
    out = (lteep_buffer){lua_newuserdatauv(L, out.size, 0), 0, out.size};
    box = lteep_check_driver(L, 1);
    status = box->driver->seal_get(box->tee, name, &out, &error);
  }
  if (status) return lteep_push_driver_failure(L, status, &error);
  lua_pushlstring(L, (const char *)out.at, out.size);
  return 1;
}

/* --- keys --- */

/* What a key handle knows of its driver. The key object keeps the driver's box alive. */
typedef struct {
  lteep_driver_box *box;
  char name[];
} key_context;

static lteep_status sign_in_driver(void *context, lteep_bytes to_be_signed,
                                   uint8_t signature[LTEEP_SIGNATURE_MAX]) {
  const key_context *key = context;
  const lteep_driver_box *box = key->box;
  lteep_driver_error error = {0};
  if (!box->tee || !box->driver->key_sign) return LTEEP_ERR_NO_PRIVATE_KEY;
  return box->driver->key_sign(box->tee, key->name, to_be_signed, signature, &error);
}

static lteep_status agree_in_driver(void *context, const lteep_key_parts *peer,
                                    uint8_t shared[LTEEP_COORDINATE_MAX]) {
  const key_context *key = context;
  const lteep_driver_box *box = key->box;
  lteep_driver_error error = {0};
  if (!box->tee || !box->driver->key_agree) return LTEEP_ERR_NO_PRIVATE_KEY;
  return box->driver->key_agree(box->tee, key->name, peer, shared, &error);
}

static lteep_status make_handle(lteep_driver_box *box, const char *name,
                                const lteep_key_parts *parts, lteep_key **key) {
  size_t size = strlen(name) + 1;
  key_context *context = malloc(sizeof *context + size);
  if (!context) return LTEEP_ERR_NO_MEMORY;
  context->box = box;
  memcpy(context->name, name, size);
  const lteep_key_operations operations = {
      .sign = sign_in_driver,
      .agree = box->driver->key_agree ? agree_in_driver : NULL,
      .release = free,
  };
  lteep_status status = lteep_key_external(parts, &operations, context, key);
  if (status) free(context);
  return status;
}

static int driver_key(lua_State *L) {
  const char *name = check_name(L, 2);
  int alg = lteep_check_algorithm(L, 3);
  lteep_driver_error error = {0};
  lteep_key_parts parts;
  lteep_key **key = lteep_push_key(L, 1);
  lteep_driver_box *box = lteep_check_driver(L, 1);
  if (!box->driver->key_ensure) return lteep_push_failure(L, LTEEP_ERR_UNSUPPORTED, "key");
  lteep_status status = box->driver->key_ensure(box->tee, name, alg, &parts, &error);
  if (!status) status = make_handle(box, name, &parts, key);
  return status ? lteep_push_driver_failure(L, status, &error) : 1;
}

/* --- opening and closing --- */

static int driver_close(lua_State *L) {
  lteep_driver_box *box = luaL_checkudata(L, 1, DRIVER);
  lteep_abort_txns(box);
  if (box->tee) box->driver->close(box->tee);
  box->tee = NULL;
  return 0;
}

/* Methods first, then the facts about the driver. */
static int driver_index(lua_State *L) {
  const lteep_driver_box *box = luaL_checkudata(L, 1, DRIVER);
  const char *name = luaL_checkstring(L, 2);
  if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL) return 1;
  if (strcmp(name, "name") == 0)
    lua_pushstring(L, box->driver->name);
  else if (strcmp(name, "isolation") == 0)
    lua_pushstring(L, box->driver->isolation);
  else if (strcmp(name, "hardware_root") == 0)
    lua_pushboolean(L, box->driver->hardware_root);
  return 1;
}

/* The table at `index` as options; their texts belong to the table. */
static size_t check_options(lua_State *L, int index, lteep_driver_option options[OPTIONS_MAX]) {
  size_t count = 0;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      luaL_argerror(L, index, "options: want names and values that are strings");
    luaL_argcheck(L, count < OPTIONS_MAX, index, "options: too many");
    options[count++] = (lteep_driver_option){check_name(L, -2), check_name(L, -1)};
  }
  return count;
}

/* open(name, options) -> driver | nil, message, code; throws on a name not in names() */
static int open_driver(lua_State *L) {
  const char *name = check_name(L, 1);
  lteep_driver_option options[OPTIONS_MAX];
  size_t count = check_options(L, 2, options);
  const lteep_driver *driver = lteep_driver_named(name);
  luaL_argcheck(L, driver, 1, "no such driver");
  lteep_driver_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (lteep_driver_box){driver, NULL, NULL};
  luaL_setmetatable(L, DRIVER);
  lteep_driver_error error = {0};
  lteep_status status = driver->open(options, count, &box->tee, &error);
  return status ? lteep_push_driver_failure(L, status, &error) : 1;
}

/* names() -> list of the drivers compiled in */
static int driver_names(lua_State *L) {
  lua_newtable(L);
  const lteep_driver *const *drivers = lteep_drivers();
  for (lua_Integer i = 0; drivers[i]; i++) {
    lua_pushstring(L, drivers[i]->name);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static const luaL_Reg methods[] = {{"txn", lteep_driver_txn},     {"probe", driver_probe},
                                   {"read", driver_read},         {"key", driver_key},
                                   {"seal_put", driver_seal_put}, {"seal_get", driver_seal_get},
                                   {"close", driver_close},       {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", driver_close}, {"__close", driver_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_driver}, {"names", driver_names}, {NULL, NULL}};

int lteep_open_driver(lua_State *L) {
  luaL_newmetatable(L, DRIVER);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_pushcclosure(L, driver_index, 1);
  lua_setfield(L, -2, "__index");
  lteep_make_txn_classes(L);
  luaL_newlib(L, functions);
  return 1;
}

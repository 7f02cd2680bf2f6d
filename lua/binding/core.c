/* Module teep.core: the core as Lua sees it. One table per room: cbor, schema, crypto, key, cose,
 * driver, file, `errors` (code -> sentence) and `error_numbers` (code -> number). */
#include "binding.h"

static void push_errors(lua_State *L) {
  lteep_status status;
  lua_newtable(L);
  for (int i = 0; lteep_status_row(i, &status); i++) {
    lua_pushstring(L, lteep_status_sentence(status));
    lua_setfield(L, -2, lteep_status_code(status));
  }
}

static void push_error_numbers(lua_State *L) {
  lteep_status status;
  lua_newtable(L);
  for (int i = 0; lteep_status_row(i, &status); i++) {
    lua_pushinteger(L, status);
    lua_setfield(L, -2, lteep_status_code(status));
  }
}

static const luaL_Reg rooms[] = {
    {"cbor", lteep_open_cbor},       {"schema", lteep_open_schema},
    {"crypto", lteep_open_crypto},   {"key", lteep_open_key},
    {"cose", lteep_open_cose},       {"driver", lteep_open_driver},
    {"file", lteep_open_file},       {"suit", lteep_open_suit},
    {"options", lteep_open_options}, {NULL, NULL},
};

__attribute__((visibility("default"))) int luaopen_teep_core(lua_State *L);

int luaopen_teep_core(lua_State *L) {
  lua_newtable(L);
  push_errors(L);
  lua_setfield(L, -2, "errors");
  push_error_numbers(L);
  lua_setfield(L, -2, "error_numbers");
  for (const luaL_Reg *room = rooms; room->name; room++) {
    lua_pushcfunction(L, room->func);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, room->name);
  }
  return 1;
}

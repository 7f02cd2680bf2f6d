/* Room `options` of teep.core: checks of option tables, which every public function begins with. */
#include "binding.h"

#include <string.h>

enum { GIVEN = 1, KNOWN };

/* Misuse is the fault of who called the public function that checks its options. */
static int fail(lua_State *L, const char *message) {
  luaL_where(L, 2);
  lua_pushstring(L, message);
  lua_concat(L, 2);
  return lua_error(L);
}

/* Bytes of the type in a description, without the `?`. */
static size_t kind_size(const char *kind) {
  return strcspn(kind, "?");
}

static bool is(const char *kind, const char *type) {
  size_t size = kind_size(kind);
  return strlen(type) == size && memcmp(kind, type, size) == 0;
}

/* The option whose name and value are on top. */
static void check_option(lua_State *L) {
  lua_pushvalue(L, -2);
  lua_rawget(L, KNOWN);
  const char *kind = lua_tostring(L, -1), *found = luaL_typename(L, -2);
  if (!kind) fail(L, lua_pushfstring(L, "unknown option: %s", luaL_tolstring(L, -3, NULL)));
  if (!is(kind, found) && !is(kind, "any")) {
    const char *wanted = lua_pushlstring(L, kind, kind_size(kind));
    const char *name = luaL_tolstring(L, -4, NULL);
    fail(L, lua_pushfstring(L, "option %s: want a %s, got %s", name, wanted, found));
  }
  lua_pop(L, 1);
}

/* Of several that are missing, the first in alphabetical order is told. */
static void check_required(lua_State *L) {
  const char *missing = NULL;
  for (lua_pushnil(L); lua_next(L, KNOWN); lua_pop(L, 1)) {
    const char *name = luaL_checkstring(L, -2), *kind = luaL_checkstring(L, -1);
    if (kind[kind_size(kind)] == '?') continue;
    bool has = lua_getfield(L, GIVEN, name) != LUA_TNIL;
    lua_pop(L, 1);
    if (!has && (!missing || strcmp(name, missing) < 0)) missing = name;
  }
  if (missing) fail(L, lua_pushfstring(L, "missing option: %s", missing));
}

/* (given, known) -> given */
static int check(lua_State *L) {
  if (!lua_istable(L, GIVEN))
    return fail(L, lua_pushfstring(L, "options: want a table, got %s", luaL_typename(L, GIVEN)));
  luaL_checktype(L, KNOWN, LUA_TTABLE);
  lua_settop(L, KNOWN);
  for (lua_pushnil(L); lua_next(L, GIVEN); lua_pop(L, 1)) check_option(L);
  check_required(L);
  lua_settop(L, GIVEN);
  return 1;
}

static const luaL_Reg functions[] = {{"check", check}, {NULL, NULL}};

int lteep_open_options(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}

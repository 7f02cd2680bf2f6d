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

/* A description: the type, and whether it may be missing. */
typedef struct {
  const char *type;
  size_t size;
  bool optional;
} kind;

static kind kind_at(lua_State *L, int index) {
  kind k = {NULL, 0, false};
  k.type = luaL_checklstring(L, index, &k.size);
  k.optional = k.size > 0 && k.type[k.size - 1] == '?';
  if (k.optional) k.size--;
  return k;
}

static bool is(const kind *wanted, const char *type) {
  return strlen(type) == wanted->size && memcmp(wanted->type, type, wanted->size) == 0;
}

/* The option whose name and value are on top. */
static void check_option(lua_State *L) {
  lua_pushvalue(L, -2);
  lua_rawget(L, KNOWN);
  if (lua_isnil(L, -1))
    fail(L, lua_pushfstring(L, "unknown option: %s", luaL_tolstring(L, -3, NULL)));
  kind wanted = kind_at(L, -1);
  const char *found = luaL_typename(L, -2);
  if (!is(&wanted, found) && !is(&wanted, "any")) {
    const char *type = lua_pushlstring(L, wanted.type, wanted.size);
    const char *name = luaL_tolstring(L, -4, NULL);
    fail(L, lua_pushfstring(L, "option %s: want a %s, got %s", name, type, found));
  }
  lua_pop(L, 1);
}

/* Of several that are missing, the first in alphabetical order is told. */
static void check_required(lua_State *L) {
  const char *missing = NULL;
  for (lua_pushnil(L); lua_next(L, KNOWN); lua_pop(L, 1)) {
    const char *name = luaL_checkstring(L, -2);
    if (kind_at(L, -1).optional) continue;
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

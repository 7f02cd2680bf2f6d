#include "binding.h"

#include <string.h>

int lteep_push_failure(lua_State *L, lteep_status status, const char *what) {
  const char *sentence = lteep_status_sentence(status);
  lua_pushnil(L);
  if (what && *what)
    lua_pushfstring(L, "%s: %s", what, sentence);
  else
    lua_pushstring(L, sentence);
  lua_pushstring(L, lteep_status_code(status));
  return 3;
}

lteep_bytes lteep_check_bytes(lua_State *L, int index) {
  size_t size;
  const char *at = luaL_checklstring(L, index, &size);
  return (lteep_bytes){(const uint8_t *)at, size};
}

lteep_bytes lteep_check_part(lua_State *L, int index, int first_index) {
  lteep_bytes whole = lteep_check_bytes(L, index);
  lua_Integer first = luaL_optinteger(L, first_index, 1);
  lua_Integer last = luaL_optinteger(L, first_index + 1, (lua_Integer)whole.size);
  luaL_argcheck(L, last >= 0 && last <= (lua_Integer)whole.size, first_index + 1,
                "not within the data");
  luaL_argcheck(L, first >= 1 && first <= last + 1, first_index, "not within the data");
  return (lteep_bytes){whole.at + first - 1, (size_t)(last - first + 1)};
}

void *lteep_push_array(lua_State *L, size_t count, size_t size) {
  if (count > SIZE_MAX / 2 / size) luaL_error(L, "too many entries");
  return lua_newuserdatauv(L, count * size, 0);
}

void *lteep_check_self(lua_State *L, const char *name) {
  if (lua_getmetatable(L, 1)) {
    bool is_own = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (is_own) return lua_touserdata(L, 1);
  }
  return luaL_checkudata(L, 1, name);
}

void lteep_make_class(lua_State *L, const char *name, const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  lua_newtable(L);
  for (; methods->name; methods++) {
    bool is_metamethod = strncmp(methods->name, "__", 2) == 0;
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, methods->func, 1);
    lua_setfield(L, is_metamethod ? -3 : -2, methods->name);
  }
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

/* libFuzzer: bytes through the binding. Generic decoding and encoding are inverse; whatever a
 * schema decodes it encodes, and that decodes again. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int luaopen_teep_core(lua_State *L);

static const char program[] =
    "local core <const> = ...\n"
    "local int <const>, bytes <const> = { type = 'int', min = -9 }, { type = 'bytes', max = 9 }\n"
    "local text <const> = { type = 'text', max = 9 }\n"
    "local named <const> = { one = 1, two = 2, less = -1 }\n"
    "local map <const> = { type = 'map', unknown = 'keep', fields = {\n"
    "  { label = 1, name = 'a', of = int }, { label = -2, name = 'b', of = bytes },\n"
    "  { label = 'c', name = 'c', of = { type = 'wrapped', of = { type = 'any' } } } } }\n"
    "local tuple <const> = { type = 'tuple', fields = { { name = 'a', of = int },\n"
    "  { name = 'b', of = { type = 'raw' } }, { name = 'c', of = map, optional = true } } }\n"
    "local choice <const> = core.schema.compile { type = 'choice', of = { tuple, map, bytes, "
    "text,\n"
    "  { type = 'tag', tag = 1, of = { type = 'table', keys = int, of = { type = 'any' } } },\n"
    "  { type = 'tag', tag = 2, of = { type = 'bits', values = { low = 0, high = 63 } } },\n"
    "  { type = 'tag', tag = 3, of = { type = 'array', of = { type = 'enum', values = named } } "
    "},\n"
    "  { type = 'tag', tag = 4, of = { type = 'uint64' } }, { type = 'bool' },\n"
    "  { type = 'null' }, int } }\n"
    "return function(input)\n"
    "  if not core.cbor.scan(input) then\n"
    "    assert(core.cbor.decode(input) == nil and choice:decode(input) == nil)\n"
    "    return\n"
    "  end\n"
    "  local value <const> = core.cbor.decode(input)\n"
    "  assert(core.cbor.encode(value, true) == input)\n"
    "  assert(core.cbor.scan(core.cbor.encode(value), { sorted = true }))\n"
    "  core.cbor.items(input) core.cbor.pairs(input)\n"
    "  local first <const>, last <const> = core.cbor.span(input, {})\n"
    "  assert(first == 1 and last == #input)\n"
    "  local decoded <const>, message <const> = choice:decode(input)\n"
    "  if decoded == nil then return assert(message:find '^[ -~]*$') end\n"
    "  local bytes <const> = assert(choice:encode(decoded))\n"
    "  assert(choice:encode((choice:decode(bytes))))\n"
    "end\n";

static lua_State *start(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_loadstring(L, program) != LUA_OK) abort();
  lua_pushcfunction(L, luaopen_teep_core);
  lua_call(L, 0, 1);
  lua_call(L, 1, 1);
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (!L) L = start();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_writestringerror("%s\n", lua_tostring(L, -1));
    abort();
  }
  return 0;
}

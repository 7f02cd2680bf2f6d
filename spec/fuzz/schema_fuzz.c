/* libFuzzer: every schema of messages and manifests decodes what it is given, or says in one
 * printable line and a known code why not; a message that is decoded and can be encoded decodes to
 * the same again. The first byte of the input chooses the structure. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int luaopen_teep_core(lua_State *L);

static const char program[] =
    "local build <const> = os.getenv 'LUATEEP_BUILD' or 'build'\n"
    "package.path = build .. '/lua/?.lua;' .. build .. '/lua/?/init.lua'\n"
    "local authenticate <const>, envelope <const> = require 'teep.suit.authenticate', "
    "require 'teep.suit.envelope'\n"
    "local errors <const>, message <const> = require 'teep.errors', require 'teep.message'\n"
    "local limits <const> = require('teep.suit.limits').with()\n"
    "local manifest <const>, scan <const> = require 'teep.suit.manifest', require "
    "'teep.suit.scan'\n"
    "local explain <const>, wire <const> = require 'teep.suit.report.explain', require "
    "'teep.wire'\n"
    "local protection <const> = require 'teep.suit.report.protection'\n"
    "local cbor <const> = require 'teep.cbor'\n"
    "local function known(value, text, code)\n"
    "  if value ~= nil then return value end\n"
    "  assert(errors.sentences[code], code)\n"
    "  assert(text:find '^[ -~]+$', text)\n"
    "end\n"
    "local function teep(dialect)\n"
    "  local opts <const> = { wire = dialect }\n"
    "  return function(input)\n"
    "    local fields <const> = known(message.decode(input, opts))\n"
    "    local encoded <const> = fields and known(message.encode(fields, opts))\n"
    "    if not encoded then return end\n"
    "    assert(cbor.scan(encoded))\n"
    "    local again <const> = assert(message.decode(encoded, opts))\n"
    "    assert(message.encode(again, opts) == encoded)\n"
    "  end\n"
    "end\n"
    "local function suit(input)\n"
    "  local opened <const> = known(envelope.open(input, limits))\n"
    "  if not opened then return end\n"
    "  known(authenticate.open(opened, limits))\n"
    "  local decoded <const> = known(manifest.decode(opened, limits))\n"
    "  if decoded then known(scan.check(decoded)) end\n"
    "end\n"
    "local function reported(input)\n"
    "  known(protection.shape(input))\n"
    "  local found <const> = known(protection.open(input))\n"
    "  if found then assert(explain(found):find '^[ -~]+$') end\n"
    "end\n"
    "local targets <const> = { suit, reported }\n"
    "for _, dialect in ipairs(wire.dialects) do table.insert(targets, teep(dialect)) end\n"
    "return function(input)\n"
    "  if input == '' then return end\n"
    "  targets[input:byte() % #targets + 1](input:sub(2))\n"
    "end\n";

static lua_State *start(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  luaL_requiref(L, "teep.core", luaopen_teep_core, 0);
  lua_pop(L, 1);
  if (luaL_loadstring(L, program) != LUA_OK) abort();
  lua_call(L, 0, 1);
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

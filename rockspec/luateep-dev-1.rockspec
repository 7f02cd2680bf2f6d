rockspec_format = "3.0"
package = "luateep"
version = "dev-1"
source = { url = "git+https://github.com/luateep/luateep.git" }
description = {
  summary = "TEEP: TAM, TEEP Broker and TEEP Agent, scriptable in Lua",
  detailed = [[
    The IETF protocol by which a server installs, updates and removes trusted components in the
    TEEs of devices it does not own physically (RFC 9397, draft-ietf-teep-protocol). A C core and
    Lua modules; policies, device flows and TEE back ends are scripts.]],
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.4, < 5.5", "argparse >= 0.7.1", "luafilesystem >= 1.8.0", "lua-cjson >= 2.1.0" }
external_dependencies = {
  CBOR = { header = "cbor.h", library = "cbor" },
  MBEDTLS = { header = "psa/crypto.h", library = "mbedcrypto" },
  LWS = { header = "libwebsockets.h", library = "websockets" },
  EV = { header = "ev.h", library = "ev" },
  SQLITE = { header = "sqlite3.h", library = "sqlite3" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_C_FLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    BINDIR = "$(BINDIR)",
    MBEDTLS_DIR = "$(MBEDTLS_DIR)",
    WITH_TESTS = "OFF",
  },
  copy_directories = { "docs", "policies" },
}
test = { type = "command", command = "make test" }

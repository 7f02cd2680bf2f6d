-- LuaRocks configuration for machines whose Lua modules come from Debian packages: they leave no rocks
-- manifest, so LuaRocks is told here that they are there. Nothing is looked up on a server then.
--   LUAROCKS_CONFIG=rockspec/debian.lua luarocks --lua-version=5.4 make
rocks_provided = {
  argparse = "0.7.1-1",
  luafilesystem = "1.8.0-1",
  ["lua-cjson"] = "2.1.0-1",
}

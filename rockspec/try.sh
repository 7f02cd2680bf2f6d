#!/bin/sh
# Install the rock into a temporary tree from a clone that is then removed, and run the demo with the
# installed command: proof that nothing reaches back into the source tree.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

git clone -q "$top" "$tree/source"
(cd "$tree/source" &&
  LUAROCKS_CONFIG=rockspec/debian.lua luarocks --lua-version=5.4 --tree "$tree/rocks" make >"$tree/log" 2>&1) || {
  tail -n 30 "$tree/log" >&2
  exit 1
}
cp -r "$tree/source/examples/demo" "$tree/demo"
rm -rf "$tree/source"
cd "$tree"
env -i PATH="$PATH" HOME="$tree" TEEP="$tree/rocks/bin/teep" \
  LUA_PATH="$tree/rocks/share/lua/5.4/?.lua;$tree/rocks/share/lua/5.4/?/init.lua;;" \
  LUA_CPATH="$tree/rocks/lib/lua/5.4/?.so;;" demo/run.sh

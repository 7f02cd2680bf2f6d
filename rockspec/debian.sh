#!/bin/sh
# Install the Debian packages that are missing, and nothing else.
#   rockspec/debian.sh build|test|lint|fuzz|rock|debian13|prove
# Root is needed only when something is missing; then apt-get runs directly or through sudo.
set -eu

build="gcc libc6-dev make cmake pkg-config lua5.4 liblua5.4-dev libcbor-dev libmbedtls-dev libssl-dev
       libwebsockets-dev libwebsockets-evlib-ev libev-dev libsqlite3-dev lua-argparse lua-filesystem lua-cjson openssl"
case "${1:-}" in
  build) wanted=$build ;;
  test) wanted="$build lua-busted softhsm2 opensc" ;;
  lint) wanted="$build clang clang-format lua-check" ;;
  fuzz) wanted="$build clang libclang-rt-dev" ;;
  rock) wanted="$build git luarocks" ;;
  debian13) wanted="debootstrap git" ;;
  prove) wanted="frama-c-base why3 z3 cvc4" ;;
  *) echo "usage: $0 build|test|lint|fuzz|rock|debian13|prove" >&2; exit 2 ;;
esac

missing=
for package in $wanted; do
  case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
    "install ok installed") ;;
    *) missing="$missing $package" ;;
  esac
done
[ -z "$missing" ] && exit 0

command -v apt-get >/dev/null || { echo "luateep needs these packages:$missing" >&2; exit 1; }
sudo=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "luateep needs, installed by root:$missing" >&2; exit 1; }
  sudo=sudo
fi
echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive \
       apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  exit 1
fi

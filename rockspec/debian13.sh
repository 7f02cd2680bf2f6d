#!/bin/sh
# Build, test and demonstrate the tracked files on Debian 13, in a chroot made by debootstrap from the mirror
# that apt uses. Root is needed. Goes on after a failure, and ends with "N passed, N failed" (see .ci/run).
#   rockspec/debian13.sh FOLDER      FOLDER is kept, the next run begins there; remove it as any other folder
# Everything inside runs in mount and process namespaces of its own: what is mounted there, and every process,
# goes with the last line of this script, however it ends. No device of this machine is lent to it.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
root=$(realpath -m "${1:?usage: $0 FOLDER}")
[ "$(id -u)" = 0 ] || { echo "$0: a chroot needs root" >&2; exit 1; }
"$top/rockspec/debian.sh" debian13

apart() { unshare --mount --pid --fork --kill-child "$@"; }

make_root() {
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1)
  [ -n "$mirror" ] || { echo "$0: apt knows no Debian mirror; run apt-get update" >&2; exit 1; }
  rm -rf "$root"
  mkdir -p "$root"
  echo "Debian 13 from $mirror"
  apart debootstrap --variant=minbase trixie "$root" "$mirror" >"$root/log" 2>&1 || {
    tail -n 15 "$root/log" >&2
    exit 1
  }
  [ -c "$root/dev/null" ] && [ ! -L "$root/dev" ] || { echo "$0: no devices of its own in $root" >&2; exit 1; }
  touch "$root/complete"
}

[ -e "$root/complete" ] || make_root

# Built files stay from run to run. What specs compare with lies beside the checkout, where there is any.
mkdir -p "$root/root/luateep"
find "$root/root/luateep" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
(cd "$top" && git ls-files -z | tar -c --null -T - | tar -x -C "$root/root/luateep")
mkdir -p "$root/root/shared"
for folder in vectors reference; do
  [ ! -d "$top/../shared/$folder" ] || cp -R "$top/../shared/$folder" "$root/root/shared/"
done
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"

apart sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" env -i HOME=/root LANG=C.UTF-8 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy="$http_proxy"} \
  CMAKE_FLAGS=-DLUATEEP_WERROR=ON sh -ec "$1"' "$root" '
    cd "$HOME/luateep"
    rockspec/debian.sh test
    dpkg-query -W lua5.4 libcbor-dev libmbedtls-dev libssl-dev libwebsockets-dev libsqlite3-dev
    exec .ci/run test-plain test-mbedtls test-sanitized \
      demo "demo TRANSPORT=http" "demo TLS=1" "demo TRANSPORT=http TLS=1"'

#!/usr/bin/env bash
# A TAM, a device and a file server, three processes on this machine: two signed components, one inside of
# its manifest and one at a URI, are installed, seen on both sides, and removed again. Every step is the
# ordinary teep command.
#
#   examples/demo/run.sh           needs build/bin/teep (make build)
#   TRANSPORT=http TLS=1 ...       TEEP over HTTP instead of WebSocket; everything over TLS
#   TEEP=/usr/bin/teep KEEP=1 ...  another command (LUA_PATH, LUA_CPATH: its modules); keep the folder
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
TEEP=$(realpath "${TEEP:-$here/../../build/bin/teep}")
modules=$(dirname "$TEEP")/../lua
lua_path=${LUA_PATH:-$modules/?.lua;$modules/?/init.lua;;} lua_cpath=${LUA_CPATH:-$modules/?.so;;}
case "${TRANSPORT:-websocket}" in
  websocket) scheme=ws ;;
  http) scheme=http ;;
  *) echo "TRANSPORT=$TRANSPORT: want websocket or http" >&2; exit 2 ;;
esac
case "${TLS:-}" in
  '' | 0) tls='' ;;
  *) tls=s ;;
esac
tam_scheme=$scheme$tls files_scheme=http$tls
folder=$(mktemp -d "${TMPDIR:-/tmp}/teep-demo.XXXXXX")
children=()

finish() {
  local code=$?
  trap - EXIT
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  if [ -n "${KEEP:-}" ]; then echo "Kept: $folder"; else rm -rf "$folder"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM

say() { printf '\n%s\n' "$*"; }
fail() {
  printf '\ndemo failed: %s\n' "$*" >&2
  for log in tam.log device.log files.log; do
    if [ -s "$log" ]; then printf -- '--- %s\n' "$log" >&2; tail -n 15 "$log" >&2; fi
  done
  exit 1
}
# Shows a command, then runs it.
run() { printf '  $ teep %s\n' "$*"; "$TEEP" "$@" | sed 's/^/    /' || fail "teep $*"; }

# Waits until a daemon says in its log that it is ready; gives up when it ends or after 10 seconds.
wait_ready() {
  local pid=$1 log=$2 line=${3:- ready }
  for _ in $(seq 400); do
    if grep -qs "$line" "$log"; then return; fi
    kill -0 "$pid" 2>/dev/null || fail "it ended, see $log"
    sleep 0.025
  done
  fail "not ready after 10 seconds, see $log"
}

vendor=fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe
class=1492af14-2569-5e48-bf42-9b2d51f2ab45
cd "$folder"

# An authority and a certificate for this machine, of the kind every TLS server has.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=demo authority" \
    -keyout authority.key -out authority.pem -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.0.0.1" \
    -keyout server.key -out server.csr
  printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' > server.ext
  openssl x509 -req -in server.csr -days 1 -CA authority.pem -CAkey authority.key -CAcreateserial \
    -extfile server.ext -out server.pem
}

say "1. Keys. The TAM has two, one for each mandatory algorithm; the developer has one."
run key generate --algorithm ESP256 -o tam-esp256.key
run key generate --algorithm Ed25519 -o tam-ed25519.key
run key generate --algorithm ESP256 -o developer.key
for name in tam-esp256 tam-ed25519 developer; do "$TEEP" key public "$name.key" -o "$name.pub"; done
server_tls='' device_tls='' certificate=()
if [ -n "$tls" ]; then
  make_certificate 2> openssl.log || fail "$(tail -n 1 openssl.log)"
  echo "  For TLS an authority of the demo's own has certified a key for 127.0.0.1."
  server_tls=' tls = { certificate = "server.pem", key = "server.key" },'
  device_tls=' tls = { authorities = "authority.pem" },'
  certificate=(server.pem server.key)
fi

say "2. Two components. The developer describes each in a SUIT manifest and signs it."
printf '#!/bin/sh\necho "Hello from a Trusted Component."\n' > hello.bin
digest=$(sha256sum hello.bin | cut -d ' ' -f 1)
run suit create --component hello --payload hello.bin --vendor "$vendor" --class "$class" \
  --sequence-number 1 -o hello.unsigned
run suit sign hello.unsigned --key developer.key -o hello.suit
run suit verify hello.suit --key developer.pub
echo "  The second stays outside of its manifest, on a file server."
mkdir files
head -c 300000 /dev/urandom > files/model.bin
model_digest=$(sha256sum files/model.bin | cut -d ' ' -f 1)
LUA_PATH=$lua_path LUA_CPATH=$lua_cpath lua5.4 "$here/files.lua" files "${certificate[@]}" \
  > files.port 2> files.log &
children+=($!)
wait_ready "$!" files.port .
model_uri=$files_scheme://127.0.0.1:$(cat files.port)/model.bin
run suit create --component model --payload files/model.bin --uri "$model_uri" --vendor "$vendor" \
  --class "$class" --sequence-number 1 -o model.unsigned
run suit sign model.unsigned --key developer.key -o model.suit

say "3. The device. Its own key is made inside its (simulated) TEE; only the public part comes out."
cat > device.lua <<CONFIG
return {
  driver = { name = "sim", path = "tee" },
  device = { vendor_identifier = "$vendor", class_identifier = "$class" },
  trust = { tams = { "tam-esp256.pub", "tam-ed25519.pub" }, signers = { "developer.pub" } },
  tam_uri = "$tam_scheme://127.0.0.1:1/teep", -- the TAM's port is put in as soon as it is known
  fetch = { schemes = { "$files_scheme" } },$device_tls
  admin_socket = "device.sock",
  messages = "messages-device",
}
CONFIG
run key public --config device.lua -o device.pub
device_kid=$("$TEEP" key thumbprint device.pub)

say "4. The TAM starts, on a free port."
cat > tam.lua <<CONFIG
return {
  listen = { address = "127.0.0.1", port = 0, path = "/teep",$server_tls },
  admin_socket = "tam.sock",
  store = "sqlite:tam.db",
  keys = { "tam-esp256.key", "tam-ed25519.key" },
  trust = { agents = { "device.pub" }, signers = { "developer.pub" } },
  policies = { { path = "install_on_request" } },
  messages = "messages-tam",
}
CONFIG
"$TEEP" tam --config tam.lua 2> tam.log &
children+=($!)
wait_ready "$!" tam.log
port=$(sed -n 's/.* ready .*port=\([0-9]*\).*/\1/p' tam.log)
echo "  listening on port $port"
for name in hello model; do run manifest add $name.suit --config tam.lua; done

say "5. The device starts."
sed -i "s|:1/teep|:$port/teep|" device.lua
"$TEEP" broker --config device.lua 2> device.log &
children+=($!)
wait_ready "$!" device.log

# The messages since the last time, as the TAM logged them.
lines=0
show_messages() {
  grep -a ' tam \(->\|<-\) ' tam.log | tail -n "+$((lines + 1))" | sed 's/^[^ ]* info /      /'
  lines=$(grep -ac ' tam \(->\|<-\) ' tam.log)
}

# What the two sides list, as "component digest" or nothing.
listed() {
  local where=$1
  shift
  "$TEEP" "$@" | sed -n 's/^  \([^ ]*\)  [0-9]* bytes  sha-256 \([0-9a-f]*\)$/\1 \2/p' > "$where"
}
check_both() {
  listed on-device status --config device.lua
  listed at-tam device show "$device_kid" --config tam.lua
  for want in "$@"; do
    grep -qxF "$want" on-device || fail "teep status does not list \"$want\""
    grep -qxF "$want" at-tam || fail "teep device show does not list \"$want\""
  done
  if [ $# = 0 ] && grep -Eq '^(hello|model) ' on-device at-tam; then fail "a component is still listed"; fi
}

say "6. The device asks for the components; the second comes from the file server."
run request hello --config device.lua
show_messages
run request model --config device.lua
show_messages
grep -a ' fetch ' device.log | sed 's/^[^ ]* info /      device: /'
grep -q " fetch state=ended uri=$model_uri received=300000 " device.log || fail "the payload was not fetched"
check_both "hello $digest" "model $model_digest"
run status --config device.lua
run device show "$device_kid" --config tam.lua
echo "  Both list hello with $digest and model with $model_digest, as sha256sum does."

say "7. The device needs them no longer."
for name in hello model; do
  run unrequest $name --config device.lua
  show_messages
done
check_both
run status --config device.lua
run device show "$device_kid" --config tam.lua
echo "  Neither lists hello or model."

for kind in query-request query-response update success; do
  grep -q "tam .* $kind " tam.log || fail "the TAM saw no $kind"
  grep -q "device .* $kind " device.log || fail "the device saw no $kind"
done

say "8. One of these messages, with the numbers of draft-ietf-teep-protocol-26 (shortened)."
update=$(ls messages-tam/*-out-update.cbor | head -n 1)
"$TEEP" inspect "$update" > inspected
grep -E '^ {0,12}[^ ]' inspected | cut -c 1-100 | sed 's/^/  /'
grep -q '\[0\] type: 3 (update)' inspected || fail "the inspected message is no update (3)"
grep -q ' 9 manifest-list: ' inspected || fail "the inspected update has no manifest-list (9)"
grep -q ' 19 token: ' inspected || fail "the inspected update has no token (19)"

say "9. Everything stops when told to."
for child in "${children[@]}"; do kill -TERM "$child"; done
for child in "${children[@]}"; do wait "$child" || fail "one ended with code $?"; done
children=()
for left in tam.sock device.sock; do [ ! -e "$left" ] || fail "$left was left behind"; done

say "Done: installed, verified on both sides, removed."

#!/usr/bin/env bash
# A TAM and a device, two processes on this machine: a signed component is installed over WebSocket,
# seen on both sides, and removed again. Every step is the ordinary teep command.
#
#   examples/demo/run.sh           needs build/bin/teep (make build)
#   TEEP=/usr/bin/teep KEEP=1 ...  another command; keep the folder
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
TEEP=$(realpath "${TEEP:-$here/../../build/bin/teep}")
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
  for log in tam.log device.log; do
    if [ -s "$log" ]; then printf -- '--- %s\n' "$log" >&2; tail -n 15 "$log" >&2; fi
  done
  exit 1
}
# Shows a command, then runs it.
run() { printf '  $ teep %s\n' "$*"; "$TEEP" "$@" | sed 's/^/    /' || fail "teep $*"; }

# Waits until a daemon says that it is ready; gives up when it ends or after 10 seconds.
wait_ready() {
  local pid=$1 log=$2
  for _ in $(seq 200); do
    if grep -q ' ready ' "$log"; then return; fi
    kill -0 "$pid" 2>/dev/null || fail "the daemon ended, see $log"
    sleep 0.05
  done
  fail "no ready line in $log after 10 seconds"
}

vendor=fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe
class=1492af14-2569-5e48-bf42-9b2d51f2ab45
cd "$folder"

say "1. Keys. The TAM has two, one for each mandatory algorithm; the developer has one."
run key generate --algorithm ESP256 -o tam-esp256.key
run key generate --algorithm Ed25519 -o tam-ed25519.key
run key generate --algorithm ESP256 -o developer.key
for name in tam-esp256 tam-ed25519 developer; do "$TEEP" key public "$name.key" -o "$name.pub"; done

say "2. A component. The developer describes it in a SUIT manifest and signs it."
printf '#!/bin/sh\necho "Hello from a Trusted Component."\n' > hello.bin
digest=$(sha256sum hello.bin | cut -d ' ' -f 1)
run suit create --component hello --payload hello.bin --vendor "$vendor" --class "$class" \
  --sequence-number 1 -o hello.unsigned
run suit sign hello.unsigned --key developer.key -o hello.suit
run suit verify hello.suit --key developer.pub

say "3. The device. Its own key is made inside its (simulated) TEE; only the public part comes out."
cat > device.lua <<CONFIG
return {
  driver = { name = "sim", path = "tee" },
  device = { vendor_identifier = "$vendor", class_identifier = "$class" },
  trust = { tams = { "tam-esp256.pub", "tam-ed25519.pub" }, signers = { "developer.pub" } },
  tam_uri = "ws://127.0.0.1:1/teep", -- the TAM's port is put in as soon as it is known
  admin_socket = "device.sock",
  messages = "messages-device",
}
CONFIG
run key public --config device.lua -o device.pub
device_kid=$("$TEEP" key thumbprint device.pub)

say "4. The TAM starts, on a free port."
cat > tam.lua <<CONFIG
return {
  listen = { address = "127.0.0.1", port = 0, path = "/teep" },
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
run manifest add hello.suit --config tam.lua

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
  local want=$1
  listed on-device status --config device.lua
  listed at-tam device show "$device_kid" --config tam.lua
  grep -qxF "$want" on-device || [ -z "$want" ] || fail "teep status does not list \"$want\""
  grep -qxF "$want" at-tam || [ -z "$want" ] || fail "teep device show does not list \"$want\""
  if [ -z "$want" ] && grep -q '^hello ' on-device at-tam; then fail "hello is still listed"; fi
}

say "6. The device asks for the component."
run request hello --config device.lua
show_messages
check_both "hello $digest"
run status --config device.lua
run device show "$device_kid" --config tam.lua
echo "  Both list hello with $digest, as sha256sum does."

say "7. The device needs it no longer."
run unrequest hello --config device.lua
show_messages
check_both ""
run status --config device.lua
run device show "$device_kid" --config tam.lua
echo "  Neither lists hello."

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

say "9. Both daemons stop when told to."
for child in "${children[@]}"; do kill -TERM "$child"; done
for child in "${children[@]}"; do wait "$child" || fail "a daemon ended with code $?"; done
children=()
for left in tam.sock device.sock; do [ ! -e "$left" ] || fail "$left was left behind"; done

say "Done: installed, verified on both sides, removed."

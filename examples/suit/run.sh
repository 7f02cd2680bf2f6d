#!/bin/sh
# Makes, signs, verifies and tries every description of this folder, in a folder that is removed afterwards.
# TEEP names the command: TEEP=build/bin/teep examples/suit/run.sh
set -eu
teep=$(command -v "${TEEP:-teep}") || { echo "run.sh: no teep command; set TEEP" >&2; exit 1; }
teep=$(realpath "$teep")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$(dirname "$0")"/* "$work"
cd "$work"

run() {
  echo "\$ teep $*"
  "$teep" "$@"
}

# make DESCRIPTION ENVELOPE
make() {
  run suit create "$1" -o unsigned
  run suit sign unsigned --key signer.key -o "$2"
  run suit verify "$2" --key signer.pub
  run suit process "$2" --dry-run --key signer.pub --payloads . --slot 1 --decrypt-key device.key \
    --vendor c0ddd5f1-5243-5660-87db-4f5b0aa26c2f --class db42f709-3d8c-55ba-a8c5-265fc5820f4e
  echo
}

run key generate --algorithm ESP256 -o signer.key
run key public signer.key -o signer.pub
run key generate --algorithm ECDH-ES+A128KW -o device.key
run key public device.key -o device.pub

make install.lua hello.suit
make update.lua update.suit
make slots.lua firmware.suit
make personalization.lua personal.suit
make set.lua set.suit
make encrypted.lua secret.suit
run suit encrypt hello.ta --recipient device.pub -o hello.enc --info hello.info
make encrypted_file.lua secret-file.suit
run suit inspect personal.suit --key signer.pub

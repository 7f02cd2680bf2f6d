#!/bin/sh
# Prove with Frama-C that the scanner of CBOR is free of run-time errors, whatever its input.
#   spec/prove/run.sh DIRECTORY [SOURCE]
# Goals that stand in unproved.txt may fail, no others.
set -u
directory=$1
source=${2:-.}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
log=$directory/log
here=$(cd "$(dirname "$0")" && pwd)
export WHY3CONFIG="$here/why3.conf" LC_ALL=C
cd "$source" || exit 2
frama-c -machdep gcc_x86_64 -cpp-extra-args="-include '$here/memcmp.h' -Icore/include -Icore/encoding" \
  -warn-special-float none -warn-unsigned-overflow \
  -wp -wp-rte -wp-model Typed -wp-no-filter-init -wp-par 2 -wp-timeout 60 -wp-prover Z3:4.8.12:patterns,CVC4:1.8,Z3:4.8.12 \
  -wp-skip-fct lteep_buffer_view,lteep_equal_secret,lteep_wipe \
  core/bytes.c core/encoding/utf8.c core/encoding/scanner.c >"$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
grep -q 'Proved goals' "$log" || { tail -n 20 "$log"; exit 1; }
sed -n 's/^\[wp\] \[Failed\] Goal typed_\([^ ]*\).*/\1/p' "$log" | sort -u >"$directory/failed"
grep -v '^#' "$here/unproved.txt" | sort -u >"$directory/expected"
sed -n 's/^\[wp\] Proved goals: */proved goals: /p' "$log"
sed 's/^/not proved: /' "$directory/expected"
comm -13 "$directory/failed" "$directory/expected" | sed 's/^/proved by now, strike it out: /'
fresh=$(comm -23 "$directory/failed" "$directory/expected")
[ -z "$fresh" ] || { printf 'newly unproved: %s\n' $fresh; exit 1; }

#!/bin/sh
# Prove with Frama-C that the scanner of CBOR is free of run-time errors, whatever its input.
#   spec/prove/run.sh DIRECTORY [SOURCE]
set -u
directory=$1
source=${2:-.}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
export WHY3CONFIG="$here/why3.conf" LC_ALL=C
cd "$source" || exit 2

# analyse NAME FLAGS ARGUMENTS...: the log goes to NAME, FLAGS are those of the preprocessor.
analyse() {
  log=$directory/$1
  flags="$2 -Icore/include -Icore/encoding"
  shift 2
  frama-c -machdep gcc_x86_64 -cpp-extra-args="$flags" -warn-special-float none -warn-unsigned-overflow "$@" \
    >"$log" 2>&1 || give_up
}

give_up() {
  tail -n 20 "$log"
  exit 1
}

# 60 seconds for a goal: the hardest takes ten on an idle machine.
analyse proof "-include '$here/memcmp.h'" \
  -wp -wp-rte -wp-model Typed -wp-no-filter-init -wp-par 2 -wp-timeout 60 -wp-prover Z3:4.8.12:patterns,CVC4:1.8,Z3:4.8.12 \
  -wp-skip-fct lteep_buffer_view,lteep_equal_secret,lteep_wipe \
  core/bytes.c core/encoding/utf8.c core/encoding/scanner.c
sed -n 's/^\[wp\] Proved goals: */proved goals: /p; s/^\[wp\] \[Failed\] Goal typed_/not proved: /p' "$log"
grep -q '^\[wp\] Proved goals: *\([0-9][0-9]*\) / \1$' "$log" || exit 1

# What a float is in bits is past WP; Eva covers all bit patterns at once.
analyse floats "" -eva -eva-precision 4 core/encoding/float.c "$here/float.c"
grep -q '^  0 alarms generated' "$log" || { grep -A1 '^\[eva:alarm\]' "$log"; give_up; }
echo 'floats: no alarm'

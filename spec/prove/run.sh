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

# prove NAME FLAGS ARGUMENTS...: 60 seconds for a goal, the hardest takes ten on an idle machine.
prove() {
  name=$1 flags=$2
  shift 2
  analyse "$name" "$flags -include '$here/prelude.h'" -wp -wp-rte -wp-model Typed -wp-no-filter-init -wp-par 2 \
    -wp-timeout 60 -wp-prover Z3:4.8.12:patterns,CVC4:1.8,Z3:4.8.12 "$@" \
    core/bytes.c core/encoding/utf8.c core/encoding/scanner.c
  sed -n "s/^\[wp\] Proved goals: */$name: proved goals: /p; s/^\[wp\] \[Failed\] Goal typed_/$name: not proved: /p" "$log"
  grep -q '^\[wp\] Proved goals: *\([0-9][0-9]*\) / \1$' "$log" || exit 1
}

# Together the two kinds of goals are too much for the provers. What is said of initialized memory is true by
# definition in the first run; the second takes what the first has proved as given.
unused=lteep_buffer_view,lteep_equal_secret,lteep_wipe
prove bounds "'-Dinitialized(p)=((0==0))'" -wp-skip-fct $unused
by_value=a,b,input,part,text # in memory for WP, which takes structures handed by value for uninitialized
prove initialized "" -wp-skip-fct $unused -rte-initialized @all -wp-alias-vars $by_value -wp-prop=init,initialization
prove lemmas "" -wp-prop=@lemma

# What is admitted contradicts nothing: no prover may be able to derive false from it.
analyse admitted "-include '$here/prelude.h'" -wp -wp-model Typed -wp-no-filter-init -wp-par 2 -wp-timeout 1 \
  -wp-prover CVC4:1.8 -wp-smoke-tests -wp-smoke-timeout 2 -wp-alias-vars $by_value \
  -wp-fct lteep_equal,lteep_utf8_valid,lteep_cbor_compare,offset_of,skip_scalar,lteep_cbor_skip,lteep_cbor_scan \
  core/bytes.c core/encoding/utf8.c core/encoding/scanner.c
grep -q 'Passed. Smoke-test' "$log" || give_up
grep '^\[wp\] \[Failed\] Smoke-test' "$log" && exit 1
echo 'admitted: without contradiction'

# What a float is in bits is past WP; Eva covers all bit patterns at once.
analyse floats "-include '$here/prelude.h'" -eva -eva-precision 4 core/encoding/float.c "$here/float.c"
grep -q '^  0 alarms generated' "$log" || { grep -A1 '^\[eva:alarm\]' "$log"; give_up; }
echo 'floats: no alarm'

#!/bin/sh
# What every program must have, and the rules of the tree: the tests that notice what was forgotten.
. "$(dirname "$0")/lib.sh"

for source in "$ROOT"/cmd/tt-*.c; do
    p=$(basename "$source" .c)
    ok "$p has a manual page" test -f "$ROOT/man/$p.1"
    ok "$p has tests" test -f "$ROOT/tests/cli/$p.t"
    ok "$p is in README.md" grep -q "\`$p\`" "$ROOT/README.md"
    ok "$p is in the tour" grep -q "Xr $p 1" "$ROOT/man/tt.7"
    t "$p --help fits a screen" 0 '' '' sh -c "$p --help | awk 'length > 132 { print } END { if (NR > 40) print NR }'"
done
# Options of other programs that a help text names, as in "(tt-encode --like)".
for source in "$ROOT"/cmd/tt-*.c; do "$(basename "$source" .c)" --help; done | grep -oE 'tt-[a-z]+ --[a-z-]+' | sort -u >named
while read -r program option; do
    ok "help names $program $option, which exists" sh -c "$program --help | grep -qE -- '$option( |,|\$)'"
done <named
for source in "$ROOT"/lib/*/*.c; do
    m=$(basename "$source" .c)
    ok "lib module $m has a unit test" test -f "$ROOT/tests/unit/test_$m.c"
    ok "lib module $m is in the map" grep -q "\`$m\`" "$ROOT/lib/README.md"
done
t 'file names are unique in lib' 0 '' '' sh -c "ls $ROOT/lib/*/*.c $ROOT/lib/*/*.h | sed 's|.*/||' | sort | uniq -d"
t 'a tag of lib names one thing' 0 '' '' \
    sh -c "cat $ROOT/lib/*/*.[ch] | grep -oE '^(struct|enum|union) tt_[a-z0-9_]+ \{' | sort | uniq -d"
t 'everyone includes only whom they may' 0 '' '' sh "$ROOT/tests/layers.sh"

# The check itself can fail.
mkdir -p bad/lib/math bad/lib/base bad/lib/other bad/cmd
cat >bad/lib/README.md <<'END'
| folder | may include, besides itself | an outside library enters only in |
|---|---|---|
| `base/` | | |
| `math/` | base | `cblas.h` in `gemm.c` |
| `gone/` | base | |
| `../cmd/` | base, math | |
END
printf '#include "table/vocab.h"\n#include <cblas.h>\n' >bad/lib/math/x.c
printf '#include "cli.h"\n' >bad/lib/base/y.h
: >bad/lib/other/w.c
: >bad/cmd/z.c
t 'a breach of the layers is found' 1 'lib/README.md names lib/gone/, which does not exist
lib/README.md does not say what lib/other/ may include
lib/base/y.h includes cli.h: lib/ knows nothing of cmd/
lib/math/x.c includes table/vocab.h: math/ may include math base
lib/math/x.c includes cblas.h: only lib/math/gemm.c may' '' sh "$ROOT/tests/layers.sh" bad

# The check of headers: each must compile alone, and all must compile together.
mkdir -p headers/lib/base headers/lib/other headers/cmd
check_headers() {
    make -s -C headers -f "$ROOT/Makefile" check-headers 2>&1
}
: >headers/lib/base/banned.h
: >headers/cmd/cli.h
echo 'struct tt_x { int a; };' >headers/lib/base/x.h
ok 'good headers pass' check_headers
echo 'struct tt_x { int b; };' >headers/lib/other/y.h
not_ok 'one tag for two things does not' check_headers
echo 'static inline size_t f(void) { return 0; }' >headers/lib/other/y.h
not_ok 'nor does a header that needs another before it' check_headers

# What runs the tests: here one file of each kind, with a test that passes, one that fails and one that is skipped.
mkdir -p run/tests/cli run/build/release/unit
cp "$ROOT/tests/run.sh" run/tests
sample() { # the second test's verdict, for TAP and for cmocka
    printf '#!/bin/sh\necho "ok 1 - a"\necho "%sok 2 - b"\necho "ok 3 - c # SKIP no c is here"\necho 1..3\n' "$1" >run/tests/cli/x.t
    printf '#!/bin/sh\necho "[       OK ] test_a"\necho "[  %s ] test_b"\necho "# SKIP no c is here"
for i in 1 2; do echo "[  SKIPPED ] test_c"; done\n' "$2" >run/build/release/unit/test_x
    chmod +x run/build/release/unit/test_x
    mkdir -p run/tests/unit && : >run/tests/unit/test_x.c
    : >run/build/release/unit/test_gone # its source is no longer there: not run
}
count_of() { # kind [NO_SKIPS]
    (unset BUILD VALGRIND && NO_SKIPS=${2:-} JOBS=1 sh run/tests/run.sh "$1")
}
sample '' '     OK'
t 'what passed and was skipped is counted' 0 'pass build/release/unit/test_x (2)
pass tests/cli/x.t (2)
skip build/release/unit/test_x: test_c: no c is here
skip tests/cli/x.t: c: no c is here
4 passed, 0 failed, 2 skipped' '' count_of all
t 'NO_SKIPS makes skips fail' 1 'pass tests/cli/x.t (2)
skip tests/cli/x.t: c: no c is here
NO_SKIPS is set: what was skipped above counts as a failure
2 passed, 0 failed, 1 skipped' '' count_of cli yes
sample 'not ' 'FAILED '
t 'what failed is counted' 1 'FAIL tests/cli/x.t (1 of 2, exit 0)
    not ok 2 - b
skip tests/cli/x.t: c: no c is here
1 passed, 1 failed, 1 skipped' '' count_of cli
count_of unit >unit.out
t 'in unit tests, too' 0 '1 passed, 1 failed, 1 skipped' '' tail -n 1 unit.out
rm run/tests/cli/x.t
t 'no tests are a failure' 1 '0 passed, 0 failed, 0 skipped' '' count_of cli
finish

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
for source in "$ROOT"/lib/*/*.c; do
    m=$(basename "$source" .c)
    ok "lib module $m has a unit test" test -f "$ROOT/tests/unit/test_$m.c"
    ok "lib module $m is in the map" grep -q "\`$m\`" "$ROOT/lib/README.md"
done
t 'file names are unique in lib' 0 '' '' sh -c "ls $ROOT/lib/*/*.c $ROOT/lib/*/*.h | sed 's|.*/||' | sort | uniq -d"
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
finish

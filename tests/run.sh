#!/bin/sh
# Run the tests of one kind (unit, cli) or all, some at once, and end with "N passed, N failed".
#   tests/run.sh unit|cli|all     BUILD: build folder with bin/, unit/ and tools/; VALGRIND=1: everything under valgrind
# Prints only what failed, and a line a test file.
set -u
kind=${1:-all}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
build=${BUILD:-build/release}
BIN=$root/$build/bin TOOLS=$root/$build/tools
export BIN TOOLS
logs=$(mktemp -d "${TMPDIR:-/tmp}/tt-run.XXXXXX") || exit 1
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# Under valgrind the programs are wrappers that call the real ones.
if [ -n "${VALGRIND:-}" ]; then
    WRAP='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite'
    mkdir "$logs/bin"
    for program in "$BIN"/tt-*; do
        printf '#!/bin/sh\nexec %s %s "$@"\n' "$WRAP" "$program" >"$logs/bin/${program##*/}"
    done
    chmod +x "$logs"/bin/*
    BIN=$logs/bin
    export WRAP
fi

list() {
    [ "$kind" = cli ] || ls "$build"/unit/test_* 2>/dev/null | grep -v '\.'
    [ "$kind" = unit ] || ls tests/cli/*.t 2>/dev/null
}

# One file: its output to a log, its counts to a file beside it.
one='
log=$1/$(basename "$2")
case $2 in
*.t) sh "$2" >"$log" 2>&1 </dev/null; code=$?
     passed=$(grep -c "^ok " "$log"); failed=$(grep -c "^not ok " "$log")
     grep -q "^1\.\.[1-9]" "$log" || failed=$((failed + 1)) ;;
*)   ${WRAP:-} "$2" >"$log" 2>&1 </dev/null; code=$?
     passed=$(grep -c "^\[       OK \]" "$log"); failed=$(grep "^\[  FAILED  \] test_" "$log" | sort -u | wc -l) ;; # cmocka names them twice
esac
[ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$passed $failed" >"$log.count"
if [ "$failed" -gt 0 ]; then
    echo "FAIL $2 ($failed of $((passed + failed)), exit $code)"
    case $2 in *.t) grep -E "^(not ok|#)" "$log" ;; *) cat "$log" ;; esac | head -n 60 | sed "s/^/    /"
else
    echo "pass $2 ($passed)"
fi
'
list | xargs -P "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" -I{} sh -c "$one" one "$logs" {}
cat "$logs"/*.count 2>/dev/null | awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0 }'

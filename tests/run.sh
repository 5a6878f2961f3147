#!/bin/sh
# Run the tests of one kind (unit, cli) or all, some at once, and end with "N passed, N failed, N skipped".
#   tests/run.sh unit|cli|all
#   BUILD: build folder with bin/, unit/ and tools/   VALGRIND=1: everything under valgrind
#   NO_SKIPS=1: fail if a test was skipped, unless it needs another processor
# Prints a line a test file, what failed, and which tests were skipped and why.
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
    # By the sources: what an earlier source left in the build folder is no test any more.
    [ "$kind" = cli ] || for source in tests/unit/test_*.c; do
        test=${source##*/}
        echo "$build/unit/${test%.c}"
    done
    [ "$kind" = unit ] || ls tests/cli/*.t 2>/dev/null
}

# One file: its output to a log; what it skipped and how many passed, failed and were skipped to files beside it.
one='
log=$1/$(basename "$2")
case $2 in
*.t) sh "$2" >"$log" 2>&1 </dev/null; code=$?
     sed -n "s/^ok [0-9]* - \(.*\) # SKIP \(.*\)/\1: \2/p" "$log" >"$log.skips"
     passed=$(($(grep -c "^ok " "$log") - $(wc -l <"$log.skips"))); failed=$(grep -c "^not ok " "$log")
     grep -q "^1\.\.[1-9]" "$log" || failed=$((failed + 1)) ;;
*)   ${WRAP:-} "$2" >"$log" 2>&1 </dev/null; code=$?
     # cmocka names what it skipped, and what failed, once more at the end.
     awk "sub(/^# SKIP /, \"\") { why = \$0 } /^\[  SKIPPED \] test_/ && !named[\$4]++ { print \$4 \": \" why }" "$log" >"$log.skips"
     passed=$(grep -c "^\[       OK \]" "$log"); failed=$(grep "^\[  FAILED  \] test_" "$log" | sort -u | wc -l) ;;
esac
[ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$passed $failed $(wc -l <"$log.skips")" >"$log.count"
if [ "$failed" -gt 0 ]; then
    echo "FAIL $2 ($failed of $((passed + failed)), exit $code)"
    case $2 in *.t) grep -E "^(not ok|#)" "$log" ;; *) cat "$log" ;; esac | head -n 60 | sed "s/^/    /"
else
    echo "pass $2 ($passed)"
fi
sed "s|^|skip $2: |" "$log.skips" >"$log.skipped"
'
list | xargs -P "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" -I{} sh -c "$one" one "$logs" {}
cat "$logs"/*.skipped 2>/dev/null
status=0
if [ -n "${NO_SKIPS:-}" ] && cat "$logs"/*.skipped 2>/dev/null | grep -qv ': this processor has no '; then
    echo 'NO_SKIPS is set: what was skipped above counts as a failure'
    status=1
fi
cat "$logs"/*.count 2>/dev/null | awk -v status=$status '{ p += $1; f += $2; s += $3 }
    END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit status || f > 0 || p == 0 }'

#!/bin/sh
# Run the tests of one kind (unit, cli) or all, some at once, and end with "N passed, N failed".
#   tests/run.sh unit|cli|all     BUILD: build folder with unit/; BIN: folder of the programs; WRAP: run unit tests under this
# Prints only what failed, and a line a test file.
set -u
kind=${1:-all}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
build=${BUILD:-build/release}
BIN=${BIN:-$root/$build/bin}
export BIN
logs=$(mktemp -d "${TMPDIR:-/tmp}/tt-run.XXXXXX") || exit 1
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

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

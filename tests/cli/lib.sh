# Helpers of the command-line tests: sourced first by every tests/cli/*.t. Plain sh; prints TAP for prove.
#
#   . "$(dirname "$0")/lib.sh"
#   t 'reads a row' 0 "$expected" '' tt-x -k 1 < in      exit code, stdout and stderr are all compared
#   ok 'same bytes' cmp -s a b                           a command that must succeed
#   not_ok 'refused' grep -q x a                         a command that must fail
#   skip 'FAISS reads it' 'FAISS is not installed'       a test that cannot run here, and why
#   finish
#
# Runs in a fresh folder, with the programs under test first on PATH (BIN names their folder). `t` takes the expected stdout
# and stderr as texts; '*' for one of them: not compared. Standard input of `t` is the command's.
#
# PYTHON is a Python 3, which may have modules that read our files: that of `make deps-ci` where it is there.
set -u
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$ROOT/build/release/bin}
case $BIN in /*) ;; *) BIN=$ROOT/$BIN ;; esac
PATH=$BIN:$PATH
LC_ALL=C
export PATH LC_ALL
TMP=$(mktemp -d "${TMPDIR:-/tmp}/tt-test.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM
cd "$TMP" || exit 1
PYTHON=${PYTHON:-$ROOT/build/python/bin/python}
command -v "$PYTHON" >/dev/null || PYTHON=python3
count=0 bad=0

report() { # status name
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        bad=$((bad + 1))
        echo "not ok $count - $2"
    fi
}

show() { # label text: a diagnostic, each line behind "# "
    printf '%s\n' "$2" | sed "s/^/#   $1: /" | head -n 20
}

t() { # name code stdout stderr command...
    t_name=$1 t_code=$2 t_out=$3 t_err=$4
    shift 4
    "$@" >"$TMP/.out" 2>"$TMP/.err"
    t_got=$?
    t_status=0
    if [ "$t_got" -ne "$t_code" ]; then
        t_status=1
        show 'exit code' "$t_got, expected $t_code"
    fi
    if [ "$t_out" != '*' ] && [ "$(cat "$TMP/.out"; echo x)" != "$t_out${t_out:+
}x" ]; then
        t_status=1
        show 'stdout' "$(cat "$TMP/.out")"
        show 'expected' "$t_out"
    fi
    if [ "$t_err" != '*' ] && [ "$(cat "$TMP/.err"; echo x)" != "$t_err${t_err:+
}x" ]; then
        t_status=1
        show 'stderr' "$(cat "$TMP/.err")"
        show 'expected' "$t_err"
    fi
    report "$t_status" "$t_name"
}

ok() { # name command...
    o_name=$1
    shift
    "$@" >"$TMP/.out" 2>&1
    o_status=$?
    [ "$o_status" -eq 0 ] || show 'output' "$(cat "$TMP/.out")"
    report "$o_status" "$o_name"
}

not_ok() { # name command...
    o_name=$1
    shift
    if "$@" >"$TMP/.out" 2>&1; then
        show 'output' "$(cat "$TMP/.out")"
        report 1 "$o_name"
    else
        report 0 "$o_name"
    fi
}

skip() { # name reason
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

has_python() { # module...
    for h_module in "$@"; do
        "$PYTHON" -c "import $h_module" 2>/dev/null || return
    done
}

# What every program must do, given arguments that make it write to standard output from the input file: common_tests PROGRAM
# INPUT [ARGUMENT...]. /dev/full is an error with a message; a closed pipe is quiet; a misspelt option exits with 2.
common_tests() {
    c_program=$1 c_input=$2
    shift 2
    ok "$c_program --help exits 0" "$c_program" --help
    ok "$c_program --version exits 0" "$c_program" --version
    t "$c_program: an unknown option" 2 '' "$c_program: unknown option '--no-such-option'
Try '$c_program --help'." "$c_program" --no-such-option
    "$c_program" "$@" <"$c_input" >/dev/full 2>"$TMP/.err"
    c_status=$?
    [ "$c_status" -eq 1 ] && grep -q "^$c_program: <stdout>: No space left on device$" "$TMP/.err"
    report $? "$c_program: a full disk is an error"
    for c_option in --help --version; do
        t "$c_program: so it is for $c_option" 1 '' "$c_program: <stdout>: No space left on device" \
            sh -c '"$@" >/dev/full' sh "$c_program" $c_option
    done
    { "$c_program" -q "$@" <"$c_input" 2>"$TMP/.err"; } | head -c 1 >/dev/null
    [ ! -s "$TMP/.err" ]
    report $? "$c_program: a closed pipe is quiet"
}

finish() {
    echo "1..$count"
    [ "$bad" -eq 0 ]
    exit
}

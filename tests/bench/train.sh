#!/bin/sh
# How fast tt-train is: the kernel beside sgemm, examples a second of each kind of candidates, and time and memory against size.
#   tests/bench/train.sh [part]...     parts: kernel candidates size peers [all of them]
#   BIN: folder of the programs [build/release/bin]; its neighbour bench/ has bench_softmax (make check-build builds it)
#   EVENTS: CSV with user_id,item_id for `candidates` [a generated world of Yelp2018's size]
#   SIZES: numbers of events ["100K 1M 10M"]     THREADS: [2]     EPOCHS: of `candidates` [3]
#   PEER, DATA, PYTHON: a script that takes a folder of data and --framework tf, that folder, and a python3 with TensorFlow
# Prints TSV, a table a part. An epoch's seconds are those of the log between the first epoch's end and the last one's,
# with the evaluation after each epoch. GFLOP/s count 6 DIM flop a pair: with all candidates, a pair of a query and an item;
# with others, of an example and a candidate, as if none came twice in a step. tt-train merges those that do, so the share of
# sgemm's speed may be above 1.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
SIZES=${SIZES:-100K 1M 10M} THREADS=${THREADS:-2} EPOCHS=${EPOCHS:-3}
PATH=$BIN:$BIN/../bench:$PATH
[ $# -gt 0 ] || set -- kernel candidates size peers
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
[ -z "${EVENTS:-}" ] || EVENTS=$(cd "$(dirname "$EVENTS")" && pwd)/$(basename "$EVENTS")
cd "$work"
printf 'user user_id id\nitem item_id id\n' >ids.schema
printf 'user user_id id embed=no\nuser item_id history\nitem item_id id\n' >history.schema

world() { # events users items: their CSV
    tt-gen -q -n "$1" --n-users "$2" --n-stores "$3" | sed '1s/store_id/item_id/'
}

# Seconds and MiB of a command: sets `seconds` and `mib`.
timed() {
    from=$(date +%s.%N)
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f %M -o rss "$@"
        mib=$(awk '{ printf "%.0f", $1 / 1024 }' rss)
    else
        "$@"
        mib=-
    fi
    seconds=$(echo "$from $(date +%s.%N)" | awk '{ printf "%.2f", $2 - $1 }')
}

need_bench() {
    command -v bench_softmax >/dev/null && return
    echo 'train.sh: no bench_softmax: make check-build builds it' >&2
    exit 1
}

kernel() {
    need_bench
    for d in 64 128 256; do
        echo "dim $d"
        bench_softmax "$d" 38048 896 "$THREADS"
    done
}

# $1: name, $2: examples, $3: pairs an example, $4: encoded examples, rest: options
candidates_line() {
    name=$1 examples=$2 pairs=$3 file=$4
    shift 4
    tt-train -q -j "$THREADS" --init random -e "$EPOCHS" --log log.tsv "$@" -o model.tt "$file"
    awk -F '\t' -v name="$name" -v n="$examples" -v pairs="$pairs" -v peak="$peak" '
        NR == 2 { first = $5; epochs = 0 } NR > 2 { last = $5; epochs++ }
        END { s = (last - first) / epochs; g = n * pairs * 6 * 64 / s / 1e9
            printf "%s\t%.2f\t%.0f\t%.1f\t%.2f\n", name, s, n / s, g, g / peak }' log.tsv
}

candidates() {
    need_bench
    [ -n "${EVENTS:-}" ] || world 1200K 32K 38K >events.csv
    tt-encode -q -s ids.schema -o ids.tt "${EVENTS:-events.csv}"
    tt-encode -q -s history.schema -o history.tt "${EVENTS:-events.csv}"
    peak=$(bench_softmax 64 2048 128 "$THREADS" 3 | awk '$1 == "sgemm" { print $4 }')
    n=$(tt-train -e 1 -d 4 -o model.tt ids.tt 2>&1 | sed -n 's/^tt-train: \([0-9]*\) events .*/\1/p')
    of_all=$(tt-train -e 1 -d 4 -o model.tt ids.tt 2>&1 |
        sed -n 's/.*, \([0-9]*\) queries, \([0-9]*\) items with.*/\1 \2/p' | awk -v n="$n" '{ print $1 * $2 / n }')
    printf 'candidates\tepoch_seconds\texamples_per_s\tgflops\tshare_of_sgemm\n'
    for b in 1024 4096; do
        candidates_line "batch $b ids" "$n" "$b" ids.tt --candidates batch --batch-of events --batch-size "$b"
    done
    for b in 1024 4096; do
        for negatives in 1024 4096; do
            candidates_line "sampled $b negatives $negatives ids" "$n" "$negatives" ids.tt --candidates sampled --batch-of events \
                --batch-size "$b" --negatives "$negatives"
        done
    done
    candidates_line 'all 1024 users ids' "$n" "$of_all" ids.tt --candidates all --batch-size 1024
    candidates_line 'all 1024 users history' "$n" "$of_all" history.tt --candidates all --batch-size 1024
}

size() {
    printf 'events\tencode_seconds\tencode_mib\tepoch_seconds\ttrain_seconds\ttrain_mib\n'
    for n in $SIZES; do
        world "$n" "$(echo "$n" | sed 's/M$/ 1e6/; s/K$/ 1e3/' | awk '{ printf "%d", $1 * ($2 ? $2 : 1) / 14 + 100 }')" 30K \
            >events.csv
        timed tt-encode -q -s ids.schema -o ids.tt events.csv
        encode="$seconds	$mib"
        timed tt-train -q -j "$THREADS" -e 2 --log log.tsv -o model.tt ids.tt
        printf '%s\t%s\t%s\t%s\t%s\n' "$n" "$encode" \
            "$(awk -F '\t' 'NR == 2 { first = $5 } NR == 3 { printf "%.2f", $5 - first }' log.tsv)" "$seconds" "$mib"
    done
}

peers() {
    if [ -z "${PEER:-}" ]; then
        echo 'train.sh: no PEER: no comparison' >&2
        return
    fi
    "${PYTHON:-python3}" "$PEER" "$DATA" --framework tf --seconds 4
}

for part in "$@"; do
    case $part in
    kernel | candidates | size | peers) "$part" ;;
    *) echo "train.sh: '$part' is not one of kernel, candidates, size, peers" >&2; exit 2 ;;
    esac
done

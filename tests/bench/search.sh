#!/bin/sh
# Queries a second of tt-query beside FAISS's exact search, in one run on one machine.
#   tests/bench/search.sh [ITEMS [DIM [QUERIES [K]]]]     [38048 64 31668 10]
#   BIN: folder of the programs [build/release/bin]
#   PYTHON: a python3 with faiss and numpy, for the comparison [python3]
#   THREADS: numbers of threads to try ["1 2"]
# Prints TSV: program, threads, seconds, queries/s. For tt-query the seconds are those of the whole program, which reads
# the index and the queries, and writes the lists; "search" is that less a run without queries. For FAISS they are those
# of the call to search alone, after one to warm up. Each is the best of three.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
PYTHON=${PYTHON:-python3}
THREADS=${THREADS:-1 2}
items=${1:-38048} dim=${2:-64} queries=${3:-31668} k=${4:-10}
PATH=$BIN:$BIN/../tools:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

genvec "$items" "$dim" 1 item_id i >items.vec
genvec "$queries" "$dim" 2 user_id u >queries.vec
genvec 0 "$dim" 2 user_id u >none.vec
tt-index items.vec >items.tt

now() { date +%s.%N; }
best() { # command...: the least seconds of three runs
    best_of=
    for _ in 1 2 3; do
        from=$(now)
        "$@" >/dev/null
        best_of=$(echo "$from $(now) ${best_of:-1e9}" | awk '{ s = $2 - $1; print s < $3 ? s : $3 }')
    done
    echo "$best_of"
}
line() { echo "$1 $2 $3 $queries" | awk '{ printf "%s\t%d\t%.3f\t%.0f\n", $1, $2, $3, $4 / $3 }'; }

printf 'program\tthreads\tseconds\tqueries_per_s\n'
for threads in $THREADS; do
    whole=$(best tt-query -q -j "$threads" -k "$k" items.tt queries.vec)
    empty=$(best tt-query -q -j "$threads" -k "$k" items.tt none.vec)
    line tt-query "$threads" "$whole"
    line tt-query:search "$threads" "$(echo "$whole $empty" | awk '{ print $1 - $2 }')"
done
if ! "$PYTHON" -c 'import faiss, numpy' 2>/dev/null; then
    echo "search.sh: $PYTHON has no faiss: no comparison" >&2
    exit 0
fi
tt-show --npy items.npy items.vec
tt-show --npy queries.npy queries.vec
tt-query -q -k "$k" items.tt queries.vec | awk -F '\t' 'NR > 1 { print substr($3, 2) }' >ours.txt
for threads in $THREADS; do
    OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads "$PYTHON" - "$threads" "$k" <<'PYTHON'
import sys, time
import faiss, numpy as np
threads, k = int(sys.argv[1]), int(sys.argv[2])
faiss.omp_set_num_threads(threads)
items, queries = np.load("items.npy"), np.load("queries.npy")
index = faiss.IndexFlatIP(items.shape[1])
index.add(items)
index.search(queries[:1000], k)
best = 1e9
for _ in range(3):
    start = time.perf_counter()
    found = index.search(queries, k)[1]
    best = min(best, time.perf_counter() - start)
print("faiss:search", threads, f"{best:.3f}", f"{len(queries) / best:.0f}", sep="\t")
ours = np.loadtxt("ours.txt", dtype=np.int64).reshape(found.shape)
same = (ours == found).mean()
print(f"search.sh: {same:.6f} of the places in the lists hold the same item", file=sys.stderr)
PYTHON
done

#!/bin/sh
# One run of a benchmark, from CSV to metrics, timed.
#   benchmark.sh NAME SCHEMA TRAIN TEST OUT K JOBS [tt-train option]...
# Leaves OUT/NAME.metrics.tsv, and in OUT/NAME.seconds the seconds from the CSV to the metrics and of the training in it.
# With BEST=1 the epoch is kept that is the best on the test part, as many published figures do; the name says so.
set -eu
name=$1 schema=$2 train=$3 test=$4 out=$5 k=$6 jobs=$7
shift 7
base=$out/$name
now() { date +%s.%N; }
start=$(now)
tt-encode -q -s "$schema" -o "$base.tt" "$train"
if [ -n "${BEST:-}" ]; then
    tt-encode -q --like "$base.tt" -o "$base.test.tt" "$test"
    set -- "$@" --valid "$base.test.tt" --metric recall -k "$k" --seen remove
fi
encoded=$(now)
tt-train -q -j "$jobs" "$@" --log "$base.log.tsv" -o "$base.model.tt" "$base.tt"
trained=$(now)
tt-encode -q --like "$base.model.tt" --side item "$train" | tt-embed -q -j "$jobs" "$base.model.tt" |
    tt-index -q -o "$base.items.tt"
tt-encode -q --like "$base.model.tt" --side user "$test" | tt-embed -q -j "$jobs" "$base.model.tt" |
    tt-query -q -j "$jobs" -k "$k" --seen "$train" -o "$base.recs.tsv" "$base.items.tt"
tt-eval -q -j "$jobs" -k "$k" --short --run "$name" --truth "$test" -o "$base.metrics.tsv" "$base.recs.tsv"
end=$(now)
echo "$start $encoded $trained $end" | awk '{ printf "%.1f\t%.1f\n", $4 - $1, $3 - $2 }' > "$base.seconds"
rm -f "$base.test.tt"

#!/bin/sh
# The printed table of a pipeline: for each schema a metric's mean over the seeds with its 95 % interval, and the difference to
# the first schema with its own.
#   table.sh OUT 'NAME...' 'SEED...' 'REFERENCE...' keep|remove|new METRIC K
# REFERENCEs are runs without a seed (reference.sh): shown below the schemas, for scale.
# Intervals are of the mean over the seeds, by the paired bootstrap over users: every run draws the same users in the same
# resample (tt-eval --replicates), so a difference is taken resample by resample. They tell what other test users would change;
# the last column tells what another seed changes.
set -eu
out=$1 names=$2 seeds=$3 references=$4 how=$5 metric=$6 k=$7
suffix=
[ "$how" != new ] || suffix=.new # of the runs' names in metrics.tsv
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-table.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The metric's column of each run's replicates, averaged over the runs: one number a resample.
mean_replicates() { # run...
    for run; do
        awk -F'\t' -v name="$metric@$k" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; if (!c) exit 1; next } { print $c }' \
            "$out/$run.$how.replicates.tsv" >"$scratch/run.$run"
    done
    (cd "$scratch" && paste run.*) | awk '{ t = 0; for (i = 1; i <= NF; i++) t += $i; printf "%.12g\n", t / NF }'
    rm -f "$scratch"/run.*
}

# The 2.5 and 97.5 % points of the numbers on standard input, as tt-eval takes them.
interval() {
    sort -g | awk '
        function at(p,  i) { i = int(p); return i < 1 ? x[1] : i >= n ? x[n] : x[i] + (p - i) * (x[i + 1] - x[i]) }
        { x[++n] = $1 }
        END { printf "%.12g %.12g\n", at((n + 1) * 0.025), at((n + 1) * 0.975) }'
}

# Mean, least and greatest of the runs' values; how many events or users they were judged on.
values() { # run...
    for run; do
        awk -F'\t' -v run="$run$suffix" -v m="$metric" -v k="$k" '$1 == run && $2 == m && $3 == k { print $4, $7 }' "$out/metrics.tsv"
    done | awk '{ t += $1; if (NR == 1 || $1 < a) a = $1; if (NR == 1 || $1 > b) b = $1; n = $2 } END { if (!NR) exit 1; print t / NR, a, b, n }'
}

# A line of the table. The first schema's resamples are kept: the others are compared with them.
line() { # name run...
    name=$1
    shift
    mean_replicates "$@" >"$scratch/$name"
    found=$(values "$@") || { echo "table.sh: no $metric at $k of $name in $out/metrics.tsv" >&2; exit 1; }
    ends=$(interval <"$scratch/$name")
    difference=- over=-
    if [ -z "$first" ]; then
        first=$name base=$found
    else
        d=$(paste "$scratch/$name" "$scratch/$first" | awk '{ printf "%.12g\n", $1 - $2 }' | interval)
        difference=$(echo "$found $base $d" | awk '{ printf "%+.4f [%+.4f, %+.4f]", $1 - $5, $9, $10 }')
    fi
    [ $# -lt 2 ] || over=$(echo "$found" | awk '{ printf "%.4f to %.4f", $2, $3 }')
    printf '%-20s %-27s %-29s %s\n' "$name" "$(echo "$found $ends" | awk '{ printf "%.4f [%.4f, %.4f]", $1, $5, $6 }')" \
        "$difference" "$over"
}

first=
n=$(values "${names%% *}.seed1" | awk '{ print $4 }')
case $metric in top_k_accuracy) of='test events' ;; *) of='test queries' ;; esac
case $how in
keep) which="kept in the lists" ;;
remove) which="removed from the lists" ;;
new) which="removed from the lists and from the test" ;;
esac
echo "$metric at $k over $n $of, each user's training items $which."
echo "Means over the seeds; in brackets 95 % intervals by the paired bootstrap over users."
echo
printf '%-20s %-27s %-29s %s\n' schema "$metric@$k" 'difference' 'over seeds'
for schema in $names; do
    runs=
    for s in $seeds; do runs="$runs $schema.seed$s"; done
    line "$schema" $runs
done
for reference in $references; do
    line "$reference" "$reference"
done

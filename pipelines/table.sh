#!/bin/sh
# The printed table of a pipeline: for each schema a metric's mean over the seeds with its 95 % interval, and the difference to
# the first schema with its own.
#   table.sh OUT 'NAME...' 'SEED...' keep|remove METRIC K
# Intervals are of the mean over the seeds, by the paired bootstrap over users: every run draws the same users in the same
# resample (tt-eval --replicates), so a difference is taken resample by resample. They tell what other test users would change;
# the last column tells what another seed changes.
set -eu
out=$1 names=$2 seeds=$3 how=$4 metric=$5 k=$6
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-table.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The metric's column of each seed's replicates, averaged over the seeds: one number a resample.
mean_replicates() { # name
    for s in $seeds; do
        awk -F'\t' -v name="$metric@$k" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' \
            "$out/$1.seed$s.$how.replicates.tsv" >"$scratch/seed.$s"
    done
    (cd "$scratch" && paste seed.*) | awk '{ t = 0; for (i = 1; i <= NF; i++) t += $i; printf "%.12g\n", t / NF }'
    rm -f "$scratch"/seed.*
}

# The 2.5 and 97.5 % points of the numbers on standard input, as tt-eval takes them.
interval() {
    sort -g | awk '
        function at(p,  i) { i = int(p); return i < 1 ? x[1] : i >= n ? x[n] : x[i] + (p - i) * (x[i + 1] - x[i]) }
        { x[++n] = $1 }
        END { printf "%.12g %.12g\n", at((n + 1) * 0.025), at((n + 1) * 0.975) }'
}

# Mean, least and greatest over the seeds.
values() { # name
    for s in $seeds; do
        awk -F'\t' -v run="$1.seed$s" -v m="$metric" -v k="$k" '$1 == run && $2 == m && $3 == k { print $4 }' "$out/metrics.tsv"
    done | awk '{ t += $1; if (NR == 1 || $1 < a) a = $1; if (NR == 1 || $1 > b) b = $1 } END { print t / NR, a, b }'
}

first=
set -- $seeds
printf '%s at %s, mean of %s seed%s, 95 %% intervals in brackets (paired bootstrap over users)\n\n' "$metric" "$k" "$#" \
    "$([ $# -eq 1 ] || echo s)"
printf '%-20s %-27s %-29s %s\n' schema "$metric@$k" 'difference' 'over seeds'
for name in $names; do
    mean_replicates "$name" >"$scratch/$name"
    set -- $(values "$name") $(interval <"$scratch/$name")
    if [ -z "$first" ]; then
        first=$name base=$1
        difference='-'
    else
        d=$(paste "$scratch/$name" "$scratch/$first" | awk '{ printf "%.12g\n", $1 - $2 }' | interval)
        difference=$(echo "$1 $base $d" | awk '{ printf "%+.4f [%+.4f, %+.4f]", $1 - $2, $3, $4 }')
    fi
    printf '%-20s %-27s %-29s %s\n' "$name" "$(echo "$1 $4 $5" | awk '{ printf "%.4f [%.4f, %.4f]", $1, $2, $3 }')" \
        "$difference" "$(echo "$2 $3" | awk '{ printf "%.4f to %.4f", $1, $2 }')"
done

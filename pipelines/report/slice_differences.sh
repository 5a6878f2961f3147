#!/bin/sh
# What schemas differ by in each part of each slice: judges the test events of a part as tt-eval --per-event wrote them, and compares
# by tt-compare, with trainings of one seed as pairs. Prints "slice part" before the columns of tt-compare. p_holm is corrected for
# all lines. A part with a single user is left out.
#   slice_differences.sh K JOBS MODEL=FILE...        Top-K accuracy; the first model is what the others are compared with
set -eu
k=$1 jobs=$2
shift 2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-slices.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# Each run's hits by user, a file a part. All runs have the same events in the same order, so parts have the same numbers.
run=0
for arm; do
    run=$((run + 1))
    awk -v k="$k" -v run="$run" -v scratch="$scratch" '
        BEGIN { FS = OFS = "\t" }
        NR == 1 {
            for (rank = 1; $rank != "rank" && rank < NF; rank++) continue
            for (c = rank + 1; c <= NF; c++) slice[c] = substr($c, 7) # behind "slice:"
            if (rank < NF) next
            print FILENAME ": no column called slice:NAME" >"/dev/stderr"
            exit 1
        }
        {
            for (c = rank + 1; c <= NF; c++) {
                at = slice[c] SUBSEP $c
                if (!(at in number)) {
                    number[at] = ++parts
                    slice_of[parts] = slice[c]
                    part_of[parts] = $c
                }
                q = number[at]
                if (!((q, $1) in n)) user[q, ++users[q]] = $1
                n[q, $1]++
                hits[q, $1] += $rank != "-" && $rank <= k
            }
        }
        END {
            for (q = 1; q <= parts; q++) {
                file = scratch "/" q "." run
                print "user", "n", "top_k_accuracy@" k > file
                for (u = 1; u <= users[q]; u++) print user[q, u], n[q, user[q, u]], sprintf("%.9g", hits[q, user[q, u]] / n[q, user[q, u]]) > file
                close(file)
                if (run == 1 && users[q] > 1) print q, slice_of[q], part_of[q] > (scratch "/parts")
            }
        }' "${arm#*=}"
done
tab=$(printf '\t')
: >"$scratch/all"
[ -e "$scratch/parts" ] || exit 0
while IFS=$tab read -r q slice part; do
    run=0
    for arm; do
        run=$((run + 1))
        [ $run -gt 1 ] || set --
        set -- "$@" "${arm%%=*}=$scratch/$q.$run"
    done
    tt-compare -q -j "$jobs" --paired -o "$scratch/compared" "$@"
    slice=$slice part=$part awk '
        BEGIN { FS = OFS = "\t" }
        { print (NR == 1 ? "slice" : ENVIRON["slice"]), (NR == 1 ? "part" : ENVIRON["part"]), $0 }' "$scratch/compared" >>"$scratch/all"
done <"$scratch/parts"
awk '
    BEGIN { FS = OFS = "\t" }
    $1 == "slice" && $3 == "model" {
        if (!head++) print
        for (c = 1; c <= NF; c++) column[$c] = c
        next
    }
    { line[++lines] = $0; p[lines] = $column["p"]; order[lines] = lines }
    END { # Holm: the smallest times as many as there are, the next times one fewer, and none below the one before
        for (i = 2; i <= lines; i++) {
            at = order[i]
            for (j = i - 1; j > 0 && p[order[j]] > p[at]; j--) order[j + 1] = order[j]
            order[j + 1] = at
        }
        for (i = 1; i <= lines; i++) {
            corrected = p[order[i]] * (lines - i + 1)
            if (corrected > most) most = corrected
            holm[order[i]] = most < 1 ? most : 1
        }
        for (i = 1; i <= lines; i++) {
            $0 = line[i]
            $column["p_holm"] = sprintf("%.9g", holm[i])
            print
        }
    }' "$scratch/all"

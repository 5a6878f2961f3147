#!/bin/sh
# Are the verdicts of make experiment right? Worlds of tt-gen in which the meal time matters to people's taste, more or less or not
# at all; in each of them an experiment of pipelines/run.mk, as it is by default, with a schema that has the meal time and one that
# has not.
#   tests/bench/verdicts.sh [effect]...     values of tt-gen --meal-effect [0 0.2]
#   WORLDS: of each effect [20]   SEEDS: trainings of each schema [10]   BIN: folder of the programs [build/release/bin]
#   WORLD: options of tt-gen ["-n 20K --n-users 700 --n-stores 400"]    FIRST: the first world's seed [1]
#   TRAIN: options of tt-train [""]   LINES: a file for each world's line of report.tsv, behind effect and world [none]
# Prints TSV, a line an effect: how many worlds had which verdict, the mean difference of Top-10 accuracy and its standard error, the
# root of the mean variance that tt-compare gave a difference, and the mean power that it gave: the share of `helps` should be near it.
# With effect 0 that share should be at most 0.05, by chance above, and the mean difference far below the root.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
PATH=$BIN:$PATH
WORLDS=${WORLDS:-20} SEEDS=${SEEDS:-10} FIRST=${FIRST:-1}
WORLD=${WORLD:--n 20K --n-users 700 --n-stores 400} TRAIN=${TRAIN:-} LINES=${LINES:-/dev/null}
[ $# -gt 0 ] || set -- 0 0.2
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-verdicts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
printf 'user user_id id\nuser store_id history\nitem store_id id\nevent visited_at time\n' >"$work/without.schema"
{ cat "$work/without.schema" && printf 'user meal_time context\n'; } >"$work/with.schema"

printf 'meal_effect\tworlds\thelps\thurts\tcannot_tell\tdifference\terror\tpromised_error\tpower\n'
for effect; do
    world=$FIRST
    while [ "$world" -lt $((FIRST + WORLDS)) ]; do
        rm -rf "$work/out"
        tt-gen -q $WORLD --seed "$world" --meal-effect "$effect" -o "$work/visits.csv"
        make -s -j "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" -f "$root/pipelines/run.mk" TT="$BIN" JOBS=1 OUT="$work/out" \
            REVIEWS="$work/visits.csv" FEATURES='--time visited_at --zone +09:00 --add meal_time' \
            SCHEMAS="$work/without.schema $work/with.schema" SEEDS="$SEEDS" TRAIN_OPTIONS="$TRAIN" SLICES= \
            "$work/out/report.tsv" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
        awk -F'\t' -v OFS='\t' -v effect="$effect" -v world="$world" -v lines="$LINES" \
            -v names='difference users_part seeds_part power verdict' '
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
            $2 == "first" {
                print effect, world, $0 >>lines
                for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? OFS : "\n"
            }' "$work/out/report.tsv"
        world=$((world + 1))
    done | awk -F'\t' -v OFS='\t' -v effect="$effect" '
        { verdicts[$5]++; difference += $1; square += $1 * $1; variance += $2 + $3; power += $4 }
        END { print effect, NR, verdicts["helps"] + 0, verdicts["hurts"] + 0, verdicts["cannot_tell"] + 0,
              sprintf("%.4f", difference / NR), (NR > 1 ? sprintf("%.4f", sqrt((square / NR - (difference / NR) ^ 2) / (NR - 1))) : "-"),
              sprintf("%.4f", sqrt(variance / NR)), sprintf("%.2f", power / NR) }'
done

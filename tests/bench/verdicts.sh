#!/bin/sh
# Are the verdicts of tt-compare right? Worlds of tt-gen in which the meal time matters to people's taste, more or less or not at
# all; in each of them trainings that know it and trainings that do not, and what tt-compare makes of them.
#   tests/bench/verdicts.sh [effect]...     values of tt-gen --meal-effect [0 0.3 0.6]
#   WORLDS: of each effect [20]   SEEDS: trainings of each schema [5]   BIN: folder of the programs [build/release/bin]
#   WORLD: options of tt-gen ["-n 20K --n-users 700 --n-stores 400"]    TRAIN: options of tt-train [""]    FIRST: world [1]
# Prints TSV, a line an effect: how many worlds had which verdict, the mean difference of Top-10 accuracy and the mean power that
# tt-compare gave: the share of `helps` should be near it. With effect 0 the share should be at most 0.05, by chance above.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BIN:-$root/build/release/bin}:$PATH
WORLDS=${WORLDS:-20} SEEDS=${SEEDS:-5} FIRST=${FIRST:-1}
WORLD=${WORLD:--n 20K --n-users 700 --n-stores 400} TRAIN=${TRAIN:-}
[ $# -gt 0 ] || set -- 0 0.3 0.6
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-verdicts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"
printf 'user user_id id\nuser store_id history\nitem store_id id\nevent visited_at time\n' >without.schema
{ cat without.schema && printf 'user meal_time context\n'; } >with.schema

judge() { # schema seed: its figures by user
    tt-train -q $TRAIN --seed "$2" --valid "$1.valid.tt" -o model.tt "$1.tt"
    tt-encode -q --like model.tt --side item train.csv | tt-embed -q model.tt | tt-index -q -o items.tt
    tt-encode -q --like model.tt --side user test.csv | tt-embed -q model.tt | tt-query -q -k 10 -o recs.tsv items.tt
    tt-eval -q -k 10 --short --resamples 0 --truth test.csv --per-user "$1.$2.tsv" -o metrics.tsv recs.tsv
}

printf 'meal_effect\tworlds\thelps\thurts\tcannot_tell\tdifference\tpower\n'
for effect; do
    world=$FIRST
    while [ "$world" -lt $((FIRST + WORLDS)) ]; do
        tt-gen -q $WORLD --seed "$world" --meal-effect "$effect" |
            tt-feature -q --time visited_at --zone +09:00 --add meal_time >events.csv
        tt-split -q --last-share 0.2 --valid-share 0.125 --by user_id --order visited_at \
            --train train.csv --valid valid.csv --test test.csv events.csv
        runs=
        for schema in without with; do
            tt-encode -q -s $schema.schema -o $schema.tt train.csv
            tt-encode -q --like $schema.tt -o $schema.valid.tt valid.csv
            for seed in $(seq "$SEEDS"); do
                judge $schema "$seed"
                runs="$runs $schema=$schema.$seed.tsv"
            done
        done
        tt-compare -q --paired --metric top_k_accuracy@10 $runs | tail -n +2
        world=$((world + 1))
    done | awk -F'\t' -v OFS='\t' -v effect="$effect" '
        { verdicts[$NF]++; difference += $7; power += $(NF - 4) }
        END { print effect, NR, verdicts["helps"] + 0, verdicts["hurts"] + 0, verdicts["cannot_tell"] + 0,
              sprintf("%.4f", difference / NR), sprintf("%.2f", power / NR) }'
done

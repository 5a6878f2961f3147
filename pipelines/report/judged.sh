#!/bin/sh
# How an experiment was judged, in words: lines of "kind TAB name TAB text". Kinds: judged (in the order to be read), counts
# (name: keep, remove or new; text: events TAB queries TAB users) and schema (what a schema has more, or less, than the first).
#   judged.sh SCHEMA...        by the environment: OUT METRIC K SEEDS JUDGED TRAIN TEST ITEMS VALID PARTS FEATURES CONVERGE OPTIONS
set -eu
say() { printf 'judged\t%s\t%s\n' "$1" "$2"; }
comma() { printf '%s\n' "$1" | sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta'; }
first=${1##*/}
first=${first%.*}

sizes=$(tt-show "$OUT/$first.tt" | awk '$2 == "event.user" { events = $4 }
    $2 ~ /^user\..*\.vocab\.offsets$/ && !users { users = $4 - 1 } $2 ~ /^item\..*\.vocab\.offsets$/ && !items { items = $4 - 1 }
    END { print events, users, items }')
set -- $sizes "$@"
say 'Training' "$(comma "$1") events of $(comma "$2") users with $(comma "$3") items ($(basename "$TRAIN"))"
shift 3
for how in $JUDGED; do
    awk -F'\t' -v how="$how" 'NR == 1 { for (c = 1; $c != "n"; c++) continue; next }
        { events += $c; if (!($1 in had)) users++; had[$1] = 1 }
        END { printf "counts\t%s\t%d\t%d\t%d\n", how, events, NR - 1, users }' "$OUT/$first.seed1.$how.per_query.tsv"
done
say 'Parts' "$PARTS"
[ -z "$FEATURES" ] || say 'Columns added' "tt-feature $FEATURES"
of="${ITEMS:+the items of $(basename "$ITEMS")}"
of=${of:-the items of $(basename "$TRAIN")}
for how in $JUDGED; do
    case $how in
    keep) say 'Lists' "the best of all $of, without sampling; what a user has in training is kept in them" ;;
    remove) say 'Lists' "the best of all $of, without sampling; what a user has in training is removed from them" ;;
    new) say 'New to the user' "the same lists without what a user has in training, by the test events whose item is new to the user" ;;
    esac
done
case $METRIC in
top_k_accuracy) what="the share of test events whose item is among the first $K of its list" ;;
recall) what="the share of a query's test items that are among the first $K of its list" ;;
precision) what="the share of the first $K of a list that are test items of its query" ;;
hit_rate) what="the share of queries with some test item among the first $K of the list" ;;
ndcg) what="discounted cumulative gain of the first $K of a list, over the best possible" ;;
mrr) what="1 over the rank of the first test item among the first $K of a list" ;;
map) what="mean precision at the ranks of test items among the first $K of a list" ;;
esac
say 'Metric' "$METRIC@$K: $what"
[ "$METRIC" = top_k_accuracy ] || say 'Differences' 'of the means over users, where a user is the mean of their queries'
say 'Seeds' "$(if [ "$SEEDS" -gt 1 ]; then echo "1 to $SEEDS, the same for each schema"; else echo 1; fi)"
if [ -n "$VALID" ] && [ "$(head -n 2 "$VALID" | wc -l)" -eq 2 ]; then
    say 'Epochs' "the best one on $(basename "$VALID"), of which nothing is trained or tested${CONVERGE:+ (tt-train $CONVERGE)}"
elif [ -z "$VALID" ] && [ -n "$CONVERGE" ]; then
    say 'Epochs' "chosen on an eighth of each user's training events, before all of them are trained on (tt-train --valid-share 0.125 $CONVERGE)"
else
    say 'Epochs' 'the last one: nothing was put aside to validate by'
fi
[ -z "$OPTIONS" ] || say 'Options of tt-train' "$OPTIONS"
[ -z "${QUERY_OPTIONS:-}" ] || say 'Options of tt-query' "$QUERY_OPTIONS"
say 'Intervals' "95 %. Of a model and of a slice: over test users, a mean of the intervals of its trainings. Of a difference: over users and seeds together, trainings of one seed being pairs, by tt-compare; p is corrected by Holm within each list of comparisons"

# Columns of a schema, one a line, blanks made even.
columns() { sed -e 's/#.*//' -e 's/[[:space:]][[:space:]]*/ /g' -e 's/^ //; s/ $//' "$1" | grep . | sort; }
base=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-judged.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
columns "$base" >"$scratch/base"
for schema; do
    columns "$schema" >"$scratch/this"
    text=$({ comm -13 "$scratch/base" "$scratch/this" | sed 's/^/+ /'; comm -23 "$scratch/base" "$scratch/this" | sed 's/^/- /'; } |
        paste -sd ';' - | sed 's/;/; /g')
    [ "$schema" != "$base" ] || text=$(paste -sd ';' "$scratch/base" | sed 's/;/; /g')
    name=${schema##*/}
    printf 'schema\t%s\t%s\n' "${name%.*}" "$text"
done

#!/bin/bash
# How an experiment was set up, in words: lines of "kind TAB name TAB text". Kinds: lists (keep, remove or new, in the order of the
# tables), setup (in the order to be read) and schema (what a schema has more, or less, than the first).
#   setup.sh SCHEMA...        by the environment, as experiment.mk describes it
set -eu -o pipefail
say() { printf 'setup\t%s\t%s\n' "$1" "$2"; }
comma() { printf '%s\n' "$1" | sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta'; }
metric=${TABLE% *} k=${TABLE##* }
first=${1##*/}
first=${first%.*}

for table in $TABLES; do
    printf 'lists\t%s\n' "$table"
done
sizes=$(tt-show "$OUT/$first.tt" | awk -F'\t' '$2 == "event.user" { events = $4 }
    $2 ~ /^user\..*\.vocab\.offsets$/ && !users { users = $4 - 1 } $2 ~ /^item\..*\.vocab\.offsets$/ && !items { items = $4 - 1 }
    END { print events, users, items }')
set -- $sizes "$@"
say 'Training' "$(comma "$1") events of $(comma "$2") users with $(comma "$3") items ($(basename "$TRAIN"))"
shift 3
say 'Parts' "$PARTS"
[ -z "$FEATURES" ] || say 'Columns added' "tt-feature $FEATURES"
of="the items of $(basename "${ITEMS:-$TRAIN}")"
for table in $TABLES; do
    case $table in
    keep) say 'Lists' "the best of all $of, without sampling; what a user has in training is kept in them" ;;
    remove) say 'Lists' "the best of all $of, without sampling; what a user has in training is removed from them" ;;
    new) say 'New to the user' "the same lists without what a user has in training, by the test events whose item is new to the user" ;;
    esac
done
say 'Metric' "$metric@$k: $(tt-eval --list-metrics | awk -F'\t' -v metric="$metric" -v k="$k" '
    $1 == metric { sub(/ K /, " " k " ", $3); print $3 }')"
[ "$metric" = top_k_accuracy ] || say 'Differences' 'of the means over users, where a user is the mean of their queries'
say 'Seeds' "$(if [ "$SEEDS" -gt 1 ]; then echo "1 to $SEEDS, the same for each schema"; else echo 1; fi)"
if [ -n "$VALID" ] && [ "$(head -n 2 "$VALID" | wc -l)" -eq 2 ]; then
    say 'Epochs' "the best one on $(basename "$VALID"), of which nothing is trained or tested${CONVERGE:+ (tt-train $CONVERGE)}"
elif [ -z "$VALID" ] && [ -n "$CONVERGE" ]; then
    say 'Epochs' "chosen on an eighth of each user's training events, before all of them are trained on (tt-train --valid-share 0.125 $CONVERGE)"
else
    say 'Epochs' 'the last one: nothing was put aside to validate by'
fi
[ -z "$TRAIN_OPTIONS" ] || say 'Options of tt-train' "$TRAIN_OPTIONS"
[ -z "$QUERY_OPTIONS" ] || say 'Options of tt-query' "$QUERY_OPTIONS"
say 'Intervals' "95 %. Of a model and of a slice: over test users, a mean of the intervals of its trainings. Of a difference: over users and seeds together, trainings of one seed being pairs, by tt-compare; p is corrected by Holm within each list of comparisons"

# A schema's columns, one a line, sorted.
columns() { tt-encode --schema "$1" --describe | tail -n +2 | tr '\t' ' ' | sed 's/ $//' | sort; }
# Lines to "a; b; c".
in_line() { paste -sd ';' - | sed 's/;/; /g'; }
base=$(columns "$1")
for schema; do
    these=$(columns "$schema")
    if [ "$schema" = "$1" ]; then
        text=$(in_line <<<"$base")
    else
        text=$({ comm -13 <(echo "$base") <(echo "$these") | sed 's/^/+ /'; comm -23 <(echo "$base") <(echo "$these") | sed 's/^/- /'; } | in_line)
    fi
    name=${schema##*/}
    printf 'schema\t%s\t%s\n' "${name%.*}" "$text"
done

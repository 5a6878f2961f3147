#!/bin/sh
# Files of every past format version still load, and mean what they meant.
. "$(dirname "$0")/lib.sh"

for folder in "$ROOT"/tests/compat/format*; do
    f=$(basename "$folder")
    for kind in examples model rows vectors index; do
        ok "$f: $kind is whole" tt-show --check "$folder/$kind.tt"
        t "$f: $kind says what it is" 0 "$kind" '' tt-show --text kind "$folder/$kind.tt"
    done
    # The model's tables are read, not trained again: the vectors are the same on every CPU.
    tt-embed -q -o vectors.tt "$folder/model.tt" "$folder/rows.tt"
    tt-show --tsv vectors.tt >new.tsv && tt-show --tsv "$folder/vectors.tt" >old.tsv
    ok "$f: the model gives the same vectors" cmp new.tsv old.tsv
    t "$f: the index gives the same lists" 0 "$(cat "$folder/recs.tsv")" '' tt-query -q -k 3 "$folder/index.tt" "$folder/vectors.tt"
    ok "$f: examples can be trained on" tt-train -q -d 4 -e 1 -o model.tt "$folder/examples.tt"
    ok "$f: new rows are encoded like the model" tt-encode -q --like "$folder/model.tt" --side user -o rows.tt "$folder/visits.csv"
done
finish

#!/bin/bash
# The steps of experiment.mk, a function each.
#   experiment.sh STEP [ARGUMENT]...
# Files are OUT/NAME.KIND; what else a step needs is in the environment, under the names that experiment.mk describes. Prints each
# command to standard error before it runs, but not with QUIET.
set -eu -o pipefail
here=$(dirname "$0")
sides=()
[ -z "$ITEMS" ] || sides+=(--items "$ITEMS")
[ -z "$USERS" ] || sides+=(--users "$USERS")

run() {
    [ -n "$QUIET" ] || printf '%s\n' "$*" >&2
    "$@"
}

has_rows() { [ "$(head -n 2 "$1" | wc -l)" -eq 2 ]; } # FILE

encode() { # SCHEMA NAME
    run tt-encode -s "$1" "${sides[@]}" -o "$OUT/$2.tt" "$TRAIN"
}

encode_validation() { # NAME
    run tt-encode --like "$OUT/$1.tt" -o "$OUT/$1.valid.tt" "$VALID"
}

# How long a schema is trained: by VALID, or by a share of the training events. A VALID without rows cannot validate: all of
# tt-train's own epochs are run then.
train() { # RUN
    local name=${1%.seed*} seed=${1##*.seed} options
    eval "options=($TRAIN_OPTIONS)"
    if [ -z "$VALID" ]; then
        [ -z "$CONVERGE" ] || options=(--valid-share 0.125 $CONVERGE "${options[@]}")
    elif has_rows "$VALID"; then
        options=(--valid "$OUT/$name.valid.tt" $CONVERGE "${options[@]}")
    fi
    run tt-train -q -j "$JOBS" --seed "$seed" "${options[@]}" --log "$OUT/$1.log.tsv" -o "$OUT/$1.model.tt" "$OUT/$name.tt"
}

index() { # RUN
    local model=$OUT/$1.model.tt
    run tt-encode -q --like "$model" --side item "${ITEMS:-$TRAIN}" | run tt-embed -q -j "$JOBS" "$model" |
        run tt-index -q -o "$OUT/$1.items.tt"
}

queries() { # RUN
    local model=$OUT/$1.model.tt attributes=()
    [ -z "$USERS" ] || attributes=(--users "$USERS")
    run tt-encode -q --like "$model" --side user "${attributes[@]}" "$TEST" |
        run tt-embed -q -j "$JOBS" -o "$OUT/$1.users.tt" "$model"
}

list() { # RUN.keep or RUN.remove
    local trained=$OUT/${1%.*} options
    eval "options=($QUERY_OPTIONS)"
    [ "${1##*.}" = keep ] || options+=(--seen "$TRAIN")
    run tt-query -q -j "$JOBS" -k "${K##*,}" "${options[@]}" -o "$OUT/$1.recs.tsv" "$trained.items.tt" "$trained.users.tt"
}

reference() { # popular or own_frequent, .keep or .remove
    local schemas=($SCHEMAS) first
    first=$(basename "${schemas[0]}")
    bash "$here/reference.sh" "${1%%[_.]*}" "$OUT/${first%.*}.tt" "$USER_COLUMN" "$ITEM_COLUMN" "${K##*,}" "${1##*.}" "$TEST" \
        >"$OUT/$1.recs.tsv.tmp"
    mv "$OUT/$1.recs.tsv.tmp" "$OUT/$1.recs.tsv"
}

evaluate() { # RUN keep|remove|new LISTS [sliced]
    local base=$OUT/$1.$2 name=$1 options=()
    [ "$2" = "$SEEN" ] || name=$name.$2
    [ "$2" != new ] || options+=(--new "$TRAIN")
    [ -z "${4:-}" ] || options+=($(cat "$OUT/slices.options") --slices "$base.slices.tsv" --per-event "$base.per_event.tsv")
    run tt-eval -q -j "$JOBS" -k "$K" --short --run "$name" "${options[@]}" --per-query "$base.per_query.tsv" --truth "$TEST" \
        -o "$base.metrics.tsv" "$OUT/$1.$3.recs.tsv"
}

# The options by which tt-eval finds SLICES: it refuses a column that two files have, so that a file is only named where the ones
# before it do not have some slice.
slice_options() {
    local options='' slice
    for slice in $SLICES; do
        options="$options --slice $slice"
    done
    if finds_slices "$options" 2>/dev/null; then
        :
    elif finds_slices "--train $TRAIN $options" 2>/dev/null; then
        options="--train $TRAIN$options"
    elif finds_slices "${sides[*]} $options" 2>/dev/null; then
        options="${sides[*]}$options"
    else
        options="--train $TRAIN ${sides[*]}$options"
        finds_slices "$options"
    fi
    echo "$options" >"$OUT/slices.options"
}

finds_slices() { # OPTIONS: does tt-eval accept them, with lists that are empty?
    printf '%s\trank\t%s\tscore\n' "$USER_COLUMN" "$ITEM_COLUMN" |
        tt-eval -q -k 1 --short --resamples 0 --truth "$TEST" $1 --slices /dev/null -o /dev/null
}

"$@"

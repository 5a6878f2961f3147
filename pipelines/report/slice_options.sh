#!/bin/sh
# The options by which tt-eval parts the test events: prints them in one line.
#   slice_options.sh TRAIN TEST ITEMS USERS USER_COLUMN ITEM_COLUMN SLICE...
# ITEMS and USERS (may be empty) are only named when some slice is no column of TEST, as tt-eval refuses a column that two
# files have. A slice that no file has fails here: tt-eval is asked with lists that are empty.
set -eu
train=$1 test=$2 items=$3 users=$4 user=$5 item=$6
shift 6
columns=$(head -n 1 "$test" | tr -d '\r' | tr ',\t' '\n\n' | sed 's/^"\(.*\)"$/\1/')
needs_train= needs_sides= options=
for slice; do
    options="$options --slice $slice"
    case $slice in
    activity | popularity | known) printf '%s\n' "$columns" | grep -qxF -- "$slice" || needs_train=yes ;;
    *) printf '%s\n' "$columns" | grep -qxF -- "$slice" || needs_sides=yes ;;
    esac
done
[ -z "$needs_sides" ] || options="${items:+--items $items }${users:+--users $users}$options"
[ -z "$needs_train" ] || options="--train $train $options"
printf '%s\trank\t%s\tscore\n' "$user" "$item" |
    tt-eval -q -k 1 --short --resamples 0 --truth "$test" $options --slices /dev/null -o /dev/null
echo "$options"

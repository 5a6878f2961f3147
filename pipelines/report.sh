#!/bin/bash
# The steps of report.mk, a function each, which print what is to be made.
#   report.sh STEP [ARGUMENT]...
# The environment has what experiment.mk describes, METRIC_NAMES and TABLES.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)/report
metric=${TABLE% *} k=${TABLE##* }

join() { # FILE...: one table of tables with the same header
    awk 'NR == 1 || FNR > 1' "$@"
}

models() { # METRICS
    awk -v seen="$SEEN" -f "$here/models.awk" "$1"
}

slices() { # SLICES...: of the table's metric; nothing of no files
    [ $# -gt 0 ] || return 0
    awk -v seen="$SEEN" -f "$here/models.awk" "$@" |
        awk -F'\t' -v metric="$metric" -v k="$k" 'NR == 1 || ($5 == metric && $6 == k)'
}

# Trainings of one seed are pairs; a list without learning is one.
compare() { # first|previous|all|references MODEL=FILE...
    local how=(--against "$1" --paired)
    [ "$1" != references ] || how=(--against first)
    shift
    tt-compare -q -j "$JOBS" --by-user --metric "$metric@$k" "${how[@]}" "$@"
}

compare_slices() { # MODEL=FILE...; nothing of no files
    [ $# -eq 0 ] || tt-compare -q -j "$JOBS" --by-user --metric "$metric@$k" --paired --slices "$@"
}

join_comparisons() { # OUT/compare.LISTS.AGAINST.tsv...
    awk 'BEGIN { FS = OFS = "\t" }
        NR == 1 { print "lists", "against", $0 }
        FNR == 1 { n = split(FILENAME, part, "."); next }
        { print part[n - 2], part[n - 1], $0 }' "$@"
}

curves() { # model=NAME LOG... model=NEXT ...
    awk -f "$here/curves.awk" "$@"
}

times() { # MODELS model=NAME LOG... model=NEXT ...
    awk -v lists="$SEEN" -v metric="$metric" -v k="$k" -f "$here/time.awk" "$@"
}

lay_out() { # table|text|html [SVG]...
    local form=$1
    shift
    cd "$OUT"
    awk -v metric="$metric" -v k="$k" -v metric_names="$METRIC_NAMES" -f "$here/names.awk" -f "$here/facts.awk" -f "$here/$form.awk" \
        setup.tsv models.tsv report.tsv slices.tsv slice_differences.tsv "$@"
}

# Both files of a plot, by themselves. gnuplot titles lines by its commands: these are taken out.
plot() { # NAME SCRIPT MODELS
    cd "$OUT"
    LC_ALL=C.UTF-8 gnuplot -e "here='$here'; models=$3; metric='$metric'; k=$k; plot_name='$1'" "$here/$2.gp"
    sed -i 's|<title>[^<]*</title>||' "$1.svg"
}

"$@"

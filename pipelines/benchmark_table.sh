#!/bin/sh
# The table of a benchmark's rows (yelp2018.mk), from OUT/metrics.tsv and OUT/ROW.seconds.
#   benchmark_table.sh OUT K 'ROW...'
set -eu
awk -F '\t' -v out="$1" -v k="$2" -v rows="$3" '
    NR > 1 && $3 == k { value[$1, $2] = $4; text[$1, $2] = sprintf("%.4f [%.4f, %.4f]", $4, $5, $6) }
    END {
        printf "Recall and NDCG at %d, training items removed, means over the test users; in brackets 95 %% intervals.\n", k
        print "Seconds: from the CSV to the metrics, and of the training in it."
        form = "%-9s %-24s %-24s %8s %9s  %s\n"
        printf form, "row", "recall", "ndcg", "seconds", "training", "best epoch on test"
        n = split(rows, row, " ")
        for (i = 1; i <= n; i++) {
            r = row[i]
            best = r ".best_on_test"
            getline line < (out "/" r ".seconds")
            split(line, seconds, "\t")
            printf form, r, text[r, "recall"], text[r, "ndcg"], seconds[1], seconds[2],
                sprintf("%.4f / %.4f", value[best, "recall"], value[best, "ndcg"])
        }
    }' "$1/metrics.tsv"

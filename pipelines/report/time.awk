# time.tsv: the metric and the seconds of training, means over the seeds with the least and the greatest:
#   model value least greatest seconds least_seconds greatest_seconds
# From models.tsv and the logs, whose seconds count from the start of a training.
BEGIN {
    FS = OFS = "\t"
    print "model", "value", "least", "greatest", "seconds", "least_seconds", "greatest_seconds"
}
FNR == 1 {
    end()
    is_log = $1 == "epoch"
    next
}
!is_log && $1 == lists && $3 == metric && $4 == k { text[$2] = $5 OFS $8 OFS $9 }
is_log { seconds = $5 }
END {
    end()
    for (i = 1; i <= models; i++) {
        m = name[i]
        print m, text[m], sprintf("%.3f", sum[m] / runs[m]), least[m], greatest[m]
    }
}
function end() { # of a log
    if (!is_log) {
        last = model
        return
    }
    if (!(last in runs)) {
        name[++models] = last
        least[last] = greatest[last] = seconds
    }
    runs[last]++
    sum[last] += seconds
    if (seconds < least[last]) least[last] = seconds
    if (seconds > greatest[last]) greatest[last] = seconds
    last = model
}

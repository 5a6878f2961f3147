# Logs of all runs to one line a model, measure and epoch, over its seeds:
#   number model measure epoch runs mean least greatest
# Measures: loss, train_METRIC and valid_METRIC as in the logs, and kept: the epoch whose model was kept, one line a run, where it was measured.
# Of a log with runs before the final one: loss and training accuracy of the final one, validation of the one that was measured.
#   awk -f curves.awk model=NAME NAME.seed1.log.tsv NAME.seed2.log.tsv model=NEXT ...
BEGIN {
    FS = OFS = "\t"
    print "number", "model", "measure", "epoch", "runs", "mean", "least", "greatest"
}
FNR == 1 {
    keep()
    name["train"] = $3
    name["valid"] = $4
    name["loss"] = $2
    if (model != last) {
        write()
        last = model
        number++
    }
    next
}
$6 ~ /^trial/ { next }
$6 == "final" {
    add("loss", $1, $2)
    add("train", $1, $3)
}
$4 != "-" {
    add("valid", $1, $4)
    valid[$1] = $4
    if ($4 > best) {
        best = $4
        epoch = $1
    }
}
$4 == "-" { epoch = $1 }
END {
    keep()
    write()
}
function add(measure, epoch, value,  key) {
    if (value == "-") return
    key = measure OFS epoch
    if (!(key in runs)) {
        order[++keys] = key
        least[key] = greatest[key] = value
    }
    runs[key]++
    sum[key] += value
    if (value < least[key]) least[key] = value
    if (value > greatest[key]) greatest[key] = value
}
function keep() { # of the log that ends here
    if (epoch in valid) kept[++n_kept] = epoch OFS 1 OFS valid[epoch] OFS valid[epoch] OFS valid[epoch]
    split("", valid)
    best = epoch = 0
}
function write(  i, m, key) { # the model that ends here
    split("loss train valid", measures, " ")
    for (m = 1; m <= 3; m++)
        for (i = 1; i <= keys; i++) {
            key = order[i]
            if (index(key, measures[m] OFS) == 1)
                print number, last, name[measures[m]] substr(key, length(measures[m]) + 1), runs[key], sprintf("%.9g", sum[key] / runs[key]), least[key], greatest[key]
        }
    for (i = 1; i <= n_kept; i++) print number, last, "kept", kept[i]
    split("", runs)
    split("", sum)
    split("", order)
    keys = n_kept = 0
}

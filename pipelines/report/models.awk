# Runs to models. metrics.tsv (or slices) in, the mean over each model's runs out:
#   lists model [slice part] metric k value low high least greatest runs n
# lists is keep, remove or new; seen says which of them runs without a suffix are. value, low and high are means over the runs;
# least and greatest are of the runs' values.
BEGIN { FS = OFS = "\t" }
FNR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    is_sliced = "slice" in column
    if (NR == 1)
        print "lists", "model" (is_sliced ? "\tslice\tpart" : ""), "metric", "k", "value", "low", "high", "least", "greatest", "runs", "n"
    next
}
{
    model = $1
    lists = seen
    if (match(model, /\.seed[0-9]+(\.(keep|remove|new))?$/)) {
        end = substr(model, RSTART + 5)
        model = substr(model, 1, RSTART - 1)
        if (sub(/^[0-9]+\./, "", end)) lists = end
    } else if (sub(/\.new$/, "", model))
        lists = "new"
    value = $column["value"]
    what = is_sliced ? $2 OFS $3 OFS : ""
    key = lists OFS model OFS what $column["metric"] OFS $column["k"]
    if (!(key in runs)) {
        order[++keys] = key
        least[key] = greatest[key] = value
        n[key] = $column["n"]
    }
    runs[key]++
    sum[key] += value
    if ($column["low"] == "-") has_none[key] = 1
    low[key] += $column["low"]
    high[key] += $column["high"]
    if (value < least[key]) least[key] = value
    if (value > greatest[key]) greatest[key] = value
}
END {
    for (i = 1; i <= keys; i++) {
        key = order[i]
        r = runs[key]
        print key, sprintf("%.9g", sum[key] / r), key in has_none ? "-" : sprintf("%.9g", low[key] / r), \
            key in has_none ? "-" : sprintf("%.9g", high[key] / r), least[key], greatest[key], r, n[key]
    }
}

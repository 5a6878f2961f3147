# What the tables and pages are written from: setup.tsv, models.tsv, report.tsv, slices.tsv and slice_differences.tsv, in this order, read
# into arrays. metric, k and metric_names are given.
#   lists[i], n_lists          what has a table of its own: keep, remove, new
#   events[l], queries[l], users[l]
#   schemas[i], n_schemas      names; columns[name]: what a schema has more than the first
#   told[i], telling[i]        how it was set up: a heading, a text; n_told
#   models[l, i], n_models[l]  schemas, then references
#   value[l, model], low, high, least, greatest, runs, n; figure[l, model, metric, k]: the mean of any metric;
#   n_queries[l, model]
#   found[i]                   comparison i: against[], model_of[], base_of[], difference[], from[], to[], p[], verdict[], answer[], reason[]
#   n_found; is_to_first[l, model]: its place, against the first
#   slice[i], n_slices, part[s, i], n_parts[s], size[s, part], in_part[s, part, model]
#   to_first[s, part, model], least_to_first, most_to_first, p_to_first: its difference to the first schema, the interval's ends and p,
#   corrected for all n_to_first; of a part with a single user only the difference
BEGIN {
    FS = "\t"
    n_metrics = split(metric_names, metrics, " ")
}
FNR == 1 { file = FILENAME }
file == "setup.tsv" && $1 == "lists" { lists[++n_lists] = $2; next }
file == "setup.tsv" && $1 == "setup" { told[++n_told] = $2; telling[n_told] = $3; next }
file == "setup.tsv" { schemas[++n_schemas] = $2; is_schema[$2] = 1; columns[$2] = $3; next }
file == "models.tsv" && FNR > 1 {
    figure[$1, $2, $3, $4] = $5
    if ($3 == "recall") n_queries[$1, $2] = $11
    if ($2 == schemas[1] && $3 == "top_k_accuracy") events[$1] = $11
    if ($2 == schemas[1] && $3 == "recall") queries[$1] = $11
    if ($3 == metric && $4 == k) {
        models[$1, ++n_models[$1]] = $2
        value[$1, $2] = $5
        low[$1, $2] = $6
        high[$1, $2] = $7
        least[$1, $2] = $8
        greatest[$1, $2] = $9
        runs[$1, $2] = $10
        n[$1, $2] = $11
    }
    next
}
file == "report.tsv" && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
file == "report.tsv" {
    i = ++n_found
    lists_of[i] = $1
    against[i] = $2
    model_of[i] = $column["model"]
    base_of[i] = $column["base"]
    difference[i] = $column["difference"]
    from[i] = $column["low"]
    to[i] = $column["high"]
    p[i] = $column["p_holm"]
    verdict[i] = $column["verdict"]
    answer[i] = $column["answer"]
    reason[i] = $column["reason"]
    users[$1] = $column["users"]
    if (base_of[i] == schemas[1] && !(($1, model_of[i]) in is_to_first)) is_to_first[$1, model_of[i]] = i
    next
}
file == "slices.tsv" && FNR > 1 {
    if (!($3 in n_parts)) slice[++n_slices] = $3
    if (!(($3, $4) in size)) part[$3, ++n_parts[$3]] = $4
    size[$3, $4] = $13
    in_part[$3, $4, $2] = $7
    next
}
file == "slice_differences.tsv" && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
file == "slice_differences.tsv" {
    if ($column["p_holm"] != "-") n_to_first++
    to_first[$1, $2, $3] = $column["difference"]
    least_to_first[$1, $2, $3] = $column["low"]
    most_to_first[$1, $2, $3] = $column["high"]
    p_to_first[$1, $2, $3] = $column["p_holm"]
    next
}
# Do the schemas have different queries? Then means over queries are of different things.
function differs_in_queries(l,  i) {
    for (i = 2; i <= n_schemas; i++) if (n_queries[l, schemas[i]] != n_queries[l, schemas[1]]) return 1
    return 0
}
function remark_on_queries() {
    return "A schema with a context has more queries, of fewer test events each. Accuracy is over events and can be compared; " \
        "the other metrics are over queries, and only those of schemas with as many queries can."
}
function is_about_schemas(i) { return against[i] != "references" }
function pad(s, w) { while (width(s) < w) s = s " "; return s }
function right(s, w) { while (width(s) < w) s = " " s; return s }
function count(x,  s, end) {
    for (s = sprintf("%d", x); length(s) > 3; s = substr(s, 1, length(s) - 3)) end = "," substr(s, length(s) - 2) end
    return s end
}
function points(x) { return sprintf("%+.2f", 100 * x) }
function verdict_word(v) { sub(/_/, " ", v); return v }
function chance(x) { return x < 0.0001 ? "< 0.0001" : x < 0.00995 ? sprintf("%.1g", x) : sprintf("%.2f", x) }
function title_of(l) {
    return l == "new" ? "items new to the user" : l == "keep" ? "training items kept in the lists" : "training items removed from the lists"
}
function over(l) {
    return metric == "top_k_accuracy" ? count(events[l]) " test events of " count(users[l]) " users" : \
        count(queries[l]) " queries of " count(users[l]) " users"
}
# "[-0.12, +0.34]": the interval of a part's difference; a star where it is no luck.
function interval(s, q, m) {
    return (s, q, m) in to_first && p_to_first[s, q, m] != "-" ? "[" points(least_to_first[s, q, m]) ", " points(most_to_first[s, q, m]) "]" (p_to_first[s, q, m] < 0.05 ? "*" : "") : ""
}
function remark_on_slices() {
    return n_to_first ? "Intervals are 95 %, over users and seeds, each by itself. A star: p is below 0.05, corrected by Holm for all " count(n_to_first) \
        " comparisons of parts. Without one, take a difference as a question." : \
        "Among many parts some difference is large by luck: take them as questions."
}
# The difference to the first schema that is furthest from 0; its model in furthest_model.
function furthest(s, q,  m, d, best) {
    best = 0
    furthest_model = schemas[2]
    for (m = 2; m <= n_schemas; m++) {
        d = to_first[s, q, schemas[m]]
        if (d * d > best * best) {
            best = d
            furthest_model = schemas[m]
        }
    }
    return best
}
# A metric's name as the heading of a column.
function metric_title(name) {
    if (name == "top_k_accuracy") return "accuracy"
    if (length(name) <= 4) return toupper(name)
    gsub(/_/, " ", name)
    return name
}

# What the tables and pages are written from: judged.tsv, models.tsv, report.tsv, slices.tsv, slice_differences.tsv and the sentences of
# compare.LISTS.AGAINST.txt, in this order, read into arrays. metric and k are given. A part that reads more defines take().
#   lists[i], n_lists          what was judged: keep, remove, new     events[l], queries[l], users[l]
#   schemas[i], n_schemas      names; columns[name]: what a schema has more than the first
#   told[i], telling[i]        how it was judged: a heading, a text; n_told
#   models[l, i], n_models[l]  schemas, then references
#   value[l, model], low, high, least, greatest, runs, n; figure[l, model, metric, k]: the mean of any metric;
#   asked[l, model]: queries
#   found[i]                   comparison i: against[], model_of[], base_of[], difference[], from[], to[], p[], verdict[], say[]
#   n_found; is_to_first[l, model]: its place, against the first
#   slice[i], n_slices, part[s, i], n_parts[s], size[s, part], in_part[s, part, model], in_low, in_high
#   to_first[s, part, model], least_to_first, most_to_first: its difference to the first schema, and the interval's ends, where they are
#   known; p_to_first, corrected for all n_to_first
BEGIN { FS = "\t" }
FNR == 1 {
    file = FILENAME
    kind = file ~ /^compare\./ ? "say" : file
    at = 0
    if (kind == "say") {
        split(file, piece, ".")
        while (at < n_found && !(lists_of[at + 1] == piece[2] && against[at + 1] == piece[3])) at++
        ended = 0
    }
}
kind == "judged.tsv" && $1 == "judged" { told[++n_told] = $2; telling[n_told] = $3; next }
kind == "judged.tsv" && $1 == "counts" {
    lists[++n_lists] = $2
    events[$2] = $3
    queries[$2] = $4
    users[$2] = $5
    next
}
kind == "judged.tsv" { schemas[++n_schemas] = $2; is_schema[$2] = 1; columns[$2] = $3; next }
kind == "models.tsv" && FNR > 1 {
    figure[$1, $2, $3, $4] = $5
    if ($3 == "recall") asked[$1, $2] = $11
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
kind == "report.tsv" && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
kind == "report.tsv" {
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
    if (base_of[i] == schemas[1] && !(($1, model_of[i]) in is_to_first)) is_to_first[$1, model_of[i]] = i
    next
}
kind == "slices.tsv" && FNR > 1 {
    if (!($3 in n_parts)) slice[++n_slices] = $3
    if (!(($3, $4) in size)) part[$3, ++n_parts[$3]] = $4
    size[$3, $4] = $13
    in_part[$3, $4, $2] = $7
    in_low[$3, $4, $2] = $8
    in_high[$3, $4, $2] = $9
    next
}
kind == "slice_differences.tsv" && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
kind == "slice_differences.tsv" {
    n_to_first++
    to_first[$1, $2, $3] = $column["difference"]
    least_to_first[$1, $2, $3] = $column["low"]
    most_to_first[$1, $2, $3] = $column["high"]
    p_to_first[$1, $2, $3] = $column["p_holm"]
    next
}
# A sentence may be broken over lines: the next begins where the next comparison's model is named.
kind == "say" && $0 == "" { ended = 1 }
kind == "say" && !ended {
    m = at < n_found ? model_of[at + 1] : ""
    if (index($0, m " helps: ") == 1 || index($0, m " hurts: ") == 1 || index($0, m ": cannot tell.") == 1 ||
        index($0, m " makes no difference") == 1) say[++at] = $0
    else say[at] = say[at] " " $0
    next
}

# Do the schemas ask different queries? Then means over queries are of different things.
function differs_in_queries(l,  i) {
    for (i = 2; i <= n_schemas; i++) if (asked[l, schemas[i]] != asked[l, schemas[1]]) return 1
    return 0
}
function remark_on_queries() {
    return "A schema with a context asks more queries, of fewer test events each. Accuracy is over events and can be compared; " \
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
    return (s, q, m) in to_first ? "[" points(least_to_first[s, q, m]) ", " points(most_to_first[s, q, m]) "]" (p_to_first[s, q, m] < 0.05 ? "*" : "") : ""
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
        d = in_part[s, q, schemas[m]] - in_part[s, q, schemas[1]]
        if (d * d > best * best) {
            best = d
            furthest_model = schemas[m]
        }
    }
    return best
}

# report.tsv for differences.gp: the comparisons of the lists "of", in rows from the top in the order of the file. want: count: how
# many rows there are, the width of names, and how many are sure and unsure; heading: "y text"; sure, unsure: "y difference low high text", in points, of
# verdicts helps or hurts, and of the others; name: "y text"; range: least and greatest.
BEGIN { FS = OFS = "\t" }
FNR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}
$1 != of || $2 == "references" { next }
{
    if ($2 != before) {
        rows += before != "" ? 1.7 : 1
        before = $2
        text = $2 == "first" ? "to " plain($column["base"], 20) : $2 == "previous" ? "step by step" : "to all before"
        if (want == "heading") print -rows, text
    }
    rows++
    name = $2 == "all" ? plain($column["model"], 11) " - " plain($column["base"], 11) : plain($column["model"], 20)
    if (width(name) > name_width) name_width = width(name)
    verdict = $column["verdict"]
    d = 100 * $column["difference"]
    from = 100 * $column["low"]
    to = 100 * $column["high"]
    if (from < least) least = from
    if (to > greatest) greatest = to
    is_sure = verdict == "helps" || verdict == "hurts"
    sub(/_/, " ", verdict)
    if (is_sure) sure++
    else unsure++
    if (want == "name") print -rows, name
    if ((want == "sure" && is_sure) || (want == "unsure" && !is_sure))
        print -rows, d, from, to, sprintf("%+.2f  %s", d, verdict)
}
END {
    if (want == "count") print rows + 0, name_width + 0, sure + 0, unsure + 0
    if (want == "range") print least + 0, greatest + 0
}

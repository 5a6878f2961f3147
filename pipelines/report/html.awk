# report.html: a page by itself, with the plots inside. Read after the facts: the plots, NAME.svg, in the order to be shown.
file ~ /\.svg$/ {
    name = substr(file, 1, length(file) - 4)
    if (!(name in plot)) plot_order[++n_plots] = name
    if ($0 ~ /^<svg/) begun[name] = 1
    if (!(name in begun)) next
    # Marks are defined in every plot: their names must differ within a page. Lines of text are the user's.
    id = "plot" n_plots "_"
    if (!sub(/^[ \t]*<g id="/, "&" id) && $0 !~ /<text>/) {
        gsub(/id=['"]/, "&" id)
        gsub(/href='#/, "&" id)
        gsub(/url\(#/, "&" id)
    }
    if ($0 ~ /^<desc>/) next
    sub(/^<svg/, "<svg role=\"img\" aria-label=\"" escaped(caption(name)) "\"")
    plot[name] = plot[name] $0 "\n"
    next
}
END {
    head()
    answers()
    the_models()
    differences()
    slices()
    setup()
    print "</main>\n</body>\n</html>"
}

function escaped(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    gsub(/'/, "\\&#39;", s)
    return s
}
function sentence(s) { return toupper(substr(s, 1, 1)) substr(s, 2) }
function head() {
    print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<title>Does it help? " escaped(names()) "</title>"
    print "<style>"
    print "body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }"
    print "main { max-width: 48rem; margin: 0 auto; padding: 1rem; }"
    print "h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid #bbb; }"
    print "h3 { font-size: 1.05rem; margin: 1.5rem 0 .3rem; } p { margin: .5rem 0; }"
    print "ul.answer { list-style: none; padding: 0; } ul.answer li { margin: .6rem 0; padding: .5rem .8rem; background: #f4f4f4; border-left: .4rem solid #999; }"
    print "ul.answer li.helps { border-color: #0072b2; } ul.answer li.hurts { border-color: #d55e00; }"
    print ".wide { overflow-x: auto; margin: .6rem 0; } figure { margin: 1rem 0; } figcaption, .note { color: #555; font-size: .9rem; }"
    print "figure svg { display: block; width: 100%; max-width: 38rem; height: auto; }"
    print "table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums; }"
    print "th, td { padding: .2rem 0 .2rem 1.1rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }"
    print "th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; min-width: min(11rem, 36vw); } th { font-weight: 600; white-space: normal; vertical-align: bottom; border-bottom: 1px solid #888; }"
    print "dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0 0 0 1rem; overflow-wrap: anywhere; } code { font-size: .9em; overflow-wrap: anywhere; }"
    print "@media print { body { font-size: 10pt; } main { max-width: none; padding: 0; } figure, li, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .wide { overflow: visible; } figure svg { max-width: 14cm; } }"
    print "</style>\n</head>\n<body>\n<main>"
}
function names(  i, s) {
    for (i = 1; i <= n_schemas; i++) s = s (i == 1 ? "" : i == 2 ? " and " : ", ") schemas[i]
    return s
}
function caption(name) {
    if (name == "loss") return "Training loss by epoch: means over the seeds, in bands from the least to the greatest seed; the end of a line is over those that trained so long."
    if (name == "accuracy") return "Accuracy by epoch: means over the seeds, in bands from the least to the greatest seed; the end of a line is over those that trained so long. A cross is an epoch that a training kept, where validation chose it."
    if (name ~ /^differences/) return "Differences with their 95 % intervals. A full mark is a verdict; at an empty one the test cannot tell."
    return metric "@" k " by " substr(name, 7) ": means over the seeds, with 95 % intervals over users; in brackets the number of test events."
}
function figure_of(name) {
    if (!(name in plot)) return
    printf "<figure><div class=\"wide\">\n%s</div><figcaption>%s</figcaption></figure>\n", plot[name], escaped(caption(name))
}
function cells(tag, s,  cell, c, n_cells, row) { # s: cells between tabs
    n_cells = split(s, cell, "\t")
    for (c = 1; c <= n_cells; c++) row = row "<" tag ">" escaped(cell[c]) "</" tag ">"
    return "<tr>" row "</tr>"
}
function table_head(s) { print "<div class=\"wide\"><table><thead>" cells("th", s) "</thead><tbody>" }
function table_row(s) { print cells("td", s) }
function table_end() { print "</tbody></table></div>" }

function answers(  j, i, l, before) {
    print "<h1>Does it help?</h1>"
    for (j = 1; j <= n_lists; j++) {
        l = lists[j]
        print "<p>" (j > 1 ? "And " : "") escaped(metric "@" k ", " over(l) ", " title_of(l)) ".</p>"
        before = ""
        for (i = 1; i <= n_found; i++) {
            if (lists_of[i] != l || !is_about_schemas(i)) continue
            if (against[i] != before) print (before == "" ? "" : "</ul>\n") heading_of(i) "<ul class=\"answer\">"
            before = against[i]
            print "<li class=\"" verdict[i] "\"><strong>" escaped(answer[i]) "</strong> " escaped(reason[i]) "</li>"
        }
        print before == "" ? "<p>There is one schema: a second one is needed to tell what helps.</p>" : "</ul>"
    }
}
function heading_of(i) {
    return against[i] == "first" ? "" : "<p class=\"note\">Beside " (against[i] == "previous" ? "the schema before" : "all schemas before") ":</p>\n"
}
function the_models(  j, l, i, m, x) {
    print "<h2>The models</h2>"
    print "<p>A point in every table is a hundredth. Models differ by these columns of their schemas:</p><dl>"
    for (i = 1; i <= n_schemas; i++)
        print "<dt>" escaped(schemas[i]) (i > 1 ? ", beside " escaped(schemas[1]) : "") "</dt><dd><code>" escaped(columns[schemas[i]]) "</code></dd>"
    print "</dl>"
    for (j = 1; j <= n_lists; j++) {
        l = lists[j]
        if (n_lists > 1) print "<h3>" escaped(sentence(title_of(l))) "</h3>"
        table_head("\t" metric "@" k "\t95 % interval\tover seeds\tseeds")
        for (i = 1; i <= n_models[l]; i++) {
            m = models[l, i]
            x = runs[l, m] > 1 ? sprintf("%.4f to %.4f", least[l, m], greatest[l, m]) : "-"
            table_row(m "\t" sprintf("%.4f\t%.4f to %.4f\t", value[l, m], low[l, m], high[l, m]) x "\t" (m in is_schema ? runs[l, m] : "-"))
        }
        table_end()
    }
    l = lists[1]
    print "<h3>All metrics at " k "</h3>"
    x = ""
    for (j = 1; j <= n_metrics; j++) x = x "\t" metric_title(metrics[j]) (j == 1 ? "\tqueries" : "")
    table_head(x)
    for (i = 1; i <= n_models[l]; i++) {
        x = models[l, i]
        for (j = 1; j <= n_metrics; j++)
            x = x "\t" sprintf("%.4f", figure[l, models[l, i], metrics[j], k]) (j == 1 ? "\t" count(n_queries[l, models[l, i]]) : "")
        table_row(x)
    }
    table_end()
    if (differs_in_queries(l)) print "<p class=\"note\">" escaped(remark_on_queries()) "</p>"
    figure_of("accuracy")
    figure_of("loss")
}
function differences(  i, before) {
    print "<h2>Differences</h2>"
    before = ""
    for (i = 1; i <= n_found; i++) {
        if (lists_of[i] != lists_of[i - 1]) {
            if (before != "") table_end()
            before = ""
            if (n_lists > 1) print "<h3>" escaped(sentence(title_of(lists_of[i]))) "</h3>"
            figure_of("differences." lists_of[i])
        }
        if (lists_of[i] against[i] != before) {
            if (before != "") table_end()
            before = lists_of[i] against[i]
            table_head((against[i] == "references" ? "without learning" : against[i] == "previous" ? "each to the one before" : \
                against[i] == "all" ? "each to all before" : "each to the first") \
                "\tpoints\t95 % interval\tp" (is_about_schemas(i) ? "\tverdict" : ""))
        }
        table_row(model_of[i] " - " base_of[i] "\t" points(difference[i]) "\t" points(from[i]) " to " points(to[i]) "\t" chance(p[i]) \
            (is_about_schemas(i) ? "\t" verdict_word(verdict[i]) : ""))
    }
    if (before != "") table_end()
}
function slices(  i, s, q, m, x, d) {
    if (!n_slices) return
    print "<h2>Slices</h2>"
    print "<p>" escaped(metric "@" k) " by parts of the test events, means over the seeds. " escaped(remark_on_slices()) "</p>"
    for (i = 1; i <= n_slices; i++) {
        s = slice[i]
        print "<h3>" escaped(s) "</h3>"
        figure_of("slice." s)
        x = "\tevents"
        for (m = 1; m <= n_schemas; m++) x = x "\t" schemas[m]
        table_head(x (n_schemas > 1 ? "\tlargest difference to " schemas[1] : ""))
        for (q = 1; q <= n_parts[s]; q++) {
            x = part[s, q] "\t" count(size[s, part[s, q]])
            for (m = 1; m <= n_schemas; m++) x = x "\t" sprintf("%.4f", in_part[s, part[s, q], schemas[m]])
            d = furthest(s, part[s, q])
            table_row(x (n_schemas > 1 ? "\t" points(d) " " interval(s, part[s, q], furthest_model) (n_schemas > 2 ? " " furthest_model : "") : ""))
        }
        table_end()
    }
}
function setup(  i) {
    print "<h2>How it was evaluated</h2>\n<dl>"
    for (i = 1; i <= n_lists; i++)
        print "<dt>Test" (n_lists > 1 ? ", " escaped(title_of(lists[i])) : "") "</dt><dd>" count(events[lists[i]]) " events, " count(users[lists[i]]) " users</dd>"
    for (i = 1; i <= n_told; i++) print "<dt>" escaped(told[i]) "</dt><dd>" escaped(telling[i]) "</dd>"
    print "</dl>"
    print "<p class=\"note\">Beside this page: report.tsv, all comparisons; models.tsv, slices.tsv and metrics.tsv, all figures; each plot as SVG and PNG; " \
        "and <a href=\"time.svg\">time.svg</a>, accuracy and seconds of training, which are never the same twice and so not a part of this page.</p>"
}

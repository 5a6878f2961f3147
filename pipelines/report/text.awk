# report.txt: the answer, the models, the differences, the slices, how it was evaluated, the files. At most 100 columns.
END {
    answers()
    the_models()
    differences()
    slices()
    setup()
    files()
}

function heading(s) {
    print ""
    print s
    gsub(/./, "-", s)
    print s
}
# Text in lines of 100 columns; lines after the first begin with so many blanks.
function wrap(s, indent,  word, count_words, i, line, lead) {
    lead = sprintf("%" indent "s", "")
    count_words = split(s, word, " ")
    line = word[1]
    for (i = 2; i <= count_words; i++) {
        if (width(line) + 1 + width(word[i]) > 100) {
            print line
            line = lead word[i]
        } else line = line " " word[i]
    }
    print line
}
function answers(  j, i, l, before) {
    for (j = 1; j <= n_lists; j++) {
        l = lists[j]
        wrap((j > 1 ? "And " : "Does it help? ") metric "@" k ", " over(l) ", " title_of(l) ".", 0)
        print ""
        before = ""
        for (i = 1; i <= n_found; i++) {
            if (lists_of[i] != l || !is_about_schemas(i)) continue
            if (before != "" && against[i] != before) print ""
            before = against[i]
            wrap(answer[i] " " reason[i], 4)
        }
        if (before == "") print "There is one schema: a second one is needed to tell what helps."
        if (j < n_lists) print ""
    }
}
function the_models(  j, l, i, m, x) {
    heading("Models")
    for (j = 1; j <= n_lists; j++) {
        l = lists[j]
        print ""
        print pad(cut(n_lists > 1 ? title_of(l) : "", 36), 36) right(metric "@" k, 19) right("95 % interval", 20) right("over seeds", 19) right("seeds", 6)
        for (i = 1; i <= n_models[l]; i++) {
            m = models[l, i]
            x = "-"
            if (runs[l, m] > 1) x = sprintf("%.4f to %.4f", least[l, m], greatest[l, m])
            print pad(cut(m, 36), 36) right(sprintf("%.4f", value[l, m]), 19) right(sprintf("%.4f to %.4f", low[l, m], high[l, m]), 20) right(x, 19) right(m in is_schema ? runs[l, m] "" : "-", 6)
        }
    }
    print ""
    for (i = 1; i <= n_schemas; i++) wrap(schemas[i] (i > 1 ? ", beside " schemas[1] : "") ": " columns[schemas[i]], 4)
    l = lists[1]
    print ""
    all_metrics(l)
    if (differs_in_queries(l)) wrap(remark_on_queries(), 0)
}
# The means of all metrics, in as many tables as 100 columns need.
function all_metrics(l,  j, first, w) {
    for (first = 1; first <= n_metrics; first = j) {
        w = 24 + (first == 1 ? 9 : 0)
        for (j = first; j <= n_metrics && w + metric_width(metrics[j]) <= 100; j++) w += metric_width(metrics[j])
        if (first > 1) print ""
        metric_rows(l, first, j - 1)
    }
}
function metric_rows(l, first, last,  i, j, m, x) {
    x = pad("all metrics at " k, 24)
    for (j = first; j <= last; j++) x = x right(metric_title(metrics[j]), metric_width(metrics[j])) (j == 1 ? right("queries", 9) : "")
    print x
    for (i = 1; i <= n_models[l]; i++) {
        m = models[l, i]
        x = pad(cut(m, 24), 24)
        for (j = first; j <= last; j++)
            x = x right(sprintf("%.4f", figure[l, m, metrics[j], k]), metric_width(metrics[j])) (j == 1 ? right(count(n_queries[l, m]), 9) : "")
        print x
    }
}
function metric_width(name) { return length(metric_title(name)) < 8 ? 9 : length(metric_title(name)) + 1 }
function differences(  i, before) {
    heading("Differences, in points of 100")
    for (i = 1; i <= n_found; i++) {
        if (lists_of[i] against[i] != before) {
            before = lists_of[i] against[i]
            print ""
            print pad(cut((against[i] == "references" ? "without learning" : against[i] == "previous" ? "each to the one before" : \
                against[i] == "all" ? "each to all before" : "each to the first") (n_lists > 1 ? ", " short_title(lists_of[i]) : ""), 50), 50) right("difference", 11) right("95 % interval", 18) right("p", 9) (is_about_schemas(i) ? right("verdict", 12) : "")
        }
        print pad(cut(model_of[i], 24) " - " cut(base_of[i], 23), 50) right(points(difference[i]), 11) right(points(from[i]) " to " points(to[i]), 18) right(chance(p[i]), 9) (is_about_schemas(i) ? right(verdict_word(verdict[i]), 12) : "")
    }
}
function short_title(l) { return l == "new" ? "new items" : l }
function slices(  i, s, q, j, m, x, first_model, most) {
    if (!n_slices) return
    heading("Slices")
    print ""
    wrap(metric "@" k " by parts of the test events, mean over the seeds; the last column is the largest difference to " schemas[1] ", in points. " remark_on_slices(), 0)
    largest()
    most = 4
    for (first_model = 1; first_model <= n_schemas; first_model += most)
        for (i = 1; i <= n_slices; i++) {
            s = slice[i]
            print ""
            x = pad(cut(s, 24), 24) right("n", 9)
            for (m = first_model; m <= n_schemas && m < first_model + most; m++) x = x right(cut(schemas[m], 11), 12)
            print x (n_schemas > 1 ? " largest" : "")
            for (q = 1; q <= n_parts[s]; q++) {
                x = pad(cut(part[s, q], 24), 24) right(count(size[s, part[s, q]]), 9)
                for (m = first_model; m <= n_schemas && m < first_model + most; m++) x = x right(sprintf("%.4f", in_part[s, part[s, q], schemas[m]]), 12)
                print x (n_schemas > 1 ? right(points(furthest(s, part[s, q])), 8) : "")
            }
        }
    slice_differences()
}
function slice_differences(  i, s, q, m, x, first_model, most) {
    if (!n_to_first) return
    print ""
    print "The same as differences to " cut(schemas[1], 60) ", in points:"
    most = 3
    for (first_model = 2; first_model <= n_schemas; first_model += most)
        for (i = 1; i <= n_slices; i++) {
            s = slice[i]
            print ""
            x = pad(cut(s, 22), 22)
            for (m = first_model; m <= n_schemas && m < first_model + most; m++) x = x right(cut(schemas[m], 24), 25) " "
            print trimmed(x)
            for (q = 1; q <= n_parts[s]; q++) {
                x = pad(cut(part[s, q], 22), 22)
                for (m = first_model; m <= n_schemas && m < first_model + most; m++) {
                    if ((s, part[s, q], schemas[m]) in to_first)
                        x = x right(points(to_first[s, part[s, q], schemas[m]]) " " starless(interval(s, part[s, q], schemas[m])), 25) starred(interval(s, part[s, q], schemas[m]))
                    else x = x right("-", 25) " "
                }
                print trimmed(x)
            }
        }
}
function trimmed(x) { sub(/ +$/, "", x); return x }
function starless(x) { sub(/\*$/, "", x); return x }
function starred(x) { return x ~ /\*$/ ? "*" : " " }
# The five largest differences of parts.
function largest(  i, s, q, round, d, best, at, used) {
    if (n_schemas < 2) return
    print ""
    print "Largest:"
    for (round = 1; round <= 5; round++) {
        best = at = 0
        for (i = 1; i <= n_slices; i++)
            for (q = 1; q <= n_parts[slice[i]]; q++) {
                d = furthest(slice[i], part[slice[i], q])
                if (!((i, q) in used) && d * d > best * best) {
                    best = d
                    at = i
                    s = q
                }
            }
        if (!at) return
        used[at, s] = 1
        furthest(slice[at], part[slice[at], s])
        wrap("  " points(best) " " (interval(slice[at], part[slice[at], s], furthest_model) != "" ? interval(slice[at], part[slice[at], s], furthest_model) " " : "") " " slice[at] " " part[slice[at], s] ", " furthest_model " (n = " count(size[slice[at], part[slice[at], s]]) ")", 4)
    }
}
function setup(  i) {
    heading("How it was evaluated")
    print ""
    for (i = 1; i <= n_lists; i++)
        wrap("Test: " count(events[lists[i]]) " events, " count(users[lists[i]]) " users" (n_lists > 1 ? ", " title_of(lists[i]) : "") ".", 4)
    for (i = 1; i <= n_told; i++) wrap(told[i] ": " telling[i] ".", 4)
}
function files() {
    heading("Files")
    print ""
    print "report.html              the same with plots, one page"
    print "report.tsv               all comparisons, in the columns of tt-compare"
    print "models.tsv, slices.tsv   means over the seeds; metrics.tsv: every run"
    if (n_to_first) print "slice_differences.tsv    comparisons in the parts of slices, in the columns of tt-compare"
    print "curves.tsv               loss and accuracy by epoch"
    print "*.svg, *.png             plots: loss, accuracy" (n_schemas > 1 ? ", differences.HOW" : "") (n_slices ? ", slice.NAME" : "")
    print "time.svg, time.png       accuracy and seconds of training, which are never the same twice"
}

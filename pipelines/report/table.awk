# table.txt: for each schema the metric's mean over the seeds, and the difference to the first schema.
END {
    for (j = 1; j <= n_lists; j++) {
        l = lists[j]
        if (j > 1) print ""
        print metric " at " k " over " over(l) ","
        print title_of(l) ". Means over the seeds; in brackets 95 % intervals: of a model"
        print "over test users, of a difference over users and seeds."
        print ""
        print pad("schema", 20) " " pad(metric "@" k, 27) " " pad("difference", 29) " over seeds"
        for (i = 1; i <= n_models[l]; i++) line(l, models[l, i])
    }
}
function line(l, m,  d, f) {
    d = f = "-"
    if ((l, m) in is_to_first) {
        c = is_to_first[l, m]
        d = sprintf("%+.4f [%+.4f, %+.4f]", difference[c], from[c], to[c])
    }
    if (runs[l, m] > 1) f = sprintf("%.4f to %.4f", least[l, m], greatest[l, m])
    print pad(cut(m, 20), 20) " " pad(sprintf("%.4f [%.4f, %.4f]", value[l, m], low[l, m], high[l, m]), 27) " " pad(d, 29) " " f
}

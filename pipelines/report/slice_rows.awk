# slices.tsv for slice.gp: the parts of one slice from the top, each with its models below each other. want: count: rows, the
# width of names; name: "y text"; title: the name of the model of this number; points: "y value low high" of that model;
# lines: "y" between parts; range: least and greatest.
BEGIN { FS = OFS = "\t" }
FNR == 1 || $3 != of { next }
{
    if (!($2 in place)) {
        place[$2] = ++models
        model[models] = $2
    }
    if (!($4 in size)) part[++parts] = $4
    size[$4] = $13
    m = place[$2]
    value[$4, m] = $7
    from[$4, m] = $8 == "-" ? $7 : $8
    to[$4, m] = $9 == "-" ? $7 : $9
    if (!seen++ || from[$4, m] < least) least = from[$4, m]
    if (to[$4, m] > greatest) greatest = to[$4, m]
}
END {
    if (want == "title") print plain(model[number], 20)
    if (want == "range") print least + 0, greatest + 0
    for (j = 1; j <= parts; j++) {
        q = part[j]
        text = plain(q, 24) "  (" size[q] ")"
        if (width(text) > name_width) name_width = width(text)
        if (want == "name") print -j, text
        if (want == "lines" && j > 1) print 0.5 - j
        for (m = 1; m <= models; m++)
            if (want == "points" && m == number && (q, m) in value)
                print -j + 0.64 * (models > 1 ? 0.5 - (m - 1) / (models - 1) : 0), value[q, m], from[q, m], to[q, m]
    }
    if (want == "count") print parts, name_width
}

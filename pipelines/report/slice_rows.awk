# slices.tsv for slice.gp: the parts of one slice from the top, each with its models below each other. want: count: rows, the
# width of names; name: "y text"; names: "y low high text" of the models in the first part; first: its least and
# greatest, the width of these names; points: "y value low high" of the model of this number; lines: "y" between parts; range:
# least and greatest.
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
    if (want == "range") print least + 0, greatest + 0
    for (j = 1; j <= parts; j++) {
        q = part[j]
        text = plain(q, 24) "  (" size[q] ")"
        if (width(text) > name_width) name_width = width(text)
        if (want == "name") print -j, text
        if (want == "lines" && j > 1) print 0.5 - j
        for (m = 1; m <= models; m++) {
            if (!((q, m) in value)) continue
            line = -j + 0.8 * ((models + 1) / 2 - m) / models
            if (want == "points" && m == number) print line, value[q, m], from[q, m], to[q, m]
            if (want == "names" && j == 1) print line, from[q, m], to[q, m], plain(model[m], 20)
            if (j > 1) continue
            if (m == 1 || from[q, m] < first_least) first_least = from[q, m]
            if (to[q, m] > first_greatest) first_greatest = to[q, m]
            if (width(plain(model[m], 20)) > first_width) first_width = width(plain(model[m], 20))
        }
    }
    if (want == "first") print first_least + 0, first_greatest + 0, first_width + 0
    if (want == "count") print parts, name_width
}

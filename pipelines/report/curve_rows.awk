# curves.tsv for curves.gp. want: loss, train, valid or kept: "epoch mean least greatest" of the model of this number;
# range: of the measure in "of", least and greatest value, last epoch, the width of names, and the measure's name;
# labels: "x y y_label name number" a model, at the end of its line, kept apart by gap within low to high (labels.awk).
BEGIN { FS = OFS = "\t" }
FNR == 1 { next }
want == "range" || want == "labels" {
    if (width($2) > name_width) name_width = width($2)
    if (index($3, of) != 1) next
    if (!rows++) {
        least = $7
        greatest = $8
        measure = $3
    }
    if ($7 < least) least = $7
    if ($8 > greatest) greatest = $8
    if ($4 > last) last = $4
    name[$1] = plain($2, 20)
    x[$1] = $4
    y[$1] = $6
    if ($1 > models) models = $1
    next
}
index($3, want) == 1 && $1 == number { print $4, $6, $7, $8 }
END {
    if (want == "range") print least + 0, greatest + 0, last + 0, name_width, (rows ? measure : "-")
    if (want != "labels") exit
    spread()
    for (i = 1; i <= n; i++) print x[order[i]], y[order[i]], at[i], name[order[i]], order[i]
}

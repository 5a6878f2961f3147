# time.tsv for time.gp. want: points: the row of the model of this number; range: least and greatest of the metric, greatest
# seconds, the width of names; labels: "x y_label name", kept apart by gap within low to high (labels.awk).
BEGIN { FS = OFS = "\t" }
FNR == 1 { next }
{
    models++
    if (models == 1 || $3 < least) least = $3
    if ($4 > greatest) greatest = $4
    if ($7 > longest) longest = $7
    name[models] = plain($1, 20)
    x[models] = $7
    y[models] = $2
    if (width($1) > name_width) name_width = width($1)
}
want == "points" && models == number { print $5, $2, $6, $7, $3, $4 }
END {
    if (want == "range") print least + 0, greatest + 0, longest + 0, name_width + 0
    if (want != "labels") exit
    spread()
    for (i = 1; i <= n; i++) print x[order[i]], at[i], name[order[i]]
}

# Loss and metric an epoch, from the logs of all runs: out, names, seeds, valid and metric are given by experiment.mk. One
# colour and dash a schema, a line a seed; a circle marks the epoch that was kept.
set datafile separator tab
set datafile missing '-'
set xlabel 'epoch'
set grid ytics back lt 1 lw 1 lc rgb '#bbbbbb'
set border 3
set tics nomirror
set key outside right top vertical samplen 2 noenhanced
array colours[6] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#555555']
file(n, s) = sprintf('%s/%s.seed%s.log.tsv', out, word(names, n), word(seeds, s))
# Of a log with runs before the final one: the final one; the run that was measured on validation events; the epoch kept.
final = '< awk -F"\t" "NR == 1 || \$6 == \"final\"" '
measured = '< awk -F"\t" "NR == 1 || (\$4 != \"-\" && \$6 !~ /^trial/)" '
kept = '< awk -F"\t" "NR == 1 || \$6 ~ /^trial/ { next } \$4 != \"-\" { value[\$1] = \$4; if (\$4 > best + 0) { best = \$4; epoch = \$1 } }' \
    .' \$4 == \"-\" { epoch = \$1 } END { if (epoch in value) print epoch \"\t\" value[epoch] }" '
colour(n) = colours[1 + (n - 1) % 6]

do for [kind in 'svg png'] {
    if (kind eq 'svg') { set terminal svg size 900,450 font 'Helvetica,14' background 'white' } \
    else { set terminal pngcairo size 900,450 font 'Helvetica,11' }
    set output sprintf('%s/loss.%s', out, kind)
    set ylabel 'training loss (nats an event)'
    plot for [n = 1:words(names)] for [s = 1:words(seeds)] final.file(n, s) skip 1 using 1:2 with lines \
        lc rgb colour(n) dt n lw 1.5 title (s == 1 ? word(names, n) : '')
    set output sprintf('%s/accuracy.%s', out, kind)
    if (valid) {
        set ylabel metric.' on the validation events' noenhanced
        plot for [n = 1:words(names)] for [s = 1:words(seeds)] measured.file(n, s) skip 1 using 1:4 with lines \
            lc rgb colour(n) dt n lw 1.5 title (s == 1 ? word(names, n) : ''), \
            for [n = 1:words(names)] for [s = 1:words(seeds)] kept.file(n, s) using 1:2 with points \
            pt 6 ps 1.2 lw 1.5 lc rgb colour(n) notitle
    } else {
        set ylabel metric.' on training events' noenhanced
        plot for [n = 1:words(names)] for [s = 1:words(seeds)] final.file(n, s) skip 1 using 1:3 with lines \
            lc rgb colour(n) dt n lw 1.5 title (s == 1 ? word(names, n) : '')
    }
    unset output
}

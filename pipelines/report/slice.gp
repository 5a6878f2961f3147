# The metric by parts of the test events: the models of a part below each other, means over the seeds with 95 % intervals over
# users. In brackets how many events a part has.
load here.'/style.gp'
slice = plot_name[strstrt(plot_name, '.') + 1:*]
source = " -v of='".slice."' slices.tsv"
rows(kind, i) = '< '.rows_by('slice', kind, i).source
size = system(rows_by('slice', 'count', 0).source)
range = system(rows_by('slice', 'range', 0).source)
n = value_of(size, 1)
left = value_of(size, 2)
x_left = value_of(range, 1) > 0.3 * value_of(range, 2) ? value_of(range, 1) - 0.03 * (value_of(range, 2) - value_of(range, 1)) : 0
x_right = value_of(range, 2) > x_left ? value_of(range, 2) + 0.03 * (value_of(range, 2) - x_left) : x_left + 0.1

set xlabel metric.'@'.k.' by '.slice noenhanced
set yrange [-n - 0.6:-0.4]
set xrange [x_left:x_right]
set border 1
unset ytics
set grid xtics
set lmargin left + 2
set rmargin 2
set key outside top center horizontal noenhanced samplen 1.5
row = 12 + 12 * (models > 1 ? models : 2)
do for [kind in 'svg png'] {
    eval terminal(kind, 560, 100 + row * n)
    set output plot_name.'.'.kind
    plot for [i = 1:models] rows('points', i) using 2:1:3:4 with xerrorbars pt mark(i) ps 0.9 lw 1.5 lc rgb colour(i) \
            title system(rows_by('slice', 'title', i).source), \
        rows('lines', 0) using (x_left):1:(x_right - x_left):(0) with vectors nohead lw 0.5 lc rgb '#d0d0d0' notitle, \
        rows('name', 0) using (x_left):1:2 with labels right offset -1,0 noenhanced notitle
    unset output
}

# The metric by parts of one slice of the test events: the models of a part below each other, means over the seeds with 95 %
# intervals over users. In brackets how many events a part has. In the first part each line bears its model's name, behind it
# unless there is more room before.
load here.'/style.gp'
slice = plot_name[strstrt(plot_name, '.') + 1:*]
source = " -v of='".slice."' slices.tsv"
rows(kind, i) = '< '.rows_by('slice', kind, i).source
size = system(rows_by('slice', 'count', 0).source)
range = system(rows_by('slice', 'range', 0).source)
n = value_of(size, 1)
left = 0.85 * value_of(size, 2) + 2
x_left = value_of(range, 1) > 0.3 * value_of(range, 2) ? value_of(range, 1) - 0.03 * (value_of(range, 2) - value_of(range, 1)) : 0
x_right = value_of(range, 2) > x_left ? value_of(range, 2) + 0.03 * (value_of(range, 2) - x_left) : x_left + 0.1
first = system(rows_by('slice', 'first', 0).source)
share = (10 + 7.5 * value_of(first, 3)) / (540 - 9 * left)
share = share < 0.6 ? share : 0.6
is_before = value_of(first, 1) - x_left > share * (x_right - x_left)
wanted = (value_of(first, 2) - x_left * share) / (1 - share)
x_right = is_before || wanted < x_right ? x_right : wanted

set xlabel metric.'@'.k.' by '.slice noenhanced
set yrange [-n - 0.6:-0.4]
set xrange [x_left:x_right]
set border 1
unset ytics
set grid xtics
set lmargin left
set xtics step_of(x_right - x_left, 5)
set rmargin 2
unset key
row = 10 + 15 * (models > 1 ? models : 2)
points = "for [i = 1:models] rows('points', i) using 2:1:3:4 with xerrorbars pt mark(i) ps 0.9 lw 1.5 lc rgb colour(i)"
lines = "rows('lines', 0) using (x_left):1:(x_right - x_left):(0) with vectors nohead lw 0.5 lc rgb '#d0d0d0'"
parts = "rows('name', 0) using (x_left):1:2 with labels right offset -1,0 noenhanced"
names = "rows('names', 0) using ".(is_before ? "2:1:4 with labels right offset -0.7,0" : "3:1:4 with labels left offset 0.7,0")." noenhanced font small"
do for [kind in 'svg png'] {
    eval terminal(kind, 560, 80 + row * n)
    set output plot_name.'.'.kind
    small = kind eq 'svg' ? ',13' : ',10'
    eval 'plot '.points.', '.(n > 1 ? lines.', ' : '').parts.', '.names
    unset output
}

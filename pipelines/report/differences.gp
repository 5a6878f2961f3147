# What each schema changes: differences in points of 100 with their 95 % intervals, in the order of the schemas. A full mark is
# a verdict, helps or hurts; an empty one: cannot tell, or the same.
load here.'/style.gp'
lists = plot_name[strstrt(plot_name, '.') + 1:*]
source = ' -v of='.lists.' report.tsv'
rows(kind) = '< '.rows_by('difference', kind, 0).source
size = system(rows_by('difference', 'count', 0).source)
range = system(rows_by('difference', 'range', 0).source)
n = value_of(size, 1)
span = value_of(range, 2) - value_of(range, 1)
span = span > 0 ? span : 1
left = value_of(size, 2)

set xlabel metric.'@'.k.', points of 100' noenhanced
set yrange [-n - 0.8:-0.2]
set xrange [value_of(range, 1) - 0.05 * span:value_of(range, 2) + 0.05 * span]
set border 1
unset ytics
set grid xtics
set xtics step_of(1.1 * span, 6)
set lmargin left + 2
set rmargin 18
unset key
set arrow from 0, graph 0 to 0, graph 1 nohead lw 1.5 lc rgb 'black'
x_left = value_of(range, 1) - 0.05 * span
x_right = value_of(range, 2) + 0.05 * span
text = "with labels left offset 1,0 noenhanced"
sure = ", rows('sure') using 2:1:3:4 with xerrorbars pt 7 ps 1.2 lw 2 lc rgb colours[1], rows('sure') using (x_right):1:5 ".text
unsure = ", rows('unsure') using 2:1:3:4 with xerrorbars pt 6 ps 1.2 lw 2 lc rgb grey, rows('unsure') using (x_right):1:5 ".text
names = "rows('name') using (x_left):1:2 with labels right offset -1,0 noenhanced"
headings = "rows('heading') using (x_left):1:2 with labels left offset -left - 1,0 noenhanced tc rgb '#444444'"
do for [kind in 'svg png'] {
    eval terminal(kind, 560, 90 + 30 * n)
    set output plot_name.'.'.kind
    eval 'plot '.names.', '.headings.(value_of(size, 3) > 0 ? sure : '').(value_of(size, 4) > 0 ? unsure : '')
    unset output
}

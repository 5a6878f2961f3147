# Accuracy against seconds of training, by each schema's mean over the seeds; whiskers reach to the least and the greatest.
load here.'/style.gp'
source = ' time.tsv'
rows(i) = '< '.rows_by('time', 'points', i).source
range = system(rows_by('time', 'range', 0).source)
set xlabel 'seconds of training'
set ylabel metric.'@'.k noenhanced
span = value_of(range, 2) - value_of(range, 1)
span = span > 0 ? span : 0.01
low = value_of(range, 1) - 0.1 * span
high = value_of(range, 2) + 0.1 * span
labels = '< '.rows_by('time', 'labels', 0).sprintf(' -v low=%g -v high=%g -v gap=%g', low, high, 0.07 * (high - low)).source
set xrange [0:value_of(range, 3) * 1.05]
set yrange [low:high]
set rmargin (value_of(range, 4) < 20 ? value_of(range, 4) : 20) + 2
unset key
do for [kind in 'svg png'] {
    eval terminal(kind, 560, 340)
    set output plot_name.'.'.kind
    plot for [i = 1:models] rows(i) using 1:2:3:4:5:6 with xyerrorbars pt mark(i) ps 1.2 lw 1.5 lc rgb colour(i), \
        labels using 1:2:3 with labels left offset 1,0 noenhanced
    unset output
}

# loss and accuracy by epoch: each schema's mean over its seeds, with a band from the least to the greatest seed. A cross marks
# the epoch that was kept in a training.
load here.'/style.gp'
source = ' curves.tsv'
range_of(measure) = system(rows_by('curve', 'range', 0)." -v of=".measure.source)
wanted = plot_name eq 'loss' ? 'loss' : word(range_of('valid'), 5) eq '-' ? 'train' : 'valid'
range = range_of(wanted)
span = value_of(range, 2) - value_of(range, 1)
span = span > 0 ? span : 0.1
low = value_of(range, 1) - 0.05 * span
high = value_of(range, 2) + 0.05 * span
last = int(value_of(range, 3))
name_width = value_of(range, 4) < 20 ? value_of(range, 4) : 20
measure = word(range, 5)
labels = '< '.rows_by('curve', 'labels', 0).sprintf(' -v of=%s -v low=%g -v high=%g -v gap=%g', wanted, low, high, 0.06 * (high - low)).source
rows(kind, i) = '< '.rows_by('curve', kind, i).source

set xlabel 'epoch'
set ylabel wanted eq 'loss' ? 'training loss (nats an event)' : \
    measure[strstrt(measure, '_') + 1:*].(wanted eq 'valid' ? ', validation' : ', training events') noenhanced
side = last > 1 ? 0.04 * (last - 1) : 0.2
set xrange [last > 1 ? 1 : 0.8 : last + side]
set yrange [low:high]
set xtics nomirror
set rmargin name_width + 2
unset key
# Marks stand on every few epochs, each schema's on others.
step = models > ceil(last / 6.0) ? models : ceil(last / 6.0)
bands = "for [i = 1:models] rows(wanted, i) using 1:3:4 with filledcurves fs transparent solid 0.15 noborder lc rgb colour(i)"
lines = "for [i = 1:models] rows(wanted, i) using 1:2 with lines lc rgb colour(i) dt dash(i) lw 2"
points = "for [i = 1:models] rows(wanted, i) every step::((i - 1) % (last < step ? last : step)) using 1:2 with points lc rgb colour(i) lw 2 pt mark(i) ps 0.9"
ends = "labels using 1:2:(last + side - $1):($3 - $2) with vectors nohead lw 1 lc rgb grey, labels using (last + side):3:4 with labels left offset 0.5,0 noenhanced"
kept = wanted eq 'valid' ? ", for [i = 1:models] rows('kept', i) using 1:2 with points pt 2 ps 0.7 lw 1.2 lc rgb colour(i)" : ''
do for [kind in 'svg png'] {
    eval terminal(kind, 560, 340)
    set output plot_name.'.'.kind
    eval 'plot '.bands.', '.lines.', '.points.', '.ends.kept
    unset output
}

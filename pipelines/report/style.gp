# What all plots share. Given: here, the folder of these scripts; plot_name; models, how many; metric, k. Plots are told
# apart by marker and dash as well as by colour, so that they can be read in grey.
set encoding utf8
set datafile separator tab
set datafile missing '-'
set border 3
set tics nomirror
set grid back lt 1 lw 1 lc rgb '#d0d0d0'
array colours[6] = ['#0072b2', '#d55e00', '#009e73', '#a0508a', '#3a3a3a', '#56b4e9']
array marks[8] = [7, 4, 9, 6, 5, 8, 13, 12]
array dashes[5] = [1, 2, 4, 3, 5]
colour(i) = colours[1 + (i - 1) % 6]
mark(i) = marks[1 + (i - 1) % 8]
dash(i) = dashes[1 + (i - 1) % 5]
grey = '#666666'

# Rows of one kind, and of one model (0: all), as PLOT_rows.awk makes them; values of one line of them.
rows_by(script, kind, i) = sprintf("LC_ALL=C awk -f '%s/names.awk' -f '%s/labels.awk' -f '%s/%s_rows.awk' -v want=%s -v number=%d", here, here, here, script, kind, i)
value_of(line, i) = real(word(line, i))

# A step of 1, 2 or 5 times a power of ten that cuts the span into at most n.
power_below(x) = 10 ** floor(log10(x))
round_up(x, p) = (x <= p ? 1 : x <= 2 * p ? 2 : x <= 5 * p ? 5 : 10) * p
step_of(span, n) = round_up(span / n, power_below(span / n))

# An SVG of so many points, and a PNG of twice as many pixels.
svg(width, height) = sprintf("set terminal svg size %d,%d dynamic font 'Helvetica,15' background 'white'", width, height)
png(width, height) = sprintf("set terminal pngcairo size %d,%d font 'Helvetica,11' fontscale 2 linewidth 2 pointscale 2 background 'white'", 2 * width, 2 * height)
terminal(kind, width, height) = kind eq 'svg' ? svg(width, height) : png(width, height)

# Names of any length in UTF-8, for an awk of bytes (LC_ALL=C).

# Characters, not bytes.
function width(s,  t) { t = s; return length(s) - gsub(/[\200-\277]/, "", t) }
# At most w characters; what was cut shows.
function cut(s, w) {
    if (width(s) <= w) return s
    while (width(s) > w - 2) sub(/([\300-\377][\200-\277]*|[\001-\177])$/, "", s)
    return s ".."
}
# For gnuplot, to which quotes in a table mean something.
function plain(s, w) { gsub(/"/, "\342\200\235", s); return cut(s, w) }

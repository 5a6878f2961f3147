# Labels beside points, kept apart: y[1 .. models] where they belong. Fills n, order[1 .. n], the models from the lowest up, and
# at[1 .. n], where their labels go: those nearer than gap become a block about its mean, which ends below high and above low.
function spread(  i, j, swap, b, blocks, first, last, middle) {
    n = 0
    for (i = 1; i <= models; i++) if (i in y) order[++n] = i
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && y[order[j]] < y[order[j - 1]]; j--) {
            swap = order[j]
            order[j] = order[j - 1]
            order[j - 1] = swap
        }
    for (i = 1; i <= n; i++) {
        blocks++
        first[blocks] = last[blocks] = i
        middle[blocks] = inside(y[order[i]], 1)
        while (blocks > 1 && middle[blocks - 1] + room(first[blocks - 1], last[blocks - 1]) > middle[blocks] - room(first[blocks], last[blocks])) {
            blocks--
            last[blocks] = last[blocks + 1]
            middle[blocks] = 0
            for (j = first[blocks]; j <= last[blocks]; j++) middle[blocks] += y[order[j]] / (last[blocks] - first[blocks] + 1)
            middle[blocks] = inside(middle[blocks], last[blocks] - first[blocks] + 1)
        }
    }
    for (b = 1; b <= blocks; b++)
        for (i = first[b]; i <= last[b]; i++) at[i] = middle[b] + gap * (i - (first[b] + last[b]) / 2)
}
function room(first, last) { return gap * (last - first + 1) / 2 }
function inside(x, size) {
    if (x > high - gap * size / 2) x = high - gap * size / 2
    return x < low + gap * size / 2 ? low + gap * size / 2 : x
}

# What tt-eval --per-query wrote, a line a query, to a line a user: schemas that differ in their contexts ask different queries,
# but the same users and events judge them. A figure becomes a user's mean over events (top_k_accuracy) or over queries.
BEGIN { FS = OFS = "\t" }
NR == 1 {
    for (n = 1; $n != "n"; n++)
        if (n > NF) exit 1
    for (i = n + 1; i <= NF; i++) name[i] = $i
    columns = NF
    next
}
{
    if (!($1 in events)) user[++users] = $1
    events[$1] += $n
    queries[$1]++
    for (i = n + 1; i <= columns; i++) sum[$1, i] += name[i] ~ /^top_k_accuracy@/ ? $i * $n : $i
}
END {
    printf "user\tn"
    for (i = n + 1; i <= columns; i++) printf "\t%s", name[i]
    print ""
    for (u = 1; u <= users; u++) {
        printf "%s\t%d", user[u], events[user[u]]
        for (i = n + 1; i <= columns; i++)
            printf "\t%.9g", sum[user[u], i] / (name[i] ~ /^top_k_accuracy@/ ? events[user[u]] : queries[user[u]])
        print ""
    }
}

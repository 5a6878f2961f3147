#!/bin/sh
# What no learning reaches: lists of the most popular items, and of each user's own most frequent ones filled up with popular
# ones. A model that does not beat these has learnt nothing.
#   reference.sh popular|own EXAMPLES USER_COLUMN ITEM_COLUMN K keep|remove TEST > recs.tsv
# EXAMPLES are encoded training events; TEST a file with the user column. Ties go to the item that came first.
set -eu
kind=$1 examples=$2 user=$3 item=$4 k=$5 seen=$6 test=$7
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-reference.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

tt-show --rows event.user "$examples" | tail -n +2 >"$scratch/users"
tt-show --rows event.item "$examples" | tail -n +2 | paste "$scratch/users" - >"$scratch/events"
tt-show --rows "item.$item.vocab" "$examples" | tail -n +2 >"$scratch/items"
tt-show --rows "user.$user.vocab" "$examples" | tail -n +2 >"$scratch/names"
# The test's users, each once, as codes: those that training does not know get code 0 and are named from the file itself.
printf 'user "%s" id\nitem "%s" id\n' "$user" "$item" >"$scratch/schema"
tt-encode -q -s "$scratch/schema" -o "$scratch/test.tt" "$test"
tt-show --rows "user.$user.vocab" "$scratch/test.tt" | tail -n +2 >"$scratch/asked"

# Items by falling popularity: code, visits.
cut -f 2 "$scratch/events" | sort -n | uniq -c | sort -k1,1nr -k2,2n | awk '{ print $2 "\t" $1 }' >"$scratch/popular"

printf '%s\trank\t%s\tscore\n' "$user" "$item"
awk -F'\t' -v kind="$kind" -v k="$k" -v seen="$seen" '
    FILENAME ~ /\/items$/ { text[FNR] = $0; next }
    FILENAME ~ /\/names$/ { code[$0] = FNR; next }
    FILENAME ~ /\/popular$/ { order[++n] = $1; popular[$1] = $2; total += $2; next }
    FILENAME ~ /\/events$/ {
        if (!(($1, $2) in own)) has[$1] = has[$1] " " $2
        own[$1, $2]++
        next
    }
    {
        u = $0 in code ? code[$0] : 0
        split("", listed)
        rank = 0
        if (kind == "own" && seen == "keep") {
            m = split(has[u], mine, " ")
            for (i = 2; i <= m; i++)
                for (j = i; j > 1 && before(mine[j], mine[j - 1]); j--) {
                    swap = mine[j]; mine[j] = mine[j - 1]; mine[j - 1] = swap
                }
            for (i = 1; i <= m && rank < k; i++) {
                listed[mine[i]] = 1
                print $0 "\t" ++rank "\t" text[mine[i]] "\t" own[u, mine[i]]
            }
        }
        for (i = 1; i <= n && rank < k; i++)
            if (!(order[i] in listed) && !(seen == "remove" && (u, order[i]) in own))
                print $0 "\t" ++rank "\t" text[order[i]] "\t" popular[order[i]] / total
    }
    function before(a, b) { # of the user u
        if (own[u, a] != own[u, b]) return own[u, a] > own[u, b]
        return popular[a] != popular[b] ? popular[a] > popular[b] : a + 0 < b + 0
    }
' "$scratch/items" "$scratch/names" "$scratch/popular" "$scratch/events" "$scratch/asked"

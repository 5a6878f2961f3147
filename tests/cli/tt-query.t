#!/bin/sh
# tt-query: an index and query vectors in, ranked lists out.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$BIN/../tools}
PATH=$TOOLS:$PATH

tsv() { printf '%b' "$1"; }
printf 'store_id\ta\tb\ns1\t1\t0\ns2\t0\t1\ns3\t0.5\t0.75\n' >s.tsv
printf 'user_id\tmeal\ta\tb\nu1\tlunch\t1\t0.5\nu2\tlate\\tnight\t0\t1\nu3\tlunch\t0\t0\n' >u.tsv
mkvec -s item <s.tsv >s.vec
mkvec -k 2 -s user <u.tsv >u.vec
tt-index s.vec >s.tt
common_tests tt-query u.vec s.tt

# ---- lists ----
expected=$(tsv 'user_id\tmeal\trank\tstore_id\tscore
u1\tlunch\t1\ts1\t1
u1\tlunch\t2\ts3\t0.875
u2\tlate\\tnight\t1\ts2\t1
u2\tlate\\tnight\t2\ts3\t0.75
u3\tlunch\t1\ts1\t0
u3\tlunch\t2\ts2\t0')
t 'the best two; ties in the order of the index' 0 "$expected" 'tt-query: 3 queries' tt-query -k 2 s.tt u.vec
t 'quiet' 0 "$expected" '' tt-query -q --top 2 s.tt u.vec
cat u.vec >same.vec
t 'standard input' 0 "$expected" 'tt-query: 3 queries' sh -c 'tt-query -k 2 s.tt <u.vec'
t 'a pipe' 0 "$expected" 'tt-query: 3 queries' sh -c 'cat u.vec | tt-query -k 2 s.tt'
t 'the index from standard input' 0 "$expected" 'tt-query: 3 queries' sh -c 'cat s.tt | tt-query -k 2 - u.vec'
tt-query -q -k 2 -o out.tsv s.tt u.vec
t '-o' 0 "$expected" '' cat out.tsv
mkvec -k 2 -s user -r 1 <u.tsv >parts.vec
t 'a stream of segments' 0 "$expected" 'tt-query: 3 queries' tt-query -k 2 s.tt parts.vec
t 'fewer than k, and why' 0 '*' 'tt-query: 3 queries; 3 of them found fewer than 4 items: the index has fewer' \
    tt-query -k 4 s.tt u.vec
ok 'three rows each' sh -c '[ "$(tt-query -q -k 4 s.tt u.vec | wc -l)" -eq 10 ]'
head -n 1 u.tsv | mkvec -k 2 >none.vec
t 'no queries: the header' 0 "$(tsv 'user_id\tmeal\trank\tstore_id\tscore')" 'tt-query: 0 queries' tt-query s.tt none.vec
head -n 1 s.tsv | mkvec | tt-index >none.tt
t 'an empty index: the header' 0 "$(tsv 'user_id\tmeal\trank\tstore_id\tscore')" \
    'tt-query: 3 queries; 3 of them found fewer than 10 items: the index has fewer' tt-query none.tt u.vec

# Answers come before the next segment does: the pipe is held open until the first answer is there.
segment=$(($(head -n 2 u.tsv | mkvec -k 2 -s user | wc -c)))
mkfifo way
{ head -c "$segment" parts.vec; for i in 1 2 3 4 5 6 7 8 9 10; do grep -q '^u1' early.tsv && break; sleep 0.2; done
  cp early.tsv at-once.tsv; tail -c +$((segment + 1)) parts.vec; } >way &
tt-query -q -k 1 s.tt <way >early.tsv
wait
ok 'a segment is answered before the next is read' sh -c 'grep -q "^u1" at-once.tsv && ! grep -q "^u2" at-once.tsv'
ok 'and the rest after it' sh -c 'tt-query -q -k 1 s.tt u.vec | cmp - early.tsv'

# ---- the same bytes for any number of threads, and against a plain truth ----
genvec 1500 20 1 item i >i.vec
genvec 311 20 2 user u >q.vec
tt-index i.vec >i.tt
tt-query -q -j 1 -k 12 i.tt q.vec >j1
tt-query -q -j 2 -k 12 i.tt q.vec >j2
tt-query -q -j 3 -k 12 i.tt q.vec >j3
ok '-j 1, 2 and 3: the same bytes' sh -c 'cmp j1 j2 && cmp j1 j3'
tt-show --tsv i.vec >i.all
tt-show --tsv q.vec | head -n 40 >q.all
awk -F '\t' '
NR == FNR { if (FNR > 1) { id[++n] = $1; for (d = 2; d <= NF; d++) v[n, d] = $d } next }
FNR > 1 {
    for (i = 1; i <= n; i++) { s[i] = 0; for (d = 2; d <= NF; d++) s[i] += $d * v[i, d]; used[i] = 0 }
    for (r = 1; r <= 12; r++) {
        best = 0
        for (i = 1; i <= n; i++) if (!used[i] && (!best || s[i] > s[best])) best = i
        used[best] = 1
        printf "%s\t%d\t%s\t%.4f\n", $1, r, id[best], s[best]
    }
}' i.all q.all >truth
head -n 469 j1 | awk -F '\t' 'NR > 1 { printf "%s\t%d\t%s\t%.4f\n", $1, $2, $3, $4 }' >found
ok 'the lists of a plain awk program' cmp truth found

# ---- seen items ----
printf 'user_id,store_id,stars\nu1,s1,5\nu1,s1,4\nu9,s1,1\nu1,gone,3\n' >seen.csv
printf 'store_id\tuser_id\ns2\tu2\n' >seen.tsv
t 'seen items are left out' 0 "$(tsv 'user_id\tmeal\trank\tstore_id\tscore
u1\tlunch\t1\ts3\t0.875
u2\tlate\\tnight\t1\ts3\t0.75
u3\tlunch\t1\ts1\t0')" 'tt-query: seen.csv: 1 of 4 rows name items that the index does not have
tt-query: 3 queries' tt-query -k 1 --seen seen.csv --seen seen.tsv s.tt u.vec
t 'seen items leave fewer' 0 '*' 'tt-query: 3 queries; 1 of them found fewer than 3 items: the items seen leave fewer' \
    tt-query -k 3 --seen seen.tsv s.tt u.vec
printf 'user_id,store_id\nu1,s1\nu1,s2\nu1,s3\nu2,s1\nu2,s2\nu2,s3\nu3,s1\nu3,s2\nu3,s3\n' >all.csv
t 'all seen: no rows' 0 "$(tsv 'user_id\tmeal\trank\tstore_id\tscore')" \
    'tt-query: 3 queries; 3 of them found fewer than 2 items: the items seen leave fewer' tt-query -k 2 --seen all.csv s.tt u.vec
printf 'user,store_id\nu1,s1\n' >names.csv
t 'no key column' 1 '*' "tt-query: names.csv: no column 'user_id' (there are: user, store_id)" tt-query --seen names.csv s.tt u.vec
printf 'user_id,store_id\nu1\n' >short.csv
t 'a short row' 1 '*' 'tt-query: short.csv:2: expected 2 fields, found 1' tt-query --seen short.csv s.tt u.vec

# ---- items as queries ----
t 'similar items, without itself' 0 "$(tsv 'store_id\trank\tsimilar_store_id\tscore
s1\t1\ts3\t0.5
s1\t2\ts2\t0
s2\t1\ts3\t0.75
s2\t2\ts1\t0
s3\t1\ts2\t0.75
s3\t2\ts1\t0.5')" 'tt-query: 3 queries; 3 of them found fewer than 3 items: an item is not in its own list' \
    tt-query -k 3 s.tt s.vec
ok 'an index as its own queries: the same lists' sh -c 'tt-query -q -k 3 s.tt s.vec >a; tt-query -q -k 3 s.tt s.tt >b; cmp a b'
t 'similar items with --seen' 2 '*' "tt-query: --seen cannot be used here: the queries' key and the index's items are one column, 'store_id'
Try 'tt-query --help'." tt-query --seen seen.csv s.tt s.vec

# ---- parts that do not belong together ----
mkvec -s item -m 0123456789abcdef <s.tsv | tt-index >m1.tt
mkvec -k 2 -s user -m fedcba9876543210 <u.tsv >m2.vec
mkvec -k 2 -s user -m 0123456789abcdef <u.tsv >m1.vec
t 'the same model' 0 "$expected" 'tt-query: 3 queries' tt-query -k 2 m1.tt m1.vec
t 'another model' 1 '' \
    'tt-query: m2.vec: vectors were made by another model (fedcba98...) than those of m1.tt (01234567...)' tt-query m1.tt m2.vec
t 'an index without a model: a note' 0 "$expected" 'tt-query: s.tt does not say which model made its vectors, so it is not checked that they belong together
tt-query: 3 queries' tt-query -k 2 s.tt m1.vec
t 'queries without a model: a note' 0 "$expected" 'tt-query: u.vec does not say which model made its vectors, so it is not checked that they belong together
tt-query: 3 queries' tt-query -k 2 m1.tt u.vec
printf 'user_id\ta\tb\tc\nu\t1\t2\t3\n' | mkvec >three.vec
t 'other dimensions' 1 '' 'tt-query: three.vec: vectors of 3 dimensions, but s.tt has 2' tt-query s.tt three.vec
t 'vectors as the index' 1 '' "tt-query: s.vec: holds 'vectors', expected 'index'" tt-query s.vec u.vec
tt-show --help >help.txt
t 'a text as the vectors' 1 '' 'tt-query: help.txt: not a tt file' tt-query s.tt help.txt
printf 'rank\ta\tb\nu\t1\t2\n' | mkvec >rank.vec
t 'a key column of a bad name' 1 '' "tt-query: rank.vec: a key column cannot have the name 'rank'" tt-query s.tt rank.vec
t 'no index' 2 '' "tt-query: an operand is missing: tt-query [OPTION]... INDEX [VECTORS]
Try 'tt-query --help'." tt-query
t 'both from standard input' 2 '' "tt-query: index and query vectors cannot both be standard input
Try 'tt-query --help'." tt-query -
t '-k 0' 2 '' "tt-query: --top: '0' is not a whole number from 1 to 1000000
Try 'tt-query --help'." tt-query -k 0 s.tt u.vec

# ---- cut and damaged ----
mkvec -k 2 -r 1 -e 0 <u.tsv >open.vec
t 'a stream without its last segment' 1 '*' 'tt-query: open.vec: truncated: the last segment is missing' tt-query s.tt open.vec
damage() { # FILE: cut and turned; the query that is told by $1 in place of FILE must fail with a message
    size=$(($(wc -c <"$1"))) at=0 accepted=
    while [ "$at" -lt "$size" ]; do
        head -c "$at" "$1" >bad
        if [ "$1" = s.tt ]; then tt-query -q bad u.vec; else tt-query -q s.tt bad; fi >out 2>err
        [ $? -eq 1 ] && grep -q '^tt-query: bad: ' err || accepted="$accepted $at"
        flipbit $((8 * at + at % 8)) <"$1" >bad
        if [ "$1" = s.tt ]; then tt-query -q bad u.vec; else tt-query -q s.tt bad; fi >out 2>err
        [ $? -eq 1 ] && grep -q '^tt-query: bad: ' err || accepted="$accepted bit-of-$at"
        at=$((at + 29))
    done
    ok "$1 cut or with a bit turned: refused (accepted:$accepted)" [ -z "$accepted" ]
}
damage s.tt
damage parts.vec
finish

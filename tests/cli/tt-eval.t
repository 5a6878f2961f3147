#!/bin/sh
# tt-eval: figures by hand, every error, and the same bytes for any number of threads.
. "$(dirname "$0")/lib.sh"

tab() { # lines with blanks between fields, to TSV
    tr ' ' '\t'
}

tab >recs.tsv <<'END'
user_id rank store_id score
u1 1 a 0.9
u1 2 b 0.8
u1 3 c 0.7
u2 1 d 0.9
u2 2 a 0.5
u2 3 e 0.1
u4 1 z 0.3
END
cat >test.csv <<'END'
user_id,visited,store_id
u1,1,b
u2,1,a
u1,2,b
u1,3,x
u2,2,d
u3,1,c
END

# u1's targets are b (2 events) and x, and b is at rank 2. u2's are a and d, at ranks 2 and 1. u3 has no list.
# k = 1: events 1/6; recall (0 + 1/2 + 0)/3; precision, ndcg, mrr, hit_rate, map (0 + 1 + 0)/3; items a, d.
# k = 2: events (2 + 2)/6; recall (1/2 + 1 + 0)/3; precision the same; ndcg (0.630930/1.630930 + 1)/3 = 0.462284;
#        mrr (1/2 + 1)/3; hit_rate 2/3; map ((1/2)/2 + 1)/3; items a, b, d.
by_hand=$(tab <<'END'
run metric k value low high n
- top_k_accuracy 1 0.166666667 - - 6
- top_k_accuracy 2 0.666666667 - - 6
- recall 1 0.166666667 - - 3
- recall 2 0.5 - - 3
- precision 1 0.333333333 - - 3
- precision 2 0.5 - - 3
- ndcg 1 0.333333333 - - 3
- ndcg 2 0.462284269 - - 3
- mrr 1 0.333333333 - - 3
- mrr 2 0.5 - - 3
- hit_rate 1 0.333333333 - - 3
- hit_rate 2 0.666666667 - - 3
- map 1 0.333333333 - - 3
- map 2 0.416666667 - - 3
- distinct_items 1 2 - - 2
- distinct_items 2 3 - - 2
END
)
by_hand_of() { # arguments of tt-eval: its rows about what is computed by hand here
    tt-eval "$@" | grep -wE "$(printf '%s\n' "$by_hand" | cut -f 2 | sort -u | paste -sd '|')"
}
t 'figures by hand, and notes' 0 "$by_hand" 'tt-eval: test events: 6, queries: 3, users: 3
tt-eval: queries without a list: 1 (their metrics are 0)
tt-eval: test events whose item is in no list: 1
tt-eval: lists ignored, their query is not in the truth: 1 (rows: 1)' \
    by_hand_of -k 1,2 --resamples 0 --truth test.csv recs.tsv
t '--list-metrics: those that are written, in their order' 0 \
    "$(tt-eval -q -k 1 --resamples 0 --truth test.csv recs.tsv | sed 1d | cut -f 2 | grep -v distinct)" '' \
    sh -c 'tt-eval --list-metrics | sed 1d | cut -f 1'
t 'all are in the manual' 0 "$(tt-eval --list-metrics | sed 1d | cut -f 1)" '' \
    sh -c "sed -n 's/^\.It Cm //p' '$ROOT/man/tt-eval.1' | sed -n '/^top_k_accuracy$/,/^distinct_items$/p' | sed '\$d'"
t 'with a meaning each' 0 'metric mean_over meaning
top_k_accuracy events the share of test events whose item is among the first K of its list' '' \
    sh -c 'tt-eval --list-metrics | head -n 2 | tr "\t" " "'
t '--quiet says nothing' 0 "$by_hand" '' by_hand_of -q -k 1,2 --resamples 0 --truth test.csv recs.tsv

# Three users: 27 draws. The lowest, three times u3, has probability 1/27 = 0.037 > 0.025, and so has the highest.
t 'the interval reaches the extremes of three users' 0 "$(tab <<'END'
run metric k value low high n
r.seed1 top_k_accuracy 2 0.666666667 0 1 6
r.seed1 recall 2 0.5 0 1 3
r.seed1 precision 2 0.5 0 1 3
r.seed1 ndcg 2 0.462284269 0 1 3
r.seed1 mrr 2 0.5 0 1 3
r.seed1 hit_rate 2 0.666666667 0 1 3
r.seed1 map 2 0.416666667 0 1 3
r.seed1 distinct_items 2 3 - - 2
END
)" '' by_hand_of -q -k 2 --run r.seed1 --truth test.csv recs.tsv

# --- context: each meal of a user is a query, the interval's cluster is the user ---
tab >meals.tsv <<'END'
user meal rank shop score
u1 lunch 1 a 1
u1 lunch 2 b 1
u1 dinner 1 b 1
u2 lunch 1 c 1
END
tab >meals.csv <<'END'
shop meal user
b lunch u1
b dinner u1
c dinner u1
c lunch u2
END
t 'a query is a value of all key columns' 0 "$(tab <<'END'
- top_k_accuracy 2 0.75 0.666666667 1 4
- recall 2 0.833333333 0.75 1 3
- precision 2 0.5 0.5 0.5 3
END
)" '' sh -c 'tt-eval -q -k 2 --truth meals.csv --per-query users.tsv meals.tsv | sed -n 2,4p'
t '--per-query has a line a query' 0 "$(tab <<'END'
user meal n top_k_accuracy@2 recall@2 precision@2 ndcg@2 mrr@2 hit_rate@2 map@2
u1 lunch 1 1 1 0.5 0.630929754 0.5 1 0.5
u1 dinner 2 0.5 0.5 0.5 0.613147193 1 1 0.5
u2 lunch 1 1 1 0.5 1 1 1 1
END
)" '' awk -F'\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    { print $1, $2, $3, $at["top_k_accuracy@2"], $at["recall@2"], $at["precision@2"], $at["ndcg@2"], $at["mrr@2"], \
        $at["hit_rate@2"], $at["map@2"] }' users.tsv
tt-eval -q -k 1,2 --truth meals.csv --per-query users.tsv meals.tsv >/dev/null
t '--per-query goes metric by metric' 0 \
    "$(echo 'user meal n top_k_accuracy@1 top_k_accuracy@2 recall@1 recall@2' | tab)" '' sh -c 'head -n 1 users.tsv | cut -f 1-7'

t '--per-event has the rank of each event'"'"'s item' 0 "$(tab <<'END'
user meal shop rank
u1 lunch b 2
u1 dinner b 1
u1 dinner c -
u2 lunch c 1
END
)" '' sh -c 'tt-eval -q -k 1 --truth meals.csv --per-event events.tsv meals.tsv >/dev/null; cat events.tsv'
t 'and the part of each --slice that the event belongs to' 0 "$(tab <<'END'
user meal shop rank slice:shop slice:meal
u1 lunch b 2 b lunch
u1 dinner b 1 b dinner
u1 dinner c - c dinner
u2 lunch c 1 c lunch
END
)" '' sh -c 'tt-eval -q -k 1 --truth meals.csv --slice shop --slice meal --slices parts.tsv --per-event events.tsv meals.tsv \
    >/dev/null; cat events.tsv'
t 'at any depth, each event by itself, in the order of the truth; an item found or not, with or without a list' 0 \
    "$(tab <<'END'
user_id store_id rank
u1 b 2
u2 a 2
u1 b 2
u1 x -
u2 d 1
u3 c -
END
)" '' sh -c 'tt-eval -q -k 1 --truth test.csv --per-event events.tsv recs.tsv >/dev/null; cat events.tsv'

# --- agreement with scikit-learn 1.9 and numpy 2.4: the data and the Python are in tests/unit/test_metrics.c ---
{
    printf 'q\trank\ti\n'
    q=0
    for list in '8 11 4 7 5 0 1 9 2 10 6 3' '1 3 6 0 7 4 5 8 9 2 11 10' '3 11 2 0 9 6 7 10 1 4 5 8' \
        '3 11 9 2 8 4 0 10 7 6 5 1' '8 5 10 4 0 7 6 1 2 3 11 9' '4 0 11 8 2 9 5 10 7 3 6 1'; do
        rank=0
        for i in $list; do
            rank=$((rank + 1))
            printf '%s\t%s\t%s\n' $q $rank "$i"
        done
        q=$((q + 1))
    done
} >sk.tsv
{
    echo q,i
    q=0
    for events in '10 2 7 9 3 4 10' '6 8 6 11 9 0' '6 9' '8' '9 10 2 6 9 4 2' '0 2 10 8 10'; do
        for i in $events; do echo "$q,$i"; done
        q=$((q + 1))
    done
} >sk.csv
t 'agrees with scikit-learn at 5' 0 '0.428571429
0.563888889
0.366666667
0.356074237' '' sh -c 'tt-eval -q -k 5 --truth sk.csv sk.tsv |
    grep -w -e top_k_accuracy -e recall -e precision -e ndcg | cut -f 4'
t 'agrees with scikit-learn at the whole catalogue' 0 'map	0.379977353' '' \
    sh -c 'tt-eval -q -k 12 --truth sk.csv sk.tsv | grep -w map | cut -f 2,4'

# RecBole 1.2.1, recbole/evaluator/metrics.py with numpy 2.4 (np.float = float), of the same lists and truth:
#   pos = np.array([[i in t for i in l] for l, t in zip(lists, truth)]).astype(int)[:, :k]
#   n = np.array([len(set(t)) for t in truth])
#   x = Recall.metric_info(pos, n)      NDCG, MAP likewise; Precision, MRR, Hit without n
#   x.mean(axis=0)[k - 1]
# and of the training events below, pop = items' numbers of events:
#   AveragePopularity.metric_info(pop[lists[:, :k]]).mean(axis=0)[k - 1]
{
    echo q,i
    for i in 0 0 0 4 4 8 8 8 8 11 3 3 1; do echo "9,$i"; done
} >sk-train.csv
t 'agrees with RecBole at 3 and 5' 0 "$(tab <<'END'
recall 3 0.136111111
recall 5 0.563888889
precision 3 0.222222222
precision 5 0.366666667
ndcg 3 0.166666667
ndcg 5 0.356074237
mrr 3 0.25
mrr 5 0.316666667
hit_rate 3 0.666666667
hit_rate 5 1
map 3 0.0833333333
map 5 0.2
popularity 3 1.44444444
popularity 5 1.5
END
)" '' sh -c 'tt-eval -q -k 3,5 --train sk-train.csv --truth sk.csv sk.tsv | cut -f 2-4 |
    grep -w -e recall -e precision -e ndcg -e mrr -e hit_rate -e map -e popularity'

ok '--verbose tells the seconds' sh -c 'tt-eval -v -k 1 --truth test.csv recs.tsv 2>&1 >/dev/null |
    grep -Eq "^tt-eval: read in [0-9.]+ s, means and intervals in [0-9.]+ s$"'

# --- the catalogue ---
printf 'name,store_id\nA,a\nB,b\nC,c\nA again,a\n' >items.csv
t 'coverage of a catalogue' 0 "$(tab <<'END'
- coverage 1 0.333333333 - - 3
- coverage 2 0.666666667 - - 3
END
)" '' sh -c 'tt-eval --items items.csv -k 1,2 --truth test.csv recs.tsv 2>notes | grep coverage'
t 'items outside the catalogue are counted' 0 "tt-eval: items in the lists that are not in 'items.csv': 2" '' \
    tail -n 1 notes
echo store_id >none.csv
t 'a catalogue without items' 1 '' 'tt-eval: none.csv: no items' \
    tt-eval -q -k 1 --items none.csv --truth test.csv recs.tsv
t 'a catalogue without the column' 1 '' "tt-eval: sk.csv: no column 'store_id' (there are: q, i)" \
    tt-eval -q -k 1 --items sk.csv --truth test.csv recs.tsv

# --- events at items that are new to the user ---
printf 'store_id,user_id\nb,u1\na,u9\nd,u2\nd,u2\n' >train.csv
t 'only new events count: of u1 x, of u2 a, of u3 c' 0 "$(tab <<'END'
- top_k_accuracy 1 0 - - 3
- top_k_accuracy 2 0.333333333 - - 3
- recall 1 0 - - 3
- recall 2 0.333333333 - - 3
END
)" 'tt-eval: test events: 3, queries: 3, users: 3
tt-eval: test events left out, as their users had the items already: 3
tt-eval: queries without a list: 1 (their metrics are 0)
tt-eval: test events whose item is in no list: 1
tt-eval: lists ignored, their query is not in the truth: 1 (rows: 1)' sh -c \
    'tt-eval -k 1,2 --resamples 0 --new train.csv --truth test.csv recs.tsv >m; code=$?; sed -n 2,5p m; exit $code'
t 'nothing is new' 1 '' 'tt-eval: test.csv: no test event is new: the users had the items of all 6 already' \
    tt-eval -q -k 1 --new test.csv --truth test.csv recs.tsv
t 'known events without an item' 1 '' "tt-eval: sk.csv: no column 'user_id' (there are: a, b)" \
    sh -c 'printf "a,b\n1,2\n" >sk.csv; tt-eval -q -k 1 --new sk.csv --truth test.csv recs.tsv'
t 'no such known events' 1 '' 'tt-eval: nowhere: No such file or directory' \
    tt-eval -q -k 1 --new nowhere --truth test.csv recs.tsv

t '--per-event has the events that count' 0 "$(tab <<'END'
user_id store_id rank
u2 a 2
u1 x -
u3 c -
END
)" '' sh -c 'tt-eval -q -k 1 --new train.csv --truth test.csv --per-event events.tsv recs.tsv >/dev/null; cat events.tsv'

# --- the training events: novelty and popularity of the lists ---
# Eight users. a: 4 have it, 1 bit, 4 events; b: 2 have it, 2 bits, 3 events; d: 2 have it, 2 bits, 5 events; nobody has c
# and e, which count as if one had them: 3 bits, 0 events. Lists: u1 a b c, u2 d a e; u3 has none; u4 is not evaluated.
# novelty: k = 1 (1 + 2)/2; k = 2 (3/2 + 3/2)/2; k = 3 (6/3 + 6/3)/2.
# popularity: k = 1 (4 + 5)/2; k = 2 (7/2 + 9/2)/2; k = 3 (7/3 + 9/3)/2.
{
    echo store_id,user_id
    for row in b,u1 b,u1 d,u2 a,u5 a,u6 a,u7 a,u8 b,u9 d,u10 d,u10 d,u10 d,u10; do echo $row; done
} >past.csv
t 'novelty and popularity of the lists' 0 "$(tab <<'END'
- novelty 1 1.5 - - 2
- novelty 2 1.5 - - 2
- novelty 3 2 - - 2
- novelty 20 2 - - 2
- popularity 1 4.5 - - 2
- popularity 2 4 - - 2
- popularity 3 2.66666667 - - 2
- popularity 20 2.66666667 - - 2
END
)" '' sh -c \
    'tt-eval -k 1,2,3,20 --short --resamples 0 --train past.csv --truth test.csv recs.tsv 2>notes | tail -n 8'
t 'and notes tell of seen items' 0 \
    "tt-eval: rows of the lists: 6, with an item that the user has in 'past.csv': 2 (seen items kept)
tt-eval: rows of the lists with an item that nobody has in 'past.csv': 2" '' tail -n 2 notes
t 'lists without seen items' 0 \
    "tt-eval: rows of the lists: 6, with an item that the user has in 'train.csv': 0 (seen items removed)" '' sh -c \
    'printf "user_id,store_id\nu1,d\nu2,b\nu4,z\nu1,a9\n" >train.csv
    tt-eval -k 1 --train train.csv --truth test.csv recs.tsv 2>&1 >/dev/null | grep seen'
t 'the other figures are the same' 0 '' '' sh -c \
    'tt-eval -q -k 1,2 --train past.csv --truth test.csv recs.tsv | grep -v -e novelty -e popularity >a
    tt-eval -q -k 1,2 --truth test.csv recs.tsv | diff - a'
t 'with two users who have lists, the interval is of theirs' 0 "$(tab <<'END'
- popularity 1 4.5 4 5 2
END
)" '' sh -c 'tt-eval -q -k 1 --train past.csv --truth test.csv recs.tsv | grep popularity'
t 'lists without rows have neither' 0 '0' '' sh -c 'head -n 1 recs.tsv >none.tsv
    tt-eval -q -k 1 --train past.csv --truth test.csv none.tsv | grep -c -e novelty -e popularity -e nan; :'
t 'no training events' 1 '' 'tt-eval: e.csv: no training events' \
    sh -c 'head -n 1 past.csv >e.csv; tt-eval -q -k 1 --train e.csv --truth test.csv recs.tsv'
t 'training events without an item' 1 '' "tt-eval: e.csv: no column 'store_id' (there are: user_id)" \
    sh -c 'echo user_id >e.csv; tt-eval -q -k 1 --train e.csv --truth test.csv recs.tsv'

# --- lists without rows, short lists ---
head -n 1 recs.tsv >empty.tsv
tt-eval -k 5 --truth test.csv empty.tsv >out 2>notes
t 'lists without rows find nothing' 0 '0' '' sh -c 'sed 1d out | cut -f 4 | sort -u'
t 'and a note says so' 0 'tt-eval: test events: 6, queries: 3, users: 3
tt-eval: queries without a list: 3 (their metrics are 0)
tt-eval: test events whose item is in no list: 6' '' cat notes
t 'k beyond the longest list' 1 '' 'tt-eval: recs.tsv: lists have at most 3 items, too few for metrics of the first 20' \
    tt-eval -q -k 2,20 --truth test.csv recs.tsv
t '--short allows it, and precision still divides by k' 0 "$(echo '- precision 20 0.05 - - 3' | tab)" '' \
    sh -c 'tt-eval -q -k 20 --short --resamples 0 --truth test.csv recs.tsv | grep precision'

# --- other ways in and out ---
tt-eval -q -k 1,2 --truth test.csv recs.tsv >expected
ok 'the lists by a pipe' sh -c 'cat recs.tsv | tt-eval -q -k 1,2 --truth test.csv | cmp - expected'
ok 'the truth by a pipe' sh -c 'cat test.csv | tt-eval -q -k 1,2 --truth - recs.tsv | cmp - expected'
ok 'lists as CSV' sh -c 'tr "\t" , <recs.tsv | tt-eval -q -k 1,2 --truth test.csv | cmp - expected'
ok '-o FILE' sh -c 'tt-eval -q -k 1,2 -o out.tsv --truth test.csv recs.tsv && cmp out.tsv expected'
ok 'the order of options does not matter' sh -c 'tt-eval recs.tsv --truth=test.csv -qk1,2 | cmp - expected'
printf 'a\tb\trank\ti\nx\\ty\tz\t1\tp\\\\q\n' >escaped.tsv
printf 'a,b,i\n"x\ty",z,p\\q\n' >escaped.csv
t 'tabs and backslashes in fields' 0 "a	b	n	top_k_accuracy@1
x\\ty	z	1	1" '' sh -c 'tt-eval -q -k 1 --truth escaped.csv --per-query u.tsv escaped.tsv >/dev/null; cut -f 1-4 u.tsv'
printf 'a\tb\trank\ti\nx\tyz\t1\tp\n' >joined.tsv
printf 'a,b,i\nxy,z,p\n' >joined.csv
t 'keys are not run together' 0 '0' '' \
    sh -c 'tt-eval -q -k 1 --truth joined.csv joined.tsv | grep hit_rate | cut -f 4'

# --- threads, seeds ---
awk 'BEGIN { OFS = "\t"; print "u", "rank", "i"; for (u = 0; u < 400; u++) for (r = 1; r <= 10; r++)
    print u, r, (u * 7 + r * r * 13) % 101 }' | awk -F '\t' '!seen[$1, $3]++' |
    awk -F '\t' 'NR == 1 { print; next } { if ($1 != u) { u = $1; r = 0 } print $1 "\t" ++r "\t" $3 }' >many.tsv
awk 'BEGIN { print "u,i"; for (e = 0; e < 3000; e++) print (e * e) % 389 "," (e * 31 + 5) % 101 }' >many.csv
tt-eval -q -j 1 -k 5 --truth many.csv --per-query u1 many.tsv >j1
for j in 2 3 0; do
    ok "-j $j gives the same bytes" sh -c "tt-eval -q -j $j -k 5 --truth many.csv --per-query u$j many.tsv | cmp - j1"
    ok "-j $j gives the same bytes of --per-query" cmp u1 u$j
done
ok 'seed 1 is the default' sh -c 'tt-eval -q --seed 1 -k 5 --truth many.csv many.tsv | cmp - j1'
tt-eval -q --seed 2 -k 5 --truth many.csv many.tsv >seed2
not_ok 'another seed, another interval' cmp -s j1 seed2
ok 'another seed, the same means' sh -c 'cut -f 1-4,7 j1 >a; cut -f 1-4,7 seed2 >b; cmp a b'
ok 'low < value < high, and not far' awk -F '\t' 'NR > 1 && $5 != "-" { n += $5 < $4 && $4 < $6 && $6 - $5 < 0.2 }
    END { exit n != metrics }' metrics="$(tt-eval --list-metrics | sed 1d | wc -l)" j1

# --- slices: each part as if the truth held nothing else ---
# all.csv has every column; the files that tt-eval sees have some of them each.
awk 'BEGIN { print "u,i"; for (e = 0; e < 2500; e++) {
    x = e * 7919 % 2503 / 2503; print int(x * x * 350) "," int(x * x * x * 103 + e) % 103 } }' >seen.csv
awk -F, 'BEGIN { print "u,i,day,price,kind,town,activity,popularity,known" }
    FNR == 1 { file++; next }
    file == 1 { users[$1]++; items[$2]++; has[$1, $2] = 1; next }
    { day = substr("MonTueWed", $1 % 3 * 3 + 1, FNR % 7 ? 3 : 0); price = $2 % 5 ? $2 % 37 / 4 : ""
      town = $1 % 2 ? "town" $1 % 15 : ""
      print $1 "," $2 "," day "," price ",kind" $2 % 4 "," town "," users[$1] + 0 "," items[$2] + 0 "," \
          (($1, $2) in has ? "known" : "new") }' seen.csv many.csv >all.csv
cut -d, -f 1-3 all.csv >days.csv
{
    echo name,i,price,kind
    sed 1d all.csv | cut -d, -f 2,4,5 | sort -u | sed 's/^/x,/'
} >shops.csv
{
    echo u,town
    sed 1d all.csv | cut -d, -f 1,6 | sort -u
} >people.csv
slices='--slice day --slice price --slice kind --slice town --slice activity --slice popularity --slice known'
tt-eval -q -k 2,5 --run r --train seen.csv --items shops.csv --users people.csv $slices --slices parts.tsv \
    --truth days.csv -o sliced many.tsv
t 'slices have their columns' 0 "$(echo run slice part metric k value low high n | tab)" '' head -n 1 parts.tsv
sed 1d parts.tsv | cut -f 2,3 | uniq >names
t 'parts in their order' 0 'day Tue Mon Wed (none)
price 0-2 2.25-4 4.25-6 6.25+ (none)
kind kind0 kind2 kind3 kind1
town town1 town2 (other) (none)
known new known' '' sh -c 'awk "\$1 != last { if (NR > 1) print line; line = last = \$1 } { line = line \" \" \$2 }
    END { print line }" names | grep -v -e activity -e popularity |
    sed "s/^\(town\) .* \((other).*\)/\1 town1 town2 \2/"'
t 'four parts by activity and by popularity' 0 '8' '' sh -c 'grep -c -e ^activity -e ^popularity names'
while read -r slice part; do
    awk -F, -v slice="$slice" -v part="$part" -v names=names '
        BEGIN { while ((getline line <names) > 0) { split(line, f, "\t"); if (f[1] == slice) named[f[2]] = 1 } }
        NR == 1 { for (c = 1; $c != slice; c++); print; next }
        slice == "activity" || slice == "popularity" || slice == "price" {
            split(part, ends, /[-+]/)
            if (part == "(none)" ? $c == "" : $c != "" && $c + 0 >= ends[1] + 0 &&
                (part ~ /[+]$/ || $c + 0 <= (part ~ /-/ ? ends[2] : ends[1]) + 0)) print
            next }
        ($c == "" ? "(none)" : $c in named ? $c : "(other)") == part' all.csv >part.csv
    tt-eval -q -k 2,5 --run r --truth part.csv many.tsv | sed 1d | grep -v distinct >expected_part
    awk -F '\t' -v OFS='\t' -v slice="$slice" -v part="$part" '$2 == slice && $3 == part {
        print $1, $4, $5, $6, $7, $8, $9 }' parts.tsv >got_part
    ok "the part '$part' of '$slice' is as if the truth held nothing else" sh -c '[ -s got_part ] && diff expected_part got_part'
done <names
for slice in $(cut -f 1 names | uniq); do
    t "the parts of '$slice' have all events" 0 3000 '' awk -F '\t' -v slice="$slice" \
        '$2 == slice && $4 == "top_k_accuracy" && $5 == 2 { n += $9 } END { print n }' parts.tsv
done
ok 'the metrics beside slices are the same' sh -c "tt-eval -q -k 2,5 --run r --train seen.csv --items shops.csv \
    --truth days.csv many.tsv | cmp - sliced"
ok 'slices do not depend on -j' sh -c "tt-eval -q -j 3 -k 2,5 --run r --train seen.csv --items shops.csv \
    --users people.csv $slices --slices parts3.tsv --truth days.csv many.tsv >/dev/null; cmp parts.tsv parts3.tsv"
ok 'lists, truth, items, users by pipes' sh -c "mkfifo fifo fifo2; cat shops.csv >fifo & cat people.csv >fifo2 &
    cat many.tsv | tt-eval -q -k 2,5 --run r --train seen.csv --items fifo --users fifo2 $slices --slices parts3.tsv \
    --truth days.csv >/dev/null; cmp parts.tsv parts3.tsv"
t 'slices of the events that are new' 0 "$(sed 1d all.csv | grep -c ,new)" '' sh -c 'tt-eval -q -k 2 --new seen.csv \
    --train seen.csv --slice known --slices parts3.tsv --truth days.csv many.tsv >/dev/null; cut -f 3 parts3.tsv | sort -u |
    tr -d "\n" | grep -qx newpart && awk "\$4 == \"top_k_accuracy\" { print \$9 }" parts3.tsv'
t 'a slice that is nowhere' 1 '' "tt-eval: slice 'x': no such column in days.csv, shops.csv" \
    tt-eval -q -k 2 --items shops.csv --slice x --slices parts4.tsv --truth days.csv many.tsv
not_ok 'leaves no file' sh -c 'ls parts4.tsv* 2>/dev/null'
t 'a slice that is in two files' 1 '' "tt-eval: slice 'day': days.csv and all.csv both have this column" \
    tt-eval -q -k 2 --users all.csv --slice day --slices parts4.tsv --truth days.csv many.tsv
t 'activity without training events' 1 '' \
    "tt-eval: slice 'activity': no file has this column, and the training events are not given" \
    tt-eval -q -k 2 --slice activity --slices parts4.tsv --truth days.csv many.tsv
t 'users without the key' 1 '' "tt-eval: shops.csv: no column 'u' (there are: name, i, price, kind)" \
    tt-eval -q -k 2 --users shops.csv --slice kind --slices parts4.tsv --truth days.csv many.tsv
t '--slices on a full disk' 1 '' 'tt-eval: /dev/full: No space left on device' \
    tt-eval -q -k 2 --slice day --slices /dev/full --truth days.csv many.tsv

# --- errors ---
refused() { # name message; the lists on standard input
    tab >bad.tsv
    t "$1" 1 '' "tt-eval: bad.tsv$2" tt-eval -q -k 1 --truth test.csv bad.tsv
}
refused 'a rank twice' ":3: field 'rank': '1' is not the next rank, 2" <<'END'
user_id rank store_id
u1 1 a
u1 1 b
END
refused 'a rank left out' ":3: field 'rank': '3' is not the next rank, 2" <<'END'
user_id rank store_id
u1 1 a
u1 3 b
END
refused 'a list that begins with rank 0' ":2: field 'rank': '0' is not the next rank, 1" <<'END'
user_id rank store_id
u1 0 a
END
refused 'a list that begins with rank 2' ":3: field 'rank': '2' is not the next rank, 1" <<'END'
user_id rank store_id
u1 1 a
u2 2 a
END
refused 'a rank that is not a number' ":2: field 'rank': 'x' is not the next rank, 1" <<'END'
user_id rank store_id
u1 x a
END
refused 'rows of a query that are not together' \
    ":4: the rows of a query are not together: its list is on line 2" <<'END'
user_id rank store_id
u1 1 a
u2 1 a
u1 2 b
END
refused 'the same of a query that the truth does not have' \
    ":5: the rows of a query are not together: its list is on line 3" <<'END'
user_id rank store_id
u1 1 a
u8 1 a
u9 1 b
u8 1 b
END
refused 'an item twice in a list' ":4: field 'store_id': 'a' is in this list already" <<'END'
user_id rank store_id
u1 1 a
u1 2 b
u1 3 a
END
refused 'an item twice in a list that does not count' ":3: field 'store_id': 'a' is in this list already" <<'END'
user_id rank store_id
u9 1 a
u9 2 a
END
refused 'lists without ranks' ": no column 'rank' (there are: user_id, store_id)" <<'END'
user_id store_id
u1 a
END
refused 'lists without a key' ":1: no key column before column 'rank'" <<'END'
rank store_id
1 a
END
refused 'lists without items' ":1: no item column after column 'rank'" <<'END'
user_id rank
u1 1
END
refused 'a row cut short' ":3: expected 3 fields, found 2" <<'END'
user_id rank store_id
u1 1 a
u1 2
END
printf '' >nothing
t 'lists without a header' 1 '' 'tt-eval: nothing:1: empty: a header line with the columns'"'"' names is needed' \
    tt-eval -q --truth test.csv nothing
head -n 1 test.csv >head.csv
t 'a truth without events' 1 '' 'tt-eval: head.csv: no test events' tt-eval -q -k 1 --truth head.csv recs.tsv
t 'a truth without the item column' 1 '' "tt-eval: t.csv: no column 'store_id' (there are: user_id, shop)" \
    sh -c 'printf "user_id,shop\nu1,a\n" >t.csv; tt-eval -q -k 1 --truth t.csv recs.tsv'
t 'a truth without a key column' 1 '' "tt-eval: test.csv: no column 'user' (there are: user_id, visited, store_id)" \
    tt-eval -q -k 1 --truth test.csv meals.tsv
t 'a truth that is cut' 1 '' 'tt-eval: t.csv:3: expected 3 fields, found 2' \
    sh -c 'head -c 36 test.csv >t.csv; tt-eval -q -k 1 --truth t.csv recs.tsv'
t 'no such file' 1 '' 'tt-eval: nowhere.csv: No such file or directory' tt-eval -q --truth nowhere.csv recs.tsv
t 'no such folder' 1 '' '*' tt-eval -q -k 1 --per-query no/such/file --truth test.csv recs.tsv
t 'a failed run leaves no output' 1 '' '*' tt-eval -q -k 1 -o late.tsv --per-query no/such/file --truth test.csv recs.tsv
not_ok 'nor a temporary file' sh -c 'ls late.tsv* 2>/dev/null'
t '--per-query on a full disk' 1 '' 'tt-eval: /dev/full: No space left on device' \
    tt-eval -q -k 1 --per-query /dev/full --truth test.csv recs.tsv
t '--per-event on a full disk' 1 '' 'tt-eval: /dev/full: No space left on device' \
    tt-eval -q -k 1 --per-event /dev/full --truth test.csv recs.tsv

usage() { # name message arguments...
    u_name=$1 u_message=$2
    shift 2
    t "$u_name" 2 '' "tt-eval: $u_message
Try 'tt-eval --help'." tt-eval "$@"
}
usage 'no truth' '--truth is needed' recs.tsv
usage 'two standard inputs' '--truth and the lists cannot both be standard input' --truth -
usage 'two standard inputs by name' '--truth and the lists cannot both be standard input' --truth - -
usage 'known events on standard input' '--new cannot be standard input' --truth test.csv --new -
usage 'items on standard input' '--items cannot be standard input' --truth test.csv --items -
usage 'queries on standard output' '--per-query cannot be standard output' --truth test.csv --per-query -
usage 'events on standard output' '--per-event cannot be standard output' --truth test.csv --per-event -
usage 'queries and events in one file' '--per-query and --per-event are the same file' --truth test.csv \
    --per-query x --per-event ./x
usage 'training events on standard input' '--train cannot be standard input' --truth test.csv --train -
usage 'users on standard input' '--users cannot be standard input' --truth test.csv --users -
usage 'slices on standard output' '--slices cannot be standard output' --truth test.csv --slice visited --slices -
usage 'a slice without a file' '--slice needs --slices, the file for its figures' --truth test.csv --slice visited
usage 'a file without a slice' '--slices needs a --slice' --truth test.csv --slices x
usage 'a slice twice' "--slice: 'a' is given twice" --truth test.csv --slice a --slice b --slice a --slices x
for k in 0 x 1, ,1 '' 10,5 5,5 1000001 1.5 -1; do
    usage "-k '$k'" "--top: '$k' is not a list of ascending whole numbers from 1 to 1000000" --truth test.csv --top="$k"
done
usage '--resamples out of range' "--resamples: '1000001' is not a whole number from 0 to 1000000" --resamples 1000001
for n in 1 19 38; do
    usage "$n resamples" "--resamples: '$n' is too few: a 95 % interval needs 39, and 0 is for none" \
        --truth test.csv --resamples $n
done
usage 'two outputs in one file' '--output and --per-query are the same file' --truth test.csv -o x --per-query x
usage 'two outputs in one file under two names' '--per-query and --replicates are the same file' --truth test.csv \
    --per-query ./recs.tsv --replicates recs.tsv
usage 'too many operands' "unexpected operand 'b'" --truth test.csv a b

common_tests tt-eval recs.tsv -k 1,2 --truth test.csv
ok 'the same bytes twice' sh -c 'tt-eval -q -k 1,2 --truth test.csv recs.tsv | cmp - expected'
usage 'replicates on standard output' '--replicates cannot be standard output' --truth test.csv --replicates -

# A line a resample; the interval is the order of the column's values, and -j does not change them.
tt-eval -q -k 1,2 --resamples 39 --replicates rep.tsv --truth test.csv -o rep-metrics.tsv recs.tsv
t 'replicates: names' 0 'top_k_accuracy@1' '' sh -c 'head -n 1 rep.tsv | cut -f 1'
t 'replicates: a line a resample' 0 '40' '' sh -c 'wc -l <rep.tsv | tr -d " "'
t 'the first interval ends at the least replicate' 0 "$(awk -F'\t' '$2 == "top_k_accuracy" && $3 == 1 { print $5 }' rep-metrics.tsv)" '' \
    sh -c 'tail -n +2 rep.tsv | cut -f 1 | sort -g | head -n 1'
ok 'replicates do not depend on -j' sh -c 'tt-eval -q -j 3 -k 1,2 --resamples 39 --replicates rep3.tsv --truth test.csv -o /dev/null recs.tsv && cmp rep.tsv rep3.tsv'
finish

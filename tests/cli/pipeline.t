#!/bin/sh
# The programs together: from a generated table to metrics, by hand and by make; the same bytes for any number of threads.
. "$(dirname "$0")/lib.sh"

tt-gen -q --events 6K --n-users 300 --n-stores 120 --stores stores.csv --users users.csv |
    tt-feature --time visited_at --zone +09:00 >visits.csv
tt-split -q --last-share 0.2 --valid-share 0.125 --user user_id --item store_id --order visited_at \
    --train train.csv --valid valid.csv --test test.csv visits.csv
schema=$ROOT/pipelines/schemas/demo/meal_time.schema

# The whole by hand with N threads, into folder $1. Everything but the log must come out the same.
whole() { # folder threads seed
    mkdir "$1"
    tt-encode -q -s "$schema" --items stores.csv <train.csv >"$1/train.tt" &&
        tt-encode -q --like "$1/train.tt" <valid.csv >"$1/valid.tt" &&
        tt-train -q -j "$2" --seed "$3" --dim 16 --epochs 3 --valid "$1/valid.tt" <"$1/train.tt" >"$1/model.tt" &&
        tt-encode -q --like "$1/model.tt" --side item <stores.csv | tt-embed -j "$2" "$1/model.tt" >"$1/stores.vec" &&
        tt-index -q <"$1/stores.vec" >"$1/stores.tt" &&
        tt-encode -q --like "$1/model.tt" --side user <test.csv | tt-embed -j "$2" "$1/model.tt" >"$1/users.vec" &&
        tt-query -q -j "$2" -k 10 "$1/stores.tt" <"$1/users.vec" >"$1/recs.tsv" &&
        tt-eval -q -j "$2" --truth test.csv <"$1/recs.tsv" >"$1/metrics.tsv"
}
ok 'the whole with 1 thread' whole one 1 1
ok 'the whole with 2 threads' whole two 2 1
ok 'the whole with 3 threads' whole three 3 1
ok 'the whole with another seed' whole other 2 2
for f in train.tt valid.tt model.tt stores.vec stores.tt users.vec recs.tsv metrics.tsv; do
    ok "$f: -j 1 and -j 2 give the same bytes" cmp one/$f two/$f
    ok "$f: -j 1 and -j 3 give the same bytes" cmp one/$f three/$f
done
for f in model.tt stores.vec stores.tt users.vec recs.tsv metrics.tsv; do
    not_ok "$f: another seed gives other bytes" cmp -s one/$f other/$f
done

# From files and with -o instead of pipes.
tt-encode -q -s "$schema" --items stores.csv -o file.tt train.csv
ok 'examples: from a file as from a pipe' cmp file.tt one/train.tt
tt-train -q -j 2 --dim 16 --epochs 3 --valid one/valid.tt -o file.model one/train.tt
ok 'model: from a file as from a pipe' cmp file.model one/model.tt
tt-encode -q --like one/model.tt --side user -o file.rows test.csv
tt-embed -q -o file.vec one/model.tt file.rows
ok 'vectors: from a file as from a pipe' cmp file.vec one/users.vec
tt-query -q -k 10 one/stores.tt one/users.vec -o file.recs
ok 'lists: from a file as from a pipe' cmp file.recs one/recs.tsv

# A stream of small segments gives the same lists as one segment (of rows that differ).
tt-encode -q --like one/model.tt --side user --stream 7 test.csv | tt-embed -q one/model.tt | tt-query -q -k 10 one/stores.tt |
    awk -F'\t' '!seen[$0]++' >stream.recs
awk -F'\t' '!seen[$0]++' one/recs.tsv >once.recs
ok 'a stream gives the same lists' cmp stream.recs once.recs

# It learns: better than the most popular ten.
popular=$(tail -n +2 train.csv | cut -d, -f3 | sort | uniq -c | sort -k1,1nr -k2 | head -n 10 | awk '{ print $2 }' | tr '\n' ' ')
share=$(tail -n +2 test.csv | cut -d, -f3 | awk -v top="$popular" 'BEGIN { n = split(top, t, " "); for (i = 1; i <= n; i++) is[t[i]] = 1 }
    is[$1] { hit++ } END { print hit / NR }')
accuracy=$(awk -F'\t' '$2 == "top_k_accuracy" { print $4 }' one/metrics.tsv)
awk -v a="$accuracy" -v p="$share" 'BEGIN { exit !(a > 1.3 * p) }'
report $? "top-10 accuracy $accuracy is well above $share of the most popular ten"

# Parts that do not belong together.
t 'queries of another model' 1 '' '*' sh -c 'tt-query -q one/stores.tt <other/users.vec'
ok '... and why' grep -q 'another model' "$TMP/.err"
t 'rows of another model' 1 '' '*' sh -c 'tt-encode -q --like one/model.tt --side item <stores.csv | tt-embed -q other/model.tt'
ok '... and why, too' grep -q 'another model' "$TMP/.err"
cp one/train.tt other.tt && tt-encode -q -s "$ROOT/pipelines/schemas/demo/baseline.schema" <train.csv >base.tt
t 'validation events of other examples' 1 '' 'tt-train: one/valid.tt: its events do not follow the dictionary of the training examples' \
    tt-train -q --valid one/valid.tt base.tt

# A new user with three visits, and a new store with a category: the lists follow the history and the category.
cat_of() { awk -F, -v s="$1" '$1 == s { print $2 }' stores.csv; }
# The category that most of the popular stores share, and three of its stores, the most visited ones.
tail -n +2 train.csv | cut -d, -f3 | sort | uniq -c | sort -k1,1nr -k2 | awk '{ print $2 }' >by_visits
category=$(cat_of "$(head -n 1 by_visits)")
{
    echo user_id,store_id,visited_at,meal_time
    n=0
    for s in $(while read -r s; do [ "$(cat_of "$s")" = "$category" ] && echo "$s"; done <by_visits | head -n 3); do
        n=$((n + 1))
        echo "newcomer,$s,2024-07-0${n}T12:00:00+09:00,lunch"
    done
} >history.csv
printf 'user_id,meal_time\nnewcomer,lunch\nstranger,lunch\n' >new.csv
tt-encode --like one/model.tt --side user --history history.csv new.csv 2>note | tt-embed -q one/model.tt >new.vec
ok 'unknown users are counted' grep -q '2 rows of unknown users, 1 of them with a history given' note
tt-query -q -k 10 one/stores.tt new.vec >new.recs
t 'both get ten stores' 0 '10 newcomer
10 stranger' '' sh -c "tail -n +2 new.recs | cut -f 1 | sort | uniq -c | awk '{ print \$1, \$2 }'"
tail -n +2 history.csv | cut -d, -f2 >visited
found=$(awk -F'\t' '$1 == "newcomer" { print $4 }' new.recs | grep -cxFf visited)
[ "$found" -ge 2 ]
report $? "a newcomer's list holds their own visits ($found of 3 among the first ten)"
not_ok 'and is not the list of a stranger' sh -c \
    "awk -F'\t' '\$1 == \"newcomer\" { print \$4 }' new.recs >a; awk -F'\t' '\$1 == \"stranger\" { print \$4 }' new.recs >b; cmp -s a b"
{ cat stores.csv; echo "new-store,$category,station,10000"; } >more.csv
tt-encode -q --like one/model.tt --side item more.csv | tt-embed -q one/model.tt >more.vec
tt-index -q <more.vec >more.tt
tt-encode -q --like one/model.tt --side item more.csv >more.rows
tt-show --tsv more.vec >more.tsv
# Of the stores that are nearest to the new one, its own category has more than its share.
tt-query -q -k 10 more.tt more.vec >similar.tsv
near=$(awk -F'\t' '$1 == "new-store" { print $3 }' similar.tsv | while read -r s; do cat_of "$s"; done | grep -cx "$category")
all=$(tail -n +2 stores.csv | cut -d, -f2 | grep -cx "$category")
awk -v near="$near" -v all="$all" 'BEGIN { exit !(near / 10 > 2 * all / 120) }'
report $? "a new store is near its category: $near of 10 nearest, $all of 120 in all"

# A history that is given again is the history that training kept: counts, weights and ages are taken alike.
cat >weighted.schema <<END
user   user_id     id
user   store_id    history   count=sqrt half_life=20
item   store_id    id
event  visited_at  time
event  rating      weight
END
tt-encode -q -s weighted.schema train.csv | tt-train -q --dim 8 --epochs 1 >weighted.tt
tt-encode -q --like weighted.tt --side user test.csv | tt-embed -q weighted.tt | tt-show --tsv >kept.tsv
tt-encode -q --like weighted.tt --side user --history train.csv test.csv | tt-embed -q weighted.tt | tt-show --tsv >given.tsv
ok 'a given history gives the vectors of the kept one' cmp kept.tsv given.tsv
tail -n +2 test.csv | cut -d, -f2 | sort -u >tested
[ "$(tail -n +2 kept.tsv | wc -l)" -eq "$(wc -l <tested)" ]
report $? 'of all users of the test part'

# Lists without learning: own visits by their number, then the popular ones; ties to the item that came first.
printf 'user,item\na,x\na,x\na,y\nb,y\nb,z\nb,z\nb,z\n' >few.csv
printf 'user,item\nb,x\nnew,x\na,z\n' >asked.csv
printf 'user user id\nitem item id\n' >few.schema
tt-encode -q -s few.schema -o few.tt few.csv
reference() { # kind keep|remove: lists as lines of "user: items"
    sh "$ROOT/pipelines/reference.sh" "$1" few.tt user item 3 "$2" asked.csv |
        awk -F'\t' 'NR > 1 { l[$1] = l[$1] " " $3; if (!seen[$1]++) o[++n] = $1 } END { for (i = 1; i <= n; i++) print o[i] ":" l[o[i]] }'
}
t 'the most popular items' 0 'b: z x y
new: z x y
a: z x y' '' reference popular keep
t 'the own most frequent ones first' 0 'b: z y x
new: z x y
a: x y z' '' reference own keep
t 'popular ones without those seen' 0 'b: x
new: z x y
a: z' '' reference popular remove

# By make: the same flow; nothing is made twice; no file outside of OUT.
flow() { # further arguments of make
    make -s -f "$ROOT/pipelines/run.mk" TT="$BIN" REVIEWS=visits.csv ITEMS=stores.csv USERS=users.csv OUT=out SEEDS=2 JOBS=1 \
        SCHEMA="$ROOT/pipelines/schemas/demo/baseline.schema $schema" TRAIN_OPTIONS='--dim 16 --epochs 2' "$@"
}
if command -v gnuplot >/dev/null; then
    ls >before
    ok 'make run' flow
    ls | grep -vx out | cmp -s - before
    report $? 'nothing is written outside of OUT'
    t 'metrics.tsv has its columns' 0 'run	metric	k	value	low	high	n' '' head -n 1 out/metrics.tsv
    t 'a run a schema and seed' 0 'baseline.seed1
baseline.seed2
meal_time.seed1
meal_time.seed2
popular
own_frequent' '' sh -c 'tail -n +2 out/metrics.tsv | cut -f 1 | uniq'
    for p in loss.svg loss.png accuracy.svg accuracy.png; do
        ok "$p is drawn" test -s out/$p
    done
    ok 'table.txt fits 100 columns' sh -c '! grep -q ".\{101\}" out/table.txt'
    # The printed difference is that of the means over the seeds, and its interval holds it.
    awk -F'\t' '$2 == "top_k_accuracy" && $3 == 10 && $1 ~ /^(baseline|meal_time).seed/ { sub(/.seed.*/, "", $1); m[$1] += $4 / 2 }
        END { printf "%+.4f\n", m["meal_time"] - m["baseline"] }' out/metrics.tsv >difference
    t 'the difference of the means' 0 "$(cat difference)" '' awk '$1 == "meal_time" { print $5 }' out/table.txt
    ok 'its interval holds it' awk '$1 == "meal_time" { gsub(/[][,]/, ""); found = $6 <= $5 && $5 <= $7 && $6 < $7 } END { exit !found }' out/table.txt
    ls -l --time-style=full-iso out >first
    ok 'make run again' flow
    ls -l --time-style=full-iso out >second
    ok 'makes nothing again' cmp first second
    cp -r out out.one
    rm -r out
    ok 'make run, two at a time' flow -j 2
    t 'gives the same bytes, plots too, but for the seconds in the logs and what shows them' 0 '' '' \
        sh -c 'diff -rq out out.one | grep -v -e "log.tsv" -e "/time\.[a-z]* differ" || true'

    # Other settings make anew what they change, and no more.
    cp out/meal_time.tt out/train.csv .
    ok 'other options of training' flow TRAIN_OPTIONS='--dim 8 --epochs 1'
    t 'train anew' 0 '8' '' tt-show --text dim out/meal_time.seed1.model.tt
    ok 'but do not encode anew' test out/meal_time.tt -ot out/train.settings
    ok 'another metric and k' flow TRAIN_OPTIONS='--dim 8 --epochs 1' K=5 TABLE='recall 5'
    t 'are in the table' 0 '1' '' grep -c '^schema  *recall@5 ' out/table.txt
    ok 'figures of what is new to the users' flow TRAIN_OPTIONS='--dim 8 --epochs 1' NEW=yes
    t 'by the events that the training part does not have' 0 "$(awk -F, 'NR == FNR { had[$2, $3] = 1; next }
        FNR > 1 && !(($2, $3) in had) { n++ } END { print n }' out/train.csv out/test.csv)" '' \
        awk -F'\t' '$1 == "meal_time.seed2.new" && $2 == "top_k_accuracy" && $3 == 10 { print $7 }' out/metrics.tsv
    t 'have a table too' 0 'baseline meal_time popular own_frequent baseline meal_time popular' '' \
        sh -c "grep -E '^(baseline|meal_time|popular|own_frequent) ' out/table.txt | cut -d ' ' -f 1 | xargs"
    ok 'with the means of these figures' sh -c "awk -F'\t' '\$1 ~ /^baseline.seed.\.new\$/ && \$2 == \"top_k_accuracy\" && \$3 == 10 {
        s += \$4 / 2 } END { printf \"%.4f\", s }' out/metrics.tsv | grep -qxF \"\$(grep '^baseline ' out/table.txt | tail -n 1 | awk '{ print \$2 }')\""
    # Users with so few events that none is left to validate on.
    awk -F, 'NR == 1 || ++n[$2] <= 7' visits.csv >few.csv
    ok 'no validation events' flow REVIEWS=few.csv OUT=few SCHEMA="$ROOT/pipelines/schemas/demo/baseline.schema"
    t 'are no failure' 0 '1' '' grep -c '^baseline ' few/table.txt

    # What cannot work is refused before anything is made.
    refuse() { # name message arguments...
        r_name=$1 r_message=$2
        shift 2
        flow "$@" >"$TMP/.out" 2>&1
        [ $? -eq 2 ] && grep -qF -- "$r_message" "$TMP/.out"
        report $? "refused: $r_name"
    }
    refuse 'an input where an output goes' "'out/train.csv' is where a file of OUT=out goes" REVIEWS=out/train.csv
    refuse 'the same by another name' "'out/../out/train.csv' is where a file of OUT=out/ goes" REVIEWS=out/../out/train.csv OUT=out/
    refuse 'blanks in OUT' 'a name with blanks cannot be used here' OUT='my out'
    refuse 'no such schema' "no schema 'nope.schema'" SCHEMA=nope.schema
    mkdir twin && cp "$schema" twin
    refuse 'two schemas of one name' 'two schemas have the same file name' SCHEMA="$schema twin/meal_time.schema"
    refuse 'a metric that does not exist' "TABLE: 'recal' is not one of" TABLE='recal 10'
    refuse 'a k that is not measured' "TABLE: '3' is not one of K=10,20" TABLE='recall 3'
    refuse 'a k too many' "TABLE: 'recall 10 20' is not a metric and a k" TABLE='recall 10 20'
    refuse 'no seeds' "SEEDS: '0' is not a whole number from 1 up" SEEDS=0
    refuse 'seeds one by one' "SEEDS: '1 2 3' is not a whole number from 1 up" SEEDS='1 2 3'
    refuse 'no reviews' 'REVIEWS=reviews.csv is needed' REVIEWS=
else
    skip 'pipelines/run.mk' 'gnuplot is not installed'
fi

# Other programs read the binary files.
if has_python safetensors.numpy; then
    t 'safetensors opens model, vectors and index' 0 '(120, 16) (120, 16)' '' "$PYTHON" -c "
from safetensors.numpy import load_file
m, v, i = load_file('one/model.tt'), load_file('one/stores.vec'), load_file('one/stores.tt')
assert m['item.store_id.embedding'].shape == (121, 16)
print(v['vectors'].shape, i['vectors'].shape)"
else
    skip 'safetensors opens model, vectors and index' 'Python has no safetensors'
fi
finish

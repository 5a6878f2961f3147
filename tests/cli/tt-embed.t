#!/bin/sh
# tt-embed from outside: the same vectors in any cut, and models and rows that are damaged or do not belong together.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$BIN/../tools}
PATH=$TOOLS:$PATH

awk 'BEGIN { print "user_id,store_id,cuisine,meal_time"
    for (u = 1; u <= 20; u++) for (e = 0; e < 6; e++) { s = (u * 5 + e * e) % 8 * 2 + u % 2
        print "u" u ",s" s "," (s % 2 ? "noodles" : "rice") "," (e % 3 ? "lunch" : "dinner") } }' >train.csv
cat >s.schema <<'END'
user  user_id    id
user  store_id   history
user  meal_time  context
item  store_id   id
item  cuisine    category
END
tt-encode -q -s s.schema -o train.tt train.csv
tt-train -q -d 4 -e 2 -o model.tt train.tt
tt-train -q -d 4 -e 2 --seed 2 -o other.tt train.tt
tt-encode -q --like model.tt --side user -o users.rows train.csv
tt-encode -q --like model.tt --side item -o items.rows train.csv
tt-embed model.tt users.rows >users.vec
tt-embed model.tt items.rows >items.vec

# --- what comes out ---
t 'is silent' 0 '' '' tt-embed -o out.vec model.tt users.rows
ok '--verbose counts' sh -c 'tt-embed -v -o out2.vec model.tt users.rows 2>&1 |
    grep -qE "^tt-embed: 40 vectors of 4 dimensions in [0-9.]+ s$"'
ok '-o FILE' cmp out.vec users.vec
ok 'by a pipe' sh -c 'cat users.rows | tt-embed model.tt | cmp - users.vec'
ok 'by standard input' sh -c 'tt-embed model.tt - <users.rows | cmp - users.vec'
ok 'the model by a pipe' sh -c 'cat model.tt | tt-embed - users.rows | cmp - users.vec'
for j in 1 2 3 0; do
    ok "-j $j gives the same bytes" sh -c "tt-embed -j $j model.tt users.rows | cmp - users.vec"
done
t 'a vector a distinct user and context' 0 '40' '' sh -c 'tt-show --tsv users.vec | sed 1d | wc -l | tr -d " "'
t 'a vector an item' 0 '16' '' sh -c 'tt-show --tsv items.vec | sed 1d | wc -l | tr -d " "'
t 'keys and numbers' 0 'user_id	meal_time	v1	v2	v3	v4' '' sh -c 'tt-show --tsv users.vec | head -n 1'
ok 'vectors of length 1' sh -c 'tt-show --tsv users.vec | awk -F "\t" "NR > 1 {
    s = \$3 * \$3 + \$4 * \$4 + \$5 * \$5 + \$6 * \$6; if (s < 0.9999 || s > 1.0001) bad = 1 } END { exit bad || NR != 41 }"'
t 'the side' 0 'item' '' tt-show --text side items.vec
checksum() { tt-show "$1" | sed -n 's/^checksum	//p'; }
t 'the model' 0 "$(checksum model.tt)" '' tt-show --text model items.vec
t 'the inputs' 0 "$(checksum model.tt) $(checksum items.rows)" '' tt-show --text inputs items.vec

# --- streams ---
tt-show --tsv users.vec >users.tsv
for n in 1 3 39 1000; do
    tt-encode -q --like model.tt --side user --stream $n train.csv | tt-embed model.tt >stream.vec
    awk '!seen[$0]++' users.tsv >once.tsv
    ok "a stream of $n rows a segment: the same vectors" sh -c "tt-show --tsv stream.vec | awk '!seen[\$0]++' | cmp - once.tsv"
done
# deep towers: a row has the same vector alone, in streams of any cut and for any number of threads
tt-train -q -d 4 -e 2 --hidden 20,6 -o deep.tt train.tt
tt-encode -q --like deep.tt --side user -o deep.rows train.csv
tt-embed -j 1 deep.tt deep.rows >deep.vec
not_ok 'layers change the vectors' sh -c 'tt-show --tsv deep.vec | cmp -s - users.tsv'
for j in 2 3; do
    ok "deep: -j $j gives the same bytes" sh -c "tt-embed -j $j deep.tt deep.rows | cmp - deep.vec"
done
tt-show --tsv deep.vec | awk '!seen[$0]++' >once.tsv
for n in 1 7 1000; do
    tt-encode -q --like deep.tt --side user --stream $n train.csv | tt-embed deep.tt >stream.vec
    ok "deep: a stream of $n rows a segment: the same vectors" sh -c \
        "tt-show --tsv stream.vec | awk '!seen[\$0]++' | cmp - once.tsv"
done
tt-encode -q --like model.tt --side user --stream 3 -o stream.rows train.csv
head -c $(($(wc -c <stream.rows) - 1)) stream.rows >cut.rows
t 'a stream cut in its last segment' 1 '*' '*' tt-embed model.tt cut.rows
ok 'and its message' grep -q '^tt-embed: cut.rows: ' .err
head -n 1 train.csv | tt-encode -q --like model.tt --side user -o none.rows
t 'no rows, no vectors' 0 '0' '' sh -c 'tt-embed model.tt none.rows | tt-show --tsv | sed 1d | wc -l | tr -d " "'

# --- cold start ---
printf 'user_id,meal_time\nnobody,lunch\nu1,lunch\n' >cold.csv
tt-encode -q --like model.tt --side user cold.csv | tt-embed -o cold.vec model.tt
t 'an unknown user has a vector' 0 '2' '' sh -c 'tt-show --tsv cold.vec | awk -F "\t" "NR > 1 && \$3 * \$3 > 0" | wc -l | tr -d " "'
ok 'a known one has the same as among others' sh -c 'tt-show --tsv cold.vec | grep "^u1	lunch" >a; grep "^u1	lunch" users.tsv | cmp - a'
printf 'store_id,cuisine\nnew rice,rice\nnew noodles,noodles\n' >new.csv
tt-encode -q --like model.tt --side item new.csv | tt-embed -o new.vec model.tt
ok 'unknown items differ by their features' sh -c '[ "$(tt-show --tsv new.vec | sed 1d | cut -f 2- | sort -u | wc -l)" -eq 2 ]'
printf 'user user_id id embed=no\nitem store_id id\n' >bare.schema
tt-encode -q -s bare.schema -o bare.tt train.csv
tt-train -q -d 2 -e 1 -o bare.model bare.tt
tt-encode -q --like bare.model --side user -o bare.rows train.csv
t 'a tower without a feature says so' 0 '' 'tt-embed: 20 rows have no embedded feature: their vectors are 0' \
    tt-embed -o bare.vec bare.model bare.rows

# --- parts that do not belong together ---
t 'rows of another model' 1 '' '*' tt-embed other.tt users.rows
ok 'its message names the rows' grep -q '^tt-embed: users.rows: ' .err
t 'rows as the model' 1 '' "tt-embed: users.rows: holds 'rows', expected 'model' or 'examples'" tt-embed users.rows users.rows
t 'examples as the model' 1 '' "tt-embed: train.tt: holds 'examples', expected 'model'" tt-embed train.tt users.rows
t 'a model as the rows' 1 '' "tt-embed: model.tt: holds 'model', expected 'rows'" tt-embed model.tt model.tt
t 'vectors as the rows' 1 '' "tt-embed: users.vec: holds 'vectors', expected 'rows'" tt-embed model.tt users.vec
t 'no such model' 1 '' 'tt-embed: nowhere: No such file or directory' tt-embed nowhere users.rows
t 'no such rows' 1 '' 'tt-embed: nowhere: No such file or directory' tt-embed model.tt nowhere
t 'no rows at all' 1 '' '*' tt-embed model.tt /dev/null
t 'a failed run leaves no file' 1 '' '*' tt-embed -o late.vec other.tt users.rows
not_ok 'no file' sh -c 'ls late.vec* 2>/dev/null'

# --- cut and damaged ---
damaged() { # file; counts in $accepted what was not refused with one message by tt-embed, and by tt-encode --like
    tt-embed "$1" users.rows >out 2>err && accepted="$accepted $at"
    [ -s out ] && accepted="$accepted $at"
    [ "$(wc -l <err)" -eq 1 ] && grep -q "^tt-embed: $1: " err || accepted="$accepted $at"
    tt-encode -q --like "$1" --side item train.csv >out 2>err && accepted="$accepted $at"
    [ -s out ] && accepted="$accepted $at"
    [ "$(wc -l <err)" -eq 1 ] && grep -q "^tt-encode: $1: " err || accepted="$accepted $at"
}
size=$(wc -c <model.tt)
at=0 accepted=
while [ "$at" -lt "$size" ]; do
    head -c "$at" model.tt >cut.tt
    damaged cut.tt
    at=$((at + 97))
done
ok "a model cut at every 97th byte is refused (accepted:$accepted)" [ -z "$accepted" ]
at=5 accepted=
while [ "$at" -lt $((8 * size)) ]; do
    flipbit "$at" <model.tt >bit.tt
    damaged bit.tt
    at=$((at + 797))
done
ok "a model with one bit turned is refused (accepted:$accepted)" [ -z "$accepted" ]
size=$(wc -c <users.rows)
at=2 accepted=
while [ "$at" -lt $((8 * size)) ]; do
    flipbit "$at" <users.rows >bit.rows
    tt-embed model.tt bit.rows >out 2>err && accepted="$accepted $at"
    [ -s out ] && accepted="$accepted $at"
    grep -q '^tt-embed: bit.rows: ' err || accepted="$accepted $at"
    at=$((at + 397))
done
ok "rows with one bit turned are refused (accepted:$accepted)" [ -z "$accepted" ]

# --- usage ---
usage() { # name message arguments...
    u_name=$1 u_message=$2
    shift 2
    t "$u_name" 2 '' "tt-embed: $u_message
Try 'tt-embed --help'." tt-embed "$@"
}
usage 'no model' 'an operand is missing: tt-embed [OPTION]... MODEL [ROWS]'
usage 'three operands' "unexpected operand 'c'" a b c
usage 'two standard inputs' 'MODEL and ROWS cannot both be standard input' -
usage 'two standard inputs by name' 'MODEL and ROWS cannot both be standard input' - -
usage '-j' "--jobs: '1025' is not a whole number from 0 to 1024" -j 1025 model.tt

# --- Python ---
if has_python safetensors.numpy; then
    t 'safetensors opens the vectors' 0 '(40, 4) float32 True' '' "$PYTHON" -c '
from safetensors.numpy import load_file
import numpy
v = load_file("users.vec")["vectors"]
print(v.shape, v.dtype, bool(numpy.allclose((v * v).sum(1), 1, atol=1e-5)))'
else
    skip 'safetensors opens the vectors' 'Python has no safetensors'
fi

common_tests tt-embed users.rows model.tt
finish

#!/bin/sh
# tt-index: vectors in, an index out; FAISS files in and out.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$BIN/../tools}
PATH=$TOOLS:$PATH

printf 'store_id\ta\tb\ns1\t1\t0\ns2\t0\t1\ns3\t0.6\t0.8\n' >s.tsv
mkvec -s item -m abc <s.tsv >s.vec
common_tests tt-index s.vec

# ---- what is in it ----
t 'an index is silent' 0 '' '' tt-index -o s.tt s.vec
t 'ids and vectors stay' 0 "$(printf 'store_id\tv1\tv2\ns1\t1\t0\ns2\t0\t1\ns3\t0.600000024\t0.800000012')" '' tt-show --tsv s.tt
t 'the type' 0 'flat' '' tt-show --text type s.tt
t 'the item column' 0 'store_id' '' tt-show --text item s.tt
t 'the model goes on' 0 'abc' '' tt-show --text model s.tt
t 'the dimensions' 0 '2' '' tt-show --text dim s.tt
t 'the options' 0 '--type flat --from tt --format tt' '' tt-show --text options s.tt
t "the input's checksum" 0 "$(tt-show s.vec | sed -n 's/^checksum	//p')" '' tt-show --text inputs s.tt
t '--verbose' 0 '' "tt-index: 3 vectors of 2 dimensions by 'store_id'" tt-index -v -o again.tt s.vec
ok 'same bytes twice' cmp s.tt again.tt
tt-index <s.vec >stdin.tt
cat s.vec | tt-index >pipe.tt
ok 'file, standard input and pipe: the same bytes' sh -c 'cmp s.tt stdin.tt && cmp s.tt pipe.tt'

# ---- streams of segments ----
mkvec -s item -m abc -r 1 <s.tsv >parts.vec
tt-index parts.vec >parts.tt
ok 'a stream is collected' sh -c 'tt-show --tsv s.tt >a && tt-show --tsv parts.tt >b && cmp a b'
t "a stream's fingerprint is tt-show --check's" 0 "parts.vec: ok, vectors, 3 segments, $(tt-show --text inputs parts.tt)" '' \
    tt-show --check parts.vec
mkvec -r 1 -e 0 <s.tsv >open.vec
t 'a stream without its last segment' 1 '' 'tt-index: open.vec: truncated: the last segment is missing' tt-index open.vec
cat s.vec s.vec >two.vec
t 'two files, one after the other' 1 '' 'tt-index: two.vec: damaged: bytes follow the last segment' tt-index two.vec
head -n 1 s.tsv | mkvec >none.vec
t 'no vectors at all' 0 '' '' tt-index -o none.tt none.vec
t 'an index of nothing' 0 "$(printf 'store_id\tv1\tv2')" '' tt-show --tsv none.tt

# ---- refused ----
printf 'id\ta\nx\t1\ny\t2\nx\t3\n' | mkvec >double.vec
t 'an id that stands twice' 1 '' "tt-index: double.vec: 'x' stands twice, as values 0 and 2" tt-index double.vec
t 'a failed run leaves no file' 1 '' "tt-index: double.vec: 'x' stands twice, as values 0 and 2" tt-index -o no.tt double.vec
not_ok 'no file' ls no.tt no.tt.tmp.*
t 'an index is no vectors file' 1 '' "tt-index: s.tt: holds 'index', expected 'vectors'" tt-index s.tt
t 'a short text is no vectors file' 1 '' 'tt-index: s.tsv: truncated or not a tt file: only 38 bytes' tt-index s.tsv
seq 100 >long.tsv
t 'a text is no vectors file' 1 '' 'tt-index: long.tsv: not a tt file' tt-index long.tsv
t 'nothing is no vectors file' 1 '' 'tt-index: <stdin>: empty: a tt file is expected' tt-index </dev/null
t 'no such file' 1 '' 'tt-index: nowhere.vec: No such file or directory' tt-index nowhere.vec
t 'an unknown type' 2 '' "tt-index: --type: 'tree' is not one of flat
Try 'tt-index --help'." tt-index --type tree s.vec
t 'too many files' 2 '' "tt-index: unexpected operand 'b'
Try 'tt-index --help'." tt-index s.vec b
mkvec -s user <s.tsv >user.vec
t 'user vectors: a note' 0 '' 'tt-index: user.vec: these are vectors of the user side' tt-index -o user.tt user.vec
t 'user vectors: no note with -q' 0 '' '' tt-index -q -o user.tt user.vec
printf 'id\tarea\ta\nx\tA\t1\ny\tA\t2\n' | mkvec -k 2 >keys.vec
t 'more than one key column: a note' 0 '' "tt-index: keys.vec: of 2 key columns only the first, 'id', is kept" \
    tt-index -o keys.tt keys.vec

# ---- cut and damaged ----
size=$(wc -c <parts.vec)
at=0 bad_cut=0
while [ "$at" -lt "$size" ]; do
    head -c "$at" parts.vec >cut.vec
    tt-index cut.vec >out 2>err && bad_cut=$at
    [ -s out ] && bad_cut=$at
    grep -q '^tt-index: cut.vec: ' err || bad_cut=$at
    at=$((at + 37))
done
ok "cut at every 37th byte: refused (last accepted: $bad_cut)" [ "$bad_cut" -eq 0 ]
bit=3 bad_bit=
while [ "$bit" -lt $((8 * size)) ]; do
    flipbit "$bit" <parts.vec >bit.vec
    tt-index bit.vec >out 2>err && bad_bit="$bad_bit $bit"
    [ -s out ] && bad_bit="$bad_bit $bit"
    grep -q '^tt-index: bit.vec: ' err || bad_bit="$bad_bit $bit"
    bit=$((bit + 301))
done
ok "one bit turned: refused (accepted:$bad_bit)" [ -z "$bad_bit" ]

# ---- FAISS ----
t 'to FAISS' 0 '' '' tt-index --format faiss --ids s.ids -o s.faiss s.vec
t 'the list of ids' 0 "$(printf 'store_id\ns1\ns2\ns3')" '' cat s.ids
t 'the FAISS file' 0 "IxFI 69" '' sh -c 'echo "$(head -c 4 s.faiss) $(($(wc -c <s.faiss)))"'
t 'from FAISS' 0 '' '' tt-index --from faiss --ids s.ids -o back.tt s.faiss
ok 'the same vectors come back' sh -c 'tt-show --tsv s.tt >a && tt-show --tsv back.tt >b && cmp a b'
ok 'from a pipe: the same bytes' sh -c 'cat s.faiss | tt-index --from faiss --ids s.ids >p.tt && cmp p.tt back.tt'
ok 'the ids from standard input: the same bytes' sh -c 'tt-index --from faiss --ids - s.faiss <s.ids >p.tt && cmp p.tt back.tt'
t 'two inputs, two fingerprints' 0 2 '' sh -c 'echo $(($(tt-show --text inputs back.tt | wc -w)))'
head -n 3 s.ids >few.ids
t 'too few ids' 1 '' 'tt-index: few.ids: 2 ids for 3 vectors' tt-index --from faiss --ids few.ids s.faiss
printf 'a\tb\n1\t2\n' >wide.ids
t 'ids of two columns' 1 '' 'tt-index: wide.ids:1: expected 1 column of ids, found 2' tt-index --from faiss --ids wide.ids s.faiss
printf 'id\ns1\ns1\ns3\n' >same.ids
t 'ids that stand twice' 1 '' "tt-index: same.ids: 's1' stands twice, as values 0 and 1" \
    tt-index --from faiss --ids same.ids s.faiss
t 'a tt file is no FAISS file' 1 '' 'tt-index: s.vec: not a FAISS IndexFlatIP file' tt-index --from faiss --ids s.ids s.vec
t 'a FAISS file is no tt file' 1 '' 'tt-index: s.faiss: truncated or not a tt file: only 69 bytes' tt-index s.faiss
head -c 60 s.faiss >cut.faiss
t 'a cut FAISS file' 1 '' 'tt-index: cut.faiss: truncated after 1 of 3 vectors' tt-index --from faiss --ids s.ids cut.faiss
head -c 44 s.faiss >cut.faiss
t 'a cut FAISS header' 1 '' 'tt-index: cut.faiss: truncated: 44 bytes of a header of 45 are there' \
    tt-index --from faiss --ids s.ids cut.faiss
flipbit 120 <s.faiss >huge.faiss
t 'a hostile number of rows' 1 '' 'tt-index: huge.faiss: damaged: its sizes do not agree' \
    tt-index --from faiss --ids s.ids huge.faiss
printf 'id\ta\n\t1\n' | mkvec >empty-id.vec
t 'an empty id has no place in a list of ids' 1 '' \
    'tt-index: e.ids: the id of row 1 is empty, which a list of ids cannot show' \
    tt-index --format faiss --ids e.ids -o e.faiss empty-id.vec
not_ok 'and neither file is there' ls e.ids e.faiss
t '--format faiss wants --ids' 2 '' "tt-index: --format faiss needs --ids FILE
Try 'tt-index --help'." tt-index --format faiss s.vec
t 'the ids in the file of vectors' 2 '' "tt-index: --output and --ids are the same file
Try 'tt-index --help'." tt-index --format faiss -o x --ids ./x
t '--ids alone' 2 '' "tt-index: --ids is for --from faiss or --format faiss
Try 'tt-index --help'." tt-index --ids s.ids s.vec
t 'faiss to faiss' 2 '' "tt-index: --from faiss and --format faiss cannot be used together
Try 'tt-index --help'." tt-index --from faiss --format faiss --ids s.ids s.faiss
t 'standard input twice' 2 '' "tt-index: --ids: standard input is taken
Try 'tt-index --help'." tt-index --from faiss --ids - </dev/null

# The library itself.
if has_python faiss numpy; then
    genvec 500 24 1 item i >i.vec
    genvec 50 24 2 user u >q.vec
    tt-index --format faiss --ids i.ids i.vec >i.faiss
    tt-index i.vec >i.tt
    tt-show --npy q.npy q.vec
    tt-query -q -k 7 i.tt q.vec | awk -F '\t' 'NR > 1 { print $3 }' >tt.out
    "$PYTHON" -c '
import faiss, numpy as np
index = faiss.read_index("i.faiss")
ids = open("i.ids").read().split()[1:]
for row in index.search(np.load("q.npy"), 7)[1]:
    for i in row: print(ids[i])
faiss.write_index(index, "again.faiss")' >faiss.out
    ok 'FAISS opens the file and finds the same' cmp tt.out faiss.out
    ok 'FAISS writes the same bytes' cmp i.faiss again.faiss
else
    skip 'FAISS reads and writes the same' 'Python has no faiss'
fi
finish

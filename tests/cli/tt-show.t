#!/bin/sh
# tt-show: any file of tt in, text out.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$BIN/../tools}
PATH=$TOOLS:$PATH

printf 'user_id\tmeal\ta\tb\nu1\tlunch\t1\t0.5\nu2\tlate\\tnight\t0\t-1e-30\n' >u.tsv
mkvec -k 2 -s user -m abc <u.tsv >u.vec
mkvec -k 2 -s user -m abc -r 1 <u.tsv >parts.vec
printf 'store_id\ta\ns1\t1\ns2\t2\n' | mkvec >s.vec
tt-index s.vec >s.tt
common_tests tt-show u.vec

sum=$(tt-show u.vec | sed -n 's/^checksum	//p')
ok 'a checksum is 32 digits' sh -c "expr $sum : '[0-9a-f]*$' = 32"
t 'all of it' 0 "$(printf '%b' "segment\t0
checksum\t$sum
kind\tvectors
format\t1
side\tuser
model\tabc
keys\tuser_id\\\\tmeal
program\tmkvec
tensor\tkey.0.offsets\tU64\t3
tensor\tkey.1.offsets\tU64\t3
tensor\tvectors\tF32\t2\t2
tensor\tkey.0.bytes\tU8\t4
tensor\tkey.1.bytes\tU8\t15")" '' tt-show u.vec
ok 'a stream: each segment' sh -c '[ "$(tt-show parts.vec | grep -c "^segment")" -eq 2 ]'
ok 'file, standard input and pipe: the same' sh -c 'tt-show u.vec >a; tt-show <u.vec >b; cat u.vec | tt-show >c; cmp a b && cmp a c'
ok 'same bytes twice' sh -c 'tt-show u.vec >a; tt-show -o b u.vec; cmp a b'

# ---- --check ----
t '--check' 0 "u.vec: ok, vectors, 1 segment, $sum" '' tt-show --check u.vec
t '--check of standard input' 0 "<stdin>: ok, vectors, 1 segment, $sum" '' sh -c 'cat u.vec | tt-show --check'
ok '--check of a stream' sh -c 'tt-show --check parts.vec | grep -qE "^parts.vec: ok, vectors, 2 segments, [0-9a-f]{32}$"'
t '--check of a text' 1 '' 'tt-show: u.tsv: not a tt file' sh -c 'seq 100 >u.tsv; tt-show --check u.tsv'
size=$(($(wc -c <parts.vec))) at=0 accepted=
while [ "$at" -lt "$size" ]; do
    head -c "$at" parts.vec >bad
    tt-show --check bad >out 2>err
    [ $? -eq 1 ] && [ ! -s out ] && grep -q '^tt-show: bad: ' err || accepted="$accepted $at"
    flipbit $((8 * at + at % 8)) <parts.vec >bad
    tt-show --check bad >out 2>err
    [ $? -eq 1 ] && [ ! -s out ] && grep -q '^tt-show: bad: ' err || accepted="$accepted bit-of-$at"
    at=$((at + 23))
done
ok "cut or with a bit turned: refused (accepted:$accepted)" [ -z "$accepted" ]

# ---- rows ----
t '--rows of a list of texts' 0 "$(printf 'key.1\nlunch\nlate\\tnight')" '' tt-show --rows key.1 u.vec
t '--rows of a table' 0 "$(printf 'vectors.0\tvectors.1\n1\t0.5\n0\t-1e-30')" '' tt-show --rows vectors u.vec
t '--rows of one dimension' 0 "$(printf 'key.0.offsets\n0\n2\n4')" '' tt-show --rows key.0.offsets u.vec
t '--rows over a stream' 0 "$(printf 'key.0\nu1\nu2')" '' tt-show --rows key.0 parts.vec
t '--rows of nothing' 1 '' "tt-show: u.vec: no tensor 'x' (tt-show without an option lists them)" tt-show --rows x u.vec
t '--tsv of vectors' 0 "$(printf 'user_id\tmeal\tv1\tv2\nu1\tlunch\t1\t0.5\nu2\tlate\\tnight\t0\t-1e-30')" '' tt-show --tsv u.vec
t '--tsv of a stream' 0 "$(tt-show --tsv u.vec)" '' tt-show --tsv parts.vec
t '--tsv of an index' 0 "$(printf 'store_id\tv1\ns1\t1\ns2\t2')" '' tt-show --tsv s.tt
ok '--tsv comes back as the same file' sh -c 'tt-show --tsv u.vec | mkvec -k 2 -s user -m abc | cmp - u.vec'

# ---- text ----
t '--text' 0 'store_id' '' tt-show --text item s.tt
t '--text of nothing' 1 '' "tt-show: s.tt: the header has no 'schema'" tt-show --text schema s.tt
t '--text of a stream' 0 'abc' '' tt-show --text model parts.vec

# ---- npy ----
t '--npy is silent' 0 '' '' tt-show --npy u.npy u.vec
{ printf '\223NUMPY\001\000\166\000'
  printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
  printf '\000\000\200\077\000\000\000\077\000\000\000\000\140\102\242\215'; } >expected.npy
ok '--npy: every byte' cmp u.npy expected.npy
ok '--npy of a stream' sh -c 'tt-show --npy p.npy parts.vec && cmp p.npy expected.npy'
ok '--npy to standard output' sh -c 'tt-show --npy - u.vec >p.npy && cmp p.npy expected.npy'
t '--npy to standard output that is full' 1 '' 'tt-show: <stdout>: No space left on device' \
    sh -c 'tt-show --npy - u.vec >/dev/full'
t '--npy with -o' 2 '' "tt-show: --npy names its file: --output does not go with it
Try 'tt-show --help'." tt-show --npy p.npy -o q u.vec
not_ok '--npy with -o writes nothing' [ -e q ]
t '--npy to a full disk' 1 '' 'tt-show: /dev/full: No space left on device' tt-show --npy /dev/full u.vec
t '--npy into no folder' 1 '' '*' tt-show --npy nowhere/x.npy u.vec
if has_python numpy; then
    tt-show --npy s.npy s.tt
    t 'NumPy opens it' 0 '[[1.0], [2.0]] float32' '' \
        "$PYTHON" -c 'import numpy as np; x = np.load("s.npy"); print(x.tolist(), x.dtype)'
else
    skip 'NumPy opens --npy' 'Python has no numpy'
fi
if has_python safetensors.numpy; then
    t 'safetensors opens vectors' 0 "$(printf '[[1.0, 0.5], [0.0, -1.0000000031710769e-30]] vectors')" '' "$PYTHON" -c '
from safetensors import safe_open
f = safe_open("u.vec", "np")
print(f.get_tensor("vectors").tolist(), f.metadata()["kind"])'
    t 'safetensors opens an index' 0 "$(printf '[[1.0], [2.0]] b%ss1s2%s' "'" "'")" '' "$PYTHON" -c '
from safetensors.numpy import load_file
f = load_file("s.tt")
print(f["vectors"].tolist(), bytes(f["ids.bytes"]))'
else
    skip 'safetensors opens vectors and an index' 'Python has no safetensors'
fi

# ---- refused ----
t 'two things at once' 2 '' "tt-show: only one of --check, --rows, --tsv, --text and --npy can be given
Try 'tt-show --help'." tt-show --check --tsv u.vec
t 'no such file' 1 '' 'tt-show: nowhere: No such file or directory' tt-show nowhere
finish

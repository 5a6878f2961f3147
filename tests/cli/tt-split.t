#!/bin/sh
# tt-split: the parts of each way, their errors, and that all parts appear together or none.
. "$(dirname "$0")/lib.sh"

cat >in.csv <<'END'
user,item,at,text
u1,a,2024-01-03,"one, two"
u2,b,2024-01-01,x
u1,b,2024-01-01,"say ""hi""
again"
u1,c,2024-01-02,y
u3,a,2024-01-05,z
u2,c,2024-01-04,맛
u1,d,2024-01-04,w
END

common_tests tt-split in.csv -q --last 1 --user user --test /dev/null

# ---- the ways ----

t 'last 1 in the order of a column' 0 'user,item,at,text
u2,b,2024-01-01,x
u1,b,2024-01-01,"say ""hi""
again"
u1,a,2024-01-03,"one, two"
u1,c,2024-01-02,y
u3,a,2024-01-05,z' '' sh -c 'tt-split -q --last 1 --user user --order at --test test.csv in.csv >train.csv &&
    { head -n 1 train.csv; sed -n 3,5p train.csv; sed 1d train.csv | sed -n "1p;5,\$p"; }'
printf '%s\n' 'user,item,at,text' 'u2,c,2024-01-04,맛' 'u1,d,2024-01-04,w' >expected
ok 'last 1: the test part' cmp test.csv expected

t 'last 1 in input order, with valid' 0 'user,item,at,text
u1,a,2024-01-03,"one, two"
u2,b,2024-01-01,x
u1,b,2024-01-01,"say ""hi""
again"
u3,a,2024-01-05,z' 'tt-split: train: 4 rows, 3 users, 2 items
tt-split: valid: 1 rows, 1 users, 1 items
tt-split: test: 2 rows, 2 users, 2 items
tt-split: test: 0 of 2 users are not in train
tt-split: test: 2 of 2 items are not in train' \
    tt-split --last 1 --user user --item item --valid valid.csv --test test.csv in.csv
printf '%s\n' 'user,item,at,text' 'u1,c,2024-01-02,y' >expected
ok 'last 1: the valid part' cmp valid.csv expected

tt-split -q --last 1 --valid-last 2 --user user --train train.csv --valid - --test test.csv in.csv >valid.csv
t '--valid-last 2, valid on stdout' 0 'user,item,at,text
u1,b,2024-01-01,"say ""hi""
again"
u1,c,2024-01-02,y' '' cat valid.csv

tt-split -q --last-share 0.5 --user user --order at --train train.csv --test test.csv in.csv
t 'half of the rows of each user' 0 'user,item,at,text
u1,a,2024-01-03,"one, two"
u2,c,2024-01-04,맛
u1,d,2024-01-04,w' '' cat test.csv

tt-split -q --last-share 0.5 --valid-share 0.5 --user user --order at --train train.csv --valid valid.csv \
    --test test.csv in.csv
t 'half of the rest is valid' 0 'user,item,at,text
u1,c,2024-01-02,y' '' cat valid.csv

tt-split -q --before 2024-01-02 --valid-before 2024-01-04 --time at --train train.csv --valid valid.csv \
    --test test.csv in.csv
t 'before: train' 0 'user,item,at,text
u2,b,2024-01-01,x
u1,b,2024-01-01,"say ""hi""
again"' '' cat train.csv
t 'before: valid' 0 'user,item,at,text
u1,a,2024-01-03,"one, two"
u1,c,2024-01-02,y' '' cat valid.csv
t 'before: test' 0 'user,item,at,text
u3,a,2024-01-05,z
u2,c,2024-01-04,맛
u1,d,2024-01-04,w' '' cat test.csv

t 'k-core: rows of rare users and items go' 0 'user,item,at,text
u1,b,2024-01-01,"say ""hi""
again"
u2,b,2024-01-01,x' 'tt-split: k-core: 3 rows dropped
tt-split: train: 2 rows, 2 users, 1 items
tt-split: test: 2 rows, 2 users, 1 items
tt-split: test: 0 of 2 users are not in train
tt-split: test: 1 of 1 items are not in train' sh -c \
    'tt-split --k-core 2 --last 1 --user user --item item --order at --test test.csv in.csv >train.csv &&
    { head -n 1 train.csv; sed -n 3,4p train.csv; sed -n 2p train.csv; }'

# ---- a larger table ----

awk 'BEGIN { print "n,user,item,time"
    for (i = 1; i <= 3000; i++) { x = (x * 1103515245 + 12345) % 2147483648
        print i ",u" int(x / 7) % 97 ",i" int(x / 1009) % 211 "," int(x / 65536) % 1000 } }' >big.csv

whole() { # no row is lost, doubled or changed: the parts together are the input
    { head -n 1 big.csv; for part; do sed 1d "$part"; done | sort -t, -k1,1n; } | cmp - big.csv
}
for way in '--hash user --shares 70,10,20' '--random --shares 70,10,20' '--last 3 --user user --order time' \
    '--last-share 0.2 --valid-share 0.125 --user user --order time,n' '--before 700 --valid-before 800.5 --time time'; do
    # shellcheck disable=SC2086 # the words of $way are options
    set -- -q $way
    tt-split "$@" --train a1 --valid a2 --test a3 big.csv
    ok "$way: nothing is lost" whole a1 a2 a3
    tt-split "$@" --train b1 --valid b2 --test b3 <big.csv
    # shellcheck disable=SC2002 # a pipe is the point
    cat big.csv | tt-split "$@" --valid c2 --test c3 >c1
    ok "$way: same bytes twice" sh -c 'cmp a1 b1 && cmp a2 b2 && cmp a3 b3'
    ok "$way: a pipe and a file give the same" sh -c 'cmp a1 c1 && cmp a2 c2 && cmp a3 c3'
    ok "$way: each part has rows" sh -c 'test $(wc -l <a1) -gt 1200 -a $(wc -l <a2) -gt 100 -a $(wc -l <a3) -gt 200'
done

tt-split -q --hash user,item --shares 80,20 --train a1 --test a2 big.csv
{ sed 1000q big.csv; tail -n 500 big.csv; } | tt-split -q --hash user,item --shares 80,20 --train b1 --test b2
sed 1d b2 >rows
not_ok 'hash: a row of another file goes to the same part' sh -c 'grep -vxFf a2 rows'
tt-split -q --hash user,item --shares 80,20 --seed 2 --train b1 --test b2 big.csv
not_ok 'hash: another seed, another split' cmp -s a2 b2
tt-split -q --hash user --shares 90,10 --train a1 --test a2 big.csv
sed 1d a2 | cut -d, -f2 | sort -u >users
not_ok 'hash: a user is in one part only' sh -c 'cut -d, -f2 a1 | grep -qxFf users'
tt-split -q --random --shares 80,20 --train a1 --test a2 big.csv
tt-split -q --random --shares 80,20 --seed 2 --train b1 --test b2 big.csv
not_ok 'random: another seed, another split' cmp -s a2 b2
t 'shares of 0 leave a part out' 0 '*' 'tt-split: train: 3000 rows' tt-split --random --shares 100,0 big.csv
t 'shares with decimals' 0 '*' '' tt-split -q --hash n --shares 99.5,0.25,0.25 --valid a2 --test a3 big.csv

printf 'a,b\n' >none.csv
t 'no rows' 0 'a,b' 'tt-split: train: 0 rows, 0 users
tt-split: test: 0 rows, 0 users
tt-split: test: 0 of 0 users are not in train' tt-split --last 1 --user a --test test.csv none.csv
ok 'no rows: the header is there' cmp test.csv none.csv
printf 'a\tb\r\n1\tx\\ny\r\n1\t2' >tabs.tsv
tt-split -q --last 1 --user a --train a1 --test a2 tabs.tsv
ok 'TSV: bytes stay' sh -c 'printf "a\tb\r\n1\tx\\\\ny\r\n" | cmp - a1 && printf "a\tb\r\n1\t2" | cmp - a2'
{ read -r skipped; tt-split -q --last 1 --user 1 --train a1 --test a2; } <<'END'
a line for somebody else
1,b
x,2
x,3
END
t 'input from the middle of a file' 0 '1,b
x,3' '' cat a2
: "$skipped"

# ---- all parts or none ----

rm -f train.csv test.csv
printf 'user,at\nu,1\nu,soon\n' >bad.csv
t 'bad data: no part appears' 1 '' "tt-split: bad.csv:3: field 'at': 'soon' is neither a number nor a time like 2024-03-01T12:34:56+09:00" \
    tt-split --last 1 --user user --order at --train train.csv --test test.csv bad.csv
not_ok 'bad data: nothing is left behind' sh -c 'ls train.csv* test.csv* 2>/dev/null'
t 'a full disk: the other part does not appear' 1 '' 'tt-split: /dev/full: No space left on device' \
    tt-split --last 1 --user user --train train.csv --test /dev/full in.csv
not_ok 'a full disk: nothing is left behind' sh -c 'ls train.csv* 2>/dev/null'
awk '{ for (i = 0; i < (NR == 1 ? 1 : 30); i++) print }' big.csv >long.csv
{ tt-split -q --random --shares 90,10 --test test.csv long.csv; echo $? >code; } | head -n 1 >/dev/null
not_ok 'a closed pipe: the program ends' grep -qx 0 code
not_ok 'a closed pipe: nothing is left behind' sh -c 'ls test.csv* 2>/dev/null'
cp long.csv grows.csv
t 'an input that changes meanwhile' 1 '' 'tt-split: grows.csv: changed while it was read' \
    sh -c 'tt-split --last 1 --user user --test test.csv grows.csv >>grows.csv'
not_ok 'an input that changes meanwhile: nothing is left behind' sh -c 'ls test.csv* 2>/dev/null'
echo old >test.csv
tt-split -q --last 1 --user nobody --train train.csv --test test.csv in.csv 2>/dev/null
t 'a failure leaves the old file' 0 old '' cat test.csv

# ---- errors ----

t 'no such column' 1 '' "tt-split: in.csv: no column 'who' (there are: user, item, at, text)" \
    tt-split --last 1 --user who --test test.csv in.csv
t 'no such input' 1 '' 'tt-split: none.tsv: No such file or directory' tt-split --last 1 --user a --test test.csv none.tsv
printf 'user,at\nu,2024-01-01\nu,2024-01-01T10:00Z\n' >bad.csv
t 'two forms of time' 1 '' \
    "tt-split: bad.csv:3: field 'at': '2024-01-01T10:00Z' is not a time without an offset as in the rows before" \
    tt-split --last 1 --user user --order at --test test.csv bad.csv
t 'a time that the bound does not fit' 1 '' \
    "tt-split: bad.csv:2: field 'at': '2024-01-01' is not a number as the bound is" \
    tt-split --before 5 --time at --test test.csv bad.csv
t 'a ragged row' 1 '' 'tt-split: <stdin>:3: expected 2 fields, found 1' \
    sh -c "printf 'a,b\n1,2\n3\n' | tt-split --random --shares 50,50 --train train.csv --test test.csv"
if [ -z "${VALGRIND:-}" ]; then
    t 'TMPDIR that is not there' 1 '' 'tt-split: temporary file in nowhere: No such file or directory' \
        sh -c 'cat in.csv | TMPDIR=nowhere tt-split --last 1 --user user --test test.csv'
else
    skip 'TMPDIR that is not there' 'valgrind needs it'
fi

usage() { # message argument...
    u_text=$1
    shift
    t "usage: $u_text" 2 '' "tt-split: $u_text
Try 'tt-split --help'." tt-split "$@" in.csv
}
usage 'one of --last, --last-share, --before, --hash and --random is needed' --test t
usage 'only one of --last, --last-share, --before, --hash and --random can be given' --last 1 --random --test t
usage "--seed: '99999999999999999999999' is not a whole number from 0 to 2^53 - 1" \
    --random --shares 50,50 --seed 99999999999999999999999 --test t
usage '--user is needed' --last 1 --test t
usage '--time is needed' --before 1 --test t
usage '--shares is needed' --random --test t
usage '--order goes with --last or --last-share only' --random --shares 50,50 --order at --test t
usage '--seed goes with --hash or --random only' --last 1 --user user --seed 3 --test t
usage '--valid-share goes with --last-share only' --last 1 --user user --valid-share 0.1 --test t
usage '--k-core needs --user and --item' --last 1 --user user --k-core 5 --test t
usage '--test is needed: the options give rows to that part' --last 1 --user user
usage '--valid is needed: the options give rows to that part' --hash user --shares 80,10,10 --test t
usage '--valid: the options give no rows to that part' --hash user --shares 80,20 --valid v --test t
usage 'two parts cannot both go to standard output' --last 1 --user user --test -
usage '--train and --output are the same: give one' --last 1 --user user -o a --train b --test t
usage '--train and --test are the same file' --last 1 --user user --train ./t --test t
usage "--shares: '80,30' sums to 110, not to 100" --hash user --shares 80,30 --test t
usage "--shares: '80' is not two or three numbers" --hash user --shares 80 --test t
usage "--shares: '80,x' is not two or three numbers" --hash user --shares 80,x --test t
usage "--hash: a column without a name" --hash user,,item --shares 80,20 --test t
usage "--before: 'soon' is neither a number nor a time like 2024-03-01T12:34:56+09:00" --before soon --time at --test t
usage "--valid-before: '7' is not a time without an offset as --before is" \
    --before 2024-01-01 --valid-before 7 --time at --valid v --test t
usage "--valid-before: '2' comes before --before" --before 3 --valid-before 2 --time at --valid v --test t
usage "--last: '0' is not a whole number from 1 to 1000000000" --last 0 --user user --test t
usage "--last-share: '1' is not a number from 0 to 0.999999" --last-share 1 --user user --test t

finish

#!/bin/sh
# tt-encode: rows of text to codes.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$BIN/../tools}
PATH=$TOOLS:$PATH

cat >s.schema <<'END'
user   user_id    id
user   store_id   history
user   meal_time  context
item   store_id   id
item   category   category
event  stars      weight
event  day        time     unit=day
END
cat >e.csv <<'END'
user_id,store_id,category,meal_time,stars,day
u1,s1,bbq,noon,5,10
u2,s2,"cafe, bar",eve,3,11
u1,s2,"cafe, bar",,4,12.5
u3,s3,,noon,1,9
END
notes='tt-encode: 4 events, 3 users, 3 items'
tt-encode -q -s s.schema e.csv >e.tt

rows() { # file tensor...: their values, one line a tensor
    r_file=$1
    shift
    for r_name; do tt-show --rows "$r_name" "$r_file" | sed 1d | paste -s -d ' ' -; done
}

common_tests tt-encode e.csv -s s.schema
t 'the codes' 0 '1 2 1 3
1 2 2 3
1 2 0 1
5 3 4 1
864000 950400 1080000 777600
0 1 2 0
u1 u2 u3
bbq cafe, bar' '' \
    rows e.tt event.user event.item event.context.meal_time event.weight event.time item.category.codes \
    user.user_id.vocab item.category.vocab
t 'notes' 0 '' "$notes" tt-encode -s s.schema -o out.tt e.csv
ok '-o FILE has the bytes of standard output' cmp out.tt e.tt
ok 'the same bytes twice' sh -c 'tt-encode -q -s s.schema e.csv | cmp - e.tt'
ok 'a pipe gives the same bytes' sh -c 'cat e.csv | tt-encode -q -s s.schema | cmp - e.tt'
ok 'so does - for it' sh -c 'cat e.csv | tt-encode -q -s s.schema - | cmp - e.tt'
ok 'the schema may come by standard input' sh -c 'tt-encode -q -s - e.csv <s.schema | cmp - e.tt'
ok 'tt-show --check agrees' tt-show --check e.tt
ok 'lineage: the input as a fingerprint' sh -c 'tt-show --text inputs e.tt | grep -qE "^[0-9a-f]{32}$"'

# ---- the same table, written in other ways: only the input's fingerprint differs ----
as_text() { tt-show "$1" | grep -v -e '^checksum' -e '^inputs'; }
as_text e.tt >plain.txt
same_but_inputs() { # name file
    tt-encode -q -s s.schema "$2" >other.tt
    as_text other.tt >other.txt
    s_status=0
    cmp plain.txt other.txt >&2 || s_status=1
    for r in event.user event.item event.context.meal_time event.weight event.time item.category.codes \
        item.category.vocab item.store_id.vocab; do
        [ "$(tt-show --rows $r e.tt)" = "$(tt-show --rows $r other.tt)" ] || s_status=1
    done
    cmp -s e.tt other.tt && s_status=1
    report $s_status "$1"
}
sed 's/$/\r/' e.csv >crlf.csv
same_but_inputs 'CRLF' crlf.csv
{ printf '\357\273\277'; cat e.csv; } >bom.csv
same_but_inputs 'a byte order mark' bom.csv
printf '%s' "$(cat e.csv)" >no_end.csv
same_but_inputs 'no line end at the end' no_end.csv
sed 's/, bar/;bar/; s/,/\t/g; s/;bar/, bar/; s/"//g' e.csv >e.tsv
same_but_inputs 'TSV' e.tsv
awk -F '\t' 'BEGIN { OFS = "\t" } { print "first" NR, $6, $5, $4, $3, $2, $1, "last" NR }' e.tsv >moved.tsv
same_but_inputs 'columns in another order, and others between' moved.tsv
sed 's/embed=yes//' s.schema | sed 's/  */	/; s/$/ # comment/' >spaced.schema
ok 'a schema that means the same gives the same bytes' sh -c 'tt-encode -q -s spaced.schema e.csv | cmp - e.tt'

# ---- a header alone ----
head -n 1 e.csv >head.csv
printf 'user u id\nitem i id\nevent w weight\nevent l label\nevent t time\n' >timed.schema
printf 'u,i,w,l,t\n' | tt-encode -q -s timed.schema -o timed.tt
t 'no events still have all of their columns' 0 'event.user
event.item
event.weight
event.time
event.label' '' sh -c "tt-show timed.tt | awk '\$1 == \"tensor\" && \$2 ~ /^event/ { print \$2 }'"
t 'a header alone is a file of no events' 0 '' 'tt-encode: 0 events, 0 users, 0 items' \
    tt-encode -s s.schema -o none.tt head.csv
ok 'which is whole' tt-show --check none.tt

# ---- usage ----
usage() { # name message arguments...
    u_name=$1 u_message=$2
    shift 2
    t "$u_name" 2 '' "tt-encode: $u_message
Try 'tt-encode --help'." tt-encode "$@"
}
printf '# all\nuser "user id" id embed=no\nitem i id\tembed=yes\nuser i history # twice\nevent t time unit=day\nevent n#1 label\n' >all.schema
t '--describe' 0 "$(printf 'side\tcolumn\tkind\toptions\nuser\tuser id\tid\tembed=no\nitem\ti\tid\tembed=yes\n'
    printf 'user\ti\thistory\tcount=sqrt half_life=0\nevent\tt\ttime\tunit=day\nevent\tn#1\tlabel\tmin=1\n')" '' \
    tt-encode --schema all.schema --describe
t '--describe of what is no schema' 1 '' 'tt-encode: e.csv:1: *' sh -c "tt-encode -s e.csv --describe 2>&1 | sed 's/:1: .*/:1: */' >&2; exit 1"
usage '--describe with events' '--describe goes with --schema alone' --describe -s s.schema e.csv
usage '--describe without a schema' '--describe goes with --schema alone' --describe --like e.tt
usage 'neither schema nor like' 'one of --schema, --extend and --like is needed' e.csv
usage 'both' 'only one of --schema, --extend and --like can be given' -s s.schema --like e.tt e.csv
usage '--extend with a schema' 'only one of --schema, --extend and --like can be given' -e e.tt -s s.schema e.csv
usage '--extend with --like' 'only one of --schema, --extend and --like can be given' -e e.tt -l e.tt e.csv
usage '--side with --extend' '--side, --history and --stream go with --like' -e e.tt --side user e.csv
usage '--extend and events from standard input' 'only one input can be standard input' -e -
for o in '--side item' '--history h.csv' '--stream 5'; do
    # shellcheck disable=SC2086 # two words
    usage "$o with --schema" '--side, --history and --stream go with --like' -s s.schema $o e.csv
done
for o in '--users u.csv' '--items i.csv' '--history h.csv' '--stream 5'; do
    # shellcheck disable=SC2086
    usage "$o with events --like" \
        'with --like, --users, --items, --history and --stream need --side user or --side item' \
        --like e.tt $o e.csv
done
sides='--side user goes with --users and --history, --side item with --items'
usage '--items for users' "$sides" --like e.tt --side user --items i.csv e.csv
usage '--users for items' "$sides" --like e.tt --side item --users u.csv e.csv
usage '--history for items' "$sides" --like e.tt --side item --history h.csv e.csv
usage 'an unknown side' "--side: 'shop' is not one of user, item, event" --like e.tt --side shop
usage 'an unknown format' "--format: 'xml' is not one of auto, csv, tsv" -s s.schema --format xml
usage 'a bad count' "--stream: '-1' is not a whole number from 0 to 100000000" --like e.tt --side user --stream -1
usage 'two files' "unexpected operand 'b'" -s s.schema a b
usage 'two standard inputs' 'only one input can be standard input' -s -
usage 'two standard inputs, side file' 'only one input can be standard input' -s s.schema --items - -
usage 'two standard inputs, none the events' 'only one input can be standard input' -s - --users - e.csv

# ---- bad inputs ----
head='user_id,store_id,category,meal_time,stars,day'
refused() { # name message; the rows on standard input, behind the header
    { echo "$head"; cat; } >bad.csv
    t "$1" 1 '' "tt-encode: bad.csv$2" tt-encode -q -s s.schema bad.csv
}
echo 'u1,s1,bbq,noon,5' | refused 'a row too short' ':2: expected 6 fields, found 5'
printf 'u1,s1,bbq,noon,5,1\nu1,s1,bbq,noon,5,1,\n' | refused 'a row too long' ':3: expected 6 fields, found 7'
printf 'u1,s1,"bbq,noon,5,1\nu2,s2,x,y,1,1\n' | refused 'an open quote' ':2: a quoted field that is never closed'
printf 'u1,s1,b"b"q,noon,5,1\n' | refused 'a quote out of place' ':2: a quote in the wrong place'
printf 'u1,s1,bbq,noon,5,1\nu1,s\0001,bbq,noon,5,1\n' | refused 'a NUL byte' ':3: a NUL byte (is this a text file?)'
printf 'u1,s\377,bbq,noon,5,1\n' | refused 'invalid UTF-8' ":2: field 'store_id': not valid UTF-8"
{ printf 'u1,'; head -c 1100000 /dev/zero | tr '\0' x; echo ',bbq,noon,5,1'; } |
    refused 'a huge field' ":2: field 'store_id': longer than 1048576 bytes"
echo ',s1,bbq,noon,5,1' | refused 'an empty user' ":2: field 'user_id' is empty"
echo 'u1,,bbq,noon,5,1' | refused 'an empty item' ":2: field 'store_id' is empty"
for x in '' five -1 nan 1e31 0x10 ' 5'; do
    echo "u1,s1,bbq,noon,$x,1" |
        refused "the weight '$x'" ":2: field 'stars': '$x' is not a weight, a number from 0 to 1e30"
done
for x in '' now -1 49711 2024-03-01; do
    echo "u1,s1,bbq,noon,5,$x" |
        refused "the time '$x' in days" \
            ":2: field 'day': '$x' is not a time: a number of the schema's units, 1970 to 2106"
done
: >bad.csv
t 'an empty file' 1 '' "tt-encode: bad.csv:1: empty: a header line with the columns' names is needed" \
    tt-encode -s s.schema bad.csv
t 'an empty standard input' 1 '' "tt-encode: <stdin>:1: empty: a header line with the columns' names is needed" \
    tt-encode -s s.schema
cut -d , -f 1-3 e.tsv | tr '\t' , | cut -d , -f 1,2 >bad.csv
t 'a missing column' 1 '' "tt-encode: bad.csv: no column 'meal_time' (there are: user_id, store_id)" \
    tt-encode -s s.schema bad.csv
t 'no such file' 1 '' 'tt-encode: nowhere.csv: No such file or directory' tt-encode -s s.schema nowhere.csv
t 'no such schema' 1 '' 'tt-encode: nowhere.schema: No such file or directory' tt-encode -s nowhere.schema e.csv
echo 'user user_id idd' >bad.schema
t 'a bad schema' 1 '' "tt-encode: bad.schema:1: the kind is one of id, category, bag, number, hash, context, history, \
weight, label, time, not 'idd'" tt-encode -s bad.schema e.csv

# ---- -o: whole or not at all ----
echo old >kept
t 'an error leaves the old file' 1 '' '*' tt-encode -q -s s.schema -o kept bad.csv
t 'as it was' 0 old '' cat kept
not_ok 'and no temporary file' sh -c 'ls kept.* 2>/dev/null'
mkfifo slow
for signal in KILL TERM; do
    { cat e.csv; : >fed; exec sleep 60; } >slow &
    feeder=$!
    tt-encode -q -s s.schema -o never.tt slow &
    victim=$!
    tries=0
    until { ls never.tt.tmp.* && ls fed; } >/dev/null 2>&1 || [ $tries -eq 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    ok "$signal comes while it writes" test $tries -lt 100
    kill -$signal $victim
    wait $victim 2>/dev/null
    kill $feeder
    wait $feeder 2>/dev/null
    not_ok "$signal: nothing under the final name" test -e never.tt
    [ $signal = KILL ] || not_ok "$signal: no temporary file either" sh -c 'ls never.tt.tmp.* 2>/dev/null'
    rm -f never.tt.tmp.* fed
done

# ---- side files ----
printf 'store_id,category\ns2,pub\ns9,grill\n' >stores.csv
t 'items of a side file' 0 '' 'tt-encode: 4 events, 3 users, 4 items
tt-encode: 1 items without an event' tt-encode -s s.schema --items stores.csv -o side.tt e.csv
t 'its categories win' 0 "$(printf 's1 s2 s3 s9\npub grill\n0 0 1 0 2')" '' \
    rows side.tt item.store_id.vocab item.category.vocab item.category.codes
t 'two inputs are recorded' 0 2 '' sh -c 'tt-show --text inputs side.tt | wc -w | tr -d " "'
printf '%s\n' "$head" u1,s1,a,,1,1 u1,s1,b,,1,1 u2,s1,b,,1,1 u1,s2,a,,1,1 >differ.csv
t 'contradictions are counted' 0 '' "tt-encode: 4 events, 2 users, 2 items
tt-encode: item 'category' differs between the rows of 1 items: the most frequent value is taken" \
    tt-encode -s s.schema -o differ.tt differ.csv

# ---- like ----
printf 'user_id,store_id,meal_time,stars,day\nu3,s1,eve,1,20\nnew,s9,dawn,2,21\nu1,s9,,2,21\n' >test.csv
t 'events like others: what is not known is counted' 0 '' "tt-encode: 3 events
tt-encode: user 'user_id': 1 values that are not in the dictionary
tt-encode: user 'meal_time': 1 values that are not in the dictionary
tt-encode: item 'store_id': 2 values that are not in the dictionary" tt-encode --like e.tt -o test.tt test.csv
t 'and is 0' 0 "$(printf '3 0 1\n1 0 0\n2 0 0')" '' rows test.tt event.user event.item event.context.meal_time
t 'they name the file that they follow' 0 "$(tt-show e.tt | sed -n 's/^checksum	//p')" '' tt-show --text like test.tt
t 'events like others are no dictionary' 1 '' \
    'tt-encode: test.tt: events that follow the dictionary of another file, where examples are expected' \
    tt-encode --like test.tt test.csv
t 'nor to be trained on' 1 '' \
    'tt-train: test.tt: events that follow the dictionary of another file, where examples are expected' tt-train -q test.tt
t 'rows need a model' 1 '' 'tt-encode: e.tt: rows are encoded like a model, not like examples' \
    tt-encode --like e.tt --side item stores.csv
t 'like a text' 1 '' 'tt-encode: e.csv: not a tt file' tt-encode --like e.csv e.csv

# ---- rows, and what belongs together ----
tt-train -q -e 1 -d 4 e.tt >m.tt
tt-train -q -e 1 -d 4 --seed 2 e.tt >m2.tt
printf 'user_id,meal_time\nu1,noon\nu9,dawn\nu1,noon\nu1,eve\n' >queries.csv
t 'user rows' 0 '' "tt-encode: 3 rows of 4 input rows: repetitions are merged
tt-encode: 1 rows of unknown users, 0 of them with a history given
tt-encode: user 'meal_time': 1 values that are not in the dictionary" \
    tt-encode --like m.tt --side user -o q.tt queries.csv
printf 'store_id\ns1\nnew\n' >bare.csv
t 'item rows without the attribute of the schema' 0 '' "tt-encode: no column 'category' in bare.csv: \
the model's values are used, new items have none
tt-encode: 2 rows of 2 input rows
tt-encode: 1 rows of unknown items" tt-encode --like m.tt --side item -o items.tt bare.csv
printf 'store_id\ns1\n' >names.csv
t 'nor in the side file' 0 '' "tt-encode: no column 'category' in <stdin> or names.csv: \
the model's values are used, new items have none
tt-encode: 1 rows of 1 input rows" \
    sh -c 'head -n 2 bare.csv | tt-encode --like m.tt --side item --items names.csv -o items.tt'
printf 'store_id,category\ns1,bbq\ns1,pub\ns1,bbq\n' >twice.csv
t 'items that repeat with other attributes' 0 '' 'tt-encode: 1 rows of 3 input rows: repetitions are merged
tt-encode: 1 rows repeat an item with other attributes: the first is taken
tt-encode: twice.csv: 1 rows repeat an item with other attributes: the first is taken' \
    tt-encode --like m.tt --side item --items twice.csv -o items.tt twice.csv
t 'keys of the rows' 0 "$(printf 'u1 u9 u1\nnoon dawn eve')" '' rows q.tt key.0 key.1
t 'vectors of the rows' 0 "u1 noon
u9 dawn
u1 eve" '' sh -c 'tt-embed -q m.tt q.tt | tt-show --tsv | sed 1d | cut -f 1,2 | tr "\t" " "'
t 'rows of another model are refused' 1 '' '*' tt-embed -q m2.tt q.tt
ok 'in words' grep -q '^tt-embed: q.tt: encoded like another model ([0-9a-f]\{8\}, not [0-9a-f]\{8\})$' "$TMP/.err"
t 'validation of other examples is refused' 1 '' 'tt-train: test.tt: its events do not follow the dictionary of the training examples' \
    tt-train -q -e 1 -d 4 --valid test.tt side.tt
ok 'a stream of segments has the rows of one' sh -c '
    tt-encode -q --like m.tt --side user --stream 1 queries.csv | tt-embed -q m.tt | tt-show --tsv >a
    tt-encode -q --like m.tt --side user queries.csv | tt-embed -q m.tt | tt-show --tsv >b
    sort -u a >a1; sort -u b >b1; cmp a1 b1; [ "$(wc -l <a)" -eq 5 ] && [ "$(wc -l <b)" -eq 4 ]'
ok 'rows by pipe and file: the same bytes' sh -c 'cat queries.csv | tt-encode -q --like m.tt --side user | cmp - q.tt'
ok 'the model may come by standard input' sh -c 'tt-encode -q --like - --side user queries.csv <m.tt | cmp - q.tt'
t 'a history for a schema without one' 1 '' "tt-encode: e.csv: the model's schema has no history" sh -c '
    grep -v history s.schema >no.schema; tt-encode -q -s no.schema e.csv | tt-train -q -e 1 -d 4 >m3.tt
    tt-encode -q --like m3.tt --side user --history e.csv queries.csv'

# ---- going on: the first rows and then the rest are all of them ----
head -n 3 e.csv >first.csv
{ head -n 1 e.csv && tail -n 2 e.csv; } >rest.csv
tt-encode -q -s s.schema -o first.tt first.csv
t 'notes of going on' 0 '' 'tt-encode: 2 events after 2 earlier ones, 3 users (1 new), 3 items (1 new)' \
    tt-encode --extend first.tt -o both.tt rest.csv
tensors='event.user event.item event.context.meal_time event.weight event.time item.category.codes
    user.user_id.vocab user.meal_time.vocab item.store_id.vocab item.category.vocab'
t 'all events give the same' 0 "$(rows e.tt $tensors)" '' rows both.tt $tensors
ok 'and the same model but for the fingerprints' sh -c 'tt-train -q -e 2 -d 4 e.tt | tt-show >a; tt-train -q -e 2 -d 4 both.tt |
    tt-show >b; grep -v -e checksum -e inputs a >a1; grep -v -e checksum -e inputs b | cmp - a1'
ok 'twice the same bytes, by a pipe' sh -c 'cat rest.csv | tt-encode -q -e first.tt | cmp - both.tt'
ok 'the file may come by standard input' sh -c 'tt-encode -q -e - rest.csv <first.tt | cmp - both.tt'
ok 'the file may be replaced' sh -c 'cp first.tt in.tt; tt-encode -q -e in.tt -o in.tt rest.csv; cmp in.tt both.tt'
t 'its inputs are the file and the table' 0 "$(tt-show first.tt | sed -n 's/^checksum	//p')" '' \
    sh -c 'tt-show --text inputs both.tt | cut -d " " -f 1'
not_ok 'examples that extend examples name no model' sh -c 'tt-show both.tt | grep ^extends'
ok 'events may follow the longer dictionary' tt-encode -q --like both.tt -o like.tt e.csv
tt-train -q -e 1 -d 4 -o first.model first.tt
t 'notes of extending a model' 0 '' 'tt-encode: 2 events, 3 users (1 new), 3 items (1 new)' \
    tt-encode --extend first.model -o today.tt rest.csv
t 'its events are those of the table, by the same codes' 0 '1 3
2 3
0 1
0 1 2 0' '' rows today.tt event.user event.item event.context.meal_time item.category.codes
t 'it names the model' 0 "$(tt-show first.model | sed -n 's/^checksum	//p')" '' tt-show --text extends today.tt
tt-encode -q -e today.tt -o later.tt e.csv
t 'also when it is extended itself' 0 "$(tt-show --text extends today.tt)" '' tt-show --text extends later.tt
printf 'user_id,store_id,meal_time,stars,day\nu9,s9,noon,1,20\n' >bare.csv
t 'an attribute that is nowhere' 0 '' "tt-encode: 1 events after 2 earlier ones, 3 users (1 new), 3 items (1 new)
tt-encode: no column 'category': known values are used, new items have none" tt-encode -e first.tt -o out.tt bare.csv
t 'known ones stay' 0 '0 1 2 0' '' rows out.tt item.category.codes
printf 'store_id,category\ns1,pub\ns7,bbq\n' >new.items
t 'a side file has the last word' 0 '' 'tt-encode: 1 events, 3 users (1 new), 4 items (2 new)
tt-encode: 1 new items without an event' tt-encode -e first.model --items new.items -o out.tt bare.csv
t 'for old and new ones' 0 '0 3 2 0 1' '' rows out.tt item.category.codes
t 'other columns must be there' 1 '' '*' sh -c 'cut -d , -f 1-4 bare.csv | tt-encode -e first.tt'
t 'what follows another file cannot be extended' 1 '' \
    'tt-encode: like.tt: events that follow the dictionary of another file, where examples are expected' tt-encode -e like.tt e.csv
t 'nor can rows' 1 '' "tt-encode: q.tt: holds 'rows', expected 'model' or 'examples'" tt-encode -e q.tt e.csv
t 'no such file to extend' 1 '' 'tt-encode: nowhere: No such file or directory' tt-encode -e nowhere e.csv

# ---- damage: cut at every 31st byte, a bit turned at every 97th ----
size=$(($(wc -c <e.tt))) at=0 accepted=
while [ "$at" -lt "$size" ]; do
    head -c "$at" e.tt >bad.tt
    tt-encode -q --like bad.tt test.csv >/dev/null 2>.say && accepted="$accepted encode:$at"
    grep -q '^tt-encode: bad.tt: ' .say || accepted="$accepted silent:$at"
    tt-encode -q --extend bad.tt test.csv >/dev/null 2>.say && accepted="$accepted extend:$at"
    grep -q '^tt-encode: bad.tt: ' .say || accepted="$accepted silent:$at"
    tt-train -q -e 1 -d 4 bad.tt >/dev/null 2>&1 && accepted="$accepted train:$at"
    at=$((at + 31))
done
echo "$accepted" >.accepted
t "cut anywhere, $((size / 31 + 1)) times, is refused" 0 '' '' sed '/^$/d' .accepted
bit=5 accepted=
while [ "$bit" -lt $((8 * size)) ]; do
    flipbit "$bit" <e.tt >bad.tt
    tt-encode -q --like bad.tt test.csv >/dev/null 2>.say && accepted="$accepted encode:$bit"
    grep -q '^tt-encode: bad.tt: ' .say || accepted="$accepted silent:$bit"
    tt-train -q -e 1 -d 4 bad.tt >/dev/null 2>&1 && accepted="$accepted train:$bit"
    bit=$((bit + 8 * 97))
done
echo "$accepted" >.accepted
t 'a bit turned anywhere is refused' 0 '' '' sed '/^$/d' .accepted
{ cat e.tt; echo; } >bad.tt
t 'bytes behind the end are refused' 1 '' 'tt-encode: bad.tt: damaged: bytes follow the last segment' \
    tt-encode --like bad.tt test.csv

# ---- a cold start in a world of two groups: users of group A visit stores of A, and so in B ----
cat >world.schema <<'END'
user user_id id
user store_id history
item store_id id
item category category
END
awk 'BEGIN {
    print "user_id,store_id,category"
    for (u = 0; u < 40; u++)
        for (v = 0; v < 8; v++) {
            g = u % 2 ? "B" : "A"
            printf "u%d,%s%d,kind%s\n", u, g, (int(u / 2) + v * 5) % 12, g
        }
}' >world.csv
tt-encode -q -s world.schema world.csv | tt-train -q -d 8 -e 12 >world.tt
printf 'user_id,store_id\nnewA,A1\nnewA,A4\nnewA,A7\nnewB,B0\nnewB,B2\nnewB,B5\n' >visits.csv
{ echo store_id,category; sed 1d world.csv | cut -d , -f 2,3 | sort -u; echo Anew,kindA; echo Bnew,kindB; } >all.csv
printf 'user_id\nnewA\nnewB\n' >new.csv
t 'new users with three visits' 0 '' 'tt-encode: 2 rows of 2 input rows
tt-encode: 2 rows of unknown users, 2 of them with a history given' \
    tt-encode --like world.tt --side user --history visits.csv -o new.tt new.csv
t 'have vectors, none of them 0' 0 '' '' tt-embed world.tt -o new.vec new.tt
t 'new stores with a category have vectors too' 0 '' 'tt-encode: 26 rows of 26 input rows
tt-encode: 2 rows of unknown items' \
    tt-encode --like world.tt --side item -o all.tt all.csv
t 'none of them 0' 0 '' '' tt-embed world.tt -o all.vec all.tt
tt-index -q all.vec >index.tt
tt-query -q -k 26 index.tt new.vec >recs.tsv
t "a new user ranks the group's 12 known stores before all others, and its new store before the other's" 0 'newA A 12
newA Anew Bnew
newB B 12
newB Bnew Anew' '' awk -F '\t' '
    NR == 1 { next }
    $1 != user { if (user) print news; user = news = $1; n = 0 }
    $3 ~ /new/ { news = news " " $3; next }
    n++ < 12 {
        own[user] += substr($3, 1, 1) == substr(user, 4)
        if (n == 12) print user, substr(user, 4), own[user]
    }
    END { print news }' recs.tsv
printf 'user_id\n' >users.csv
awk 'BEGIN { for (u = 0; u < 40; u++) print "u" u }' >>users.csv
tt-encode -q --like world.tt --side user users.csv | tt-embed -q world.tt | tt-show --tsv >users.tsv
tt-show --tsv all.vec | grep new >news.tsv
t 'every known user likes the new store of the own group better' 0 40 '' awk -F '\t' '
    NR == FNR { for (d = 2; d <= NF; d++) v[$1, d] = $d; next }
    FNR > 1 {
        a = b = 0
        for (d = 2; d <= NF; d++) { a += $d * v["Anew", d]; b += $d * v["Bnew", d] }
        good += substr($1, 2) % 2 ? b > a : a > b
    }
    END { print good }' news.tsv users.tsv

# ---- histories of items: an item's vector leans on its users, and one without any on the mean ----
printf 'user user_id id embed=no\nuser store_id history\nitem store_id id embed=no\nitem user_id history\n' >both.schema
tt-encode -q -s both.schema world.csv | tt-train -q -d 8 -e 12 >both.tt
t 'items have their users from the model' 0 '' 'tt-encode: 26 rows of 26 input rows
tt-encode: 2 rows of unknown items' \
    tt-encode --like both.tt --side item -o all.tt all.csv
tt-encode -q --like both.tt --side item world.csv | tt-embed -q both.tt | tt-index -q >index.tt
tt-encode -q --like both.tt --side user users.csv | tt-embed -q both.tt >users.vec
t "and users rank their group's 12 stores first" 0 '480 of 480' '' sh -c 'tt-query -q -k 12 index.tt users.vec |
    awk -F "\t" "NR > 1 { n++; good += substr(\$3, 1, 1) == (substr(\$1, 2) % 2 ? \"B\" : \"A\") } END { print good \" of \" n }"'
finish

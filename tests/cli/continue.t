#!/bin/sh
# Going on from yesterday's model, with all events or with new ones alone: what is kept, what is new, and what is refused.
. "$(dirname "$0")/lib.sh"

# Two clusters: users of even number go to stores of even number; the others to the odd ones. Users n0, n1 and stores h0, h1
# come on the second day.
cat >s.schema <<'END'
user  user_id    id
user  store_id   history   count=log half_life=5
user  age        number    buckets=4
user  meal_time  context
item  store_id   id
item  cuisine    category
event visited_at time      unit=second
END
visits() { # seed first-user last-user events-a-user day
    awk -v seed="$1" -v a="$2" -v b="$3" -v n="$4" -v day="$5" 'BEGIN { srand(seed)
        print "user_id,store_id,age,cuisine,meal_time,visited_at"
        for (u = a; u <= b; u++) for (e = 0; e < n; e++) { s = int(rand() * 15) * 2 + u % 2
            printf "u%d,s%d,%d,%s,%s,%d\n", u, s, 20 + u % 30, s % 2 ? "noodles" : "rice", e % 3 ? "lunch" : "dinner",
                1700000000 + (day + e) * 86400 + u } }'
}
visits 1 1 60 8 0 >monday.csv
{
    visits 2 1 12 2 10
    for u in 1 3 5 7 9 11 13 15 n1; do echo "$u,h1,30,noodles,lunch,1700950000"; done | sed 's/^\([0-9]\)/u\1/'
    for u in 2 4 6 8 10 12 14 n0; do echo "$u,h0,31,pho,brunch,1700950000"; done | sed 's/^\([0-9]\)/u\1/'
    echo "n0,s2,31,rice,lunch,1700960000"
    echo "n0,s4,31,rice,lunch,1700960000"
    echo "n1,s1,30,noodles,lunch,1700960000"
    echo "n1,s3,30,noodles,lunch,1700960000"
} >tuesday.csv
{ cat monday.csv && sed 1d tuesday.csv; } >both.csv
tt-encode -q -s s.schema -o monday.tt monday.csv
tt-train -q -d 8 -o monday.model monday.tt
tt-encode -q -s s.schema -o both.tt both.csv            # afresh
tt-encode -q -e monday.tt -o longer.tt tuesday.csv      # examples extended
tt-encode -q -e monday.model -o tuesday.tt tuesday.csv  # the model extended

checksum() { tt-show "$1" | sed -n 's/^checksum	//p'; }
field() { tt-show --text "$1" "$2"; }
tensor() { tt-show --rows "$1" "$2" | sed 1d; }

# --- the same bytes, all three ways ---
common_tests tt-train tuesday.tt --warm-start monday.model
for x in both longer tuesday; do
    tt-train -q -j 1 --warm-start monday.model -o $x.model $x.tt
    for j in 2 3; do
        tt-train -q -j $j --warm-start monday.model -o j.model $x.tt
        ok "$x: -j $j gives the same bytes" cmp $x.model j.model
    done
    tt-train -q --warm-start monday.model -o j.model $x.tt
    ok "$x: twice the same bytes" cmp $x.model j.model
    ok "$x: by pipes" sh -c "tt-train -q --warm-start - $x.tt <monday.model | cmp - $x.model; cat $x.tt |
        tt-train -q --warm-start monday.model | cmp - $x.model"
    tt-train -q --warm-start monday.model --seed 2 -o j.model $x.tt
    not_ok "$x: another seed, other bytes" cmp -s $x.model j.model
    t "$x: the model says what it started from" 0 "$(checksum monday.model)" '' field warm_start $x.model
    ok "$x: in 4 epochs of its dimensions" sh -c "tt-show --text options $x.model | grep -q -- '--dim 8 .*--epochs 4 '"
    t "$x: the history is longer" 0 "$(tensor user.store_id.codes both.model | wc -l)" '' \
        sh -c "tt-show --rows user.store_id.codes $x.model | sed 1d | wc -l"
done
cp monday.model in.model
ok 'the model may be replaced' sh -c 'tt-train -q --warm-start in.model -o in.model tuesday.tt && cmp in.model tuesday.model'
tt-train -q -e 2 --warm-start monday.model -o two.model tuesday.tt
not_ok '-e 2 is taken' cmp -s two.model tuesday.model
t 'as the lineage says' 0 '2' '' field epoch two.model

# --- histories: of the model and the new visits, as of all visits ---
history() { # model, ids of the rows, ids of the entries, column: row, entry and weight of all
    tensor "$2" "$1" >rows
    tensor "$3" "$1" >entries
    for h_part in offsets codes weights; do tensor "$4.$h_part" "$1" >$h_part; done
    awk 'FILENAME == "rows" { row[++n] = $1; next } FILENAME == "entries" { entry[++m] = $1; next }
        FILENAME == "offsets" { at[k++] = $1; next } FILENAME == "codes" { code[i++] = $1; next } { w[j++] = $1 }
        END { for (r = 1; r < k - 1; r++) for (e = at[r]; e < at[r + 1]; e++) printf "%s %s %.4f\n", row[r], entry[code[e]], w[e] }' \
        rows entries offsets codes weights | sort
}
of_users='user.user_id.vocab item.store_id.vocab user.store_id' of_items='item.store_id.vocab user.user_id.vocab item.user_id'
history both.model $of_users >both.history
for x in longer tuesday; do
    history $x.model $of_users >$x.history
    ok "$x: the histories are those of all events" cmp both.history $x.history
done
{ cat s.schema && echo 'item user_id history count=linear half_life=2'; } >items.schema
tt-encode -q -s items.schema monday.csv | tt-train -q -d 8 -e 2 -o first.model
tt-encode -q -s items.schema both.csv | tt-train -q -d 8 -e 2 -o whole.model
tt-encode -q -e first.model tuesday.csv | tt-train -q --warm-start first.model -o second.model
history whole.model $of_items >whole.history
history second.model $of_items >second.history
ok "so are those of items" sh -c '[ -s whole.history ] && cmp whole.history second.history'
latest() { paste users latest.txt; }
tensor user.store_id.latest both.model | sed 1d >latest.txt && tensor user.user_id.vocab both.model >users && latest >a
tensor user.store_id.latest tuesday.model | sed 1d >latest.txt && tensor user.user_id.vocab tuesday.model >users && latest >b
ok 'and so is when a user was last seen' sh -c 'sort a >a1; sort b | cmp - a1'
t 'known attributes stay' 0 "$(tensor item.cuisine.codes monday.model)" '' \
    sh -c "tt-show --rows item.cuisine.codes tuesday.model | sed '1d' | head -n $(tensor item.cuisine.codes monday.model | wc -l)"
t 'borders of numbers stay' 0 "$(tensor user.age.params monday.model)" '' tensor user.age.params tuesday.model

# --- nobody is forgotten, to the bit: one user's day, and the rows of all others ---
{ head -n 1 monday.csv && printf '%s\n' u2,s2,22,rice,lunch,1700950000 u2,h2,22,rice,lunch,1700950001; } >small.csv
tt-encode -q -e monday.model -o small.tt small.csv
tt-train -q --warm-start monday.model --replay 0 -o small.model small.tt
moved() { # tensor model: the rows that differ from monday's, from 0
    tensor "$1" monday.model >before
    tensor "$1" "$2" | head -n "$(wc -l <before)" | paste -d '|' before - | awk -F '|' '$1 != $2 { print NR - 1 }'
}
t 'of all users one has moved' 0 2 '' moved user.user_id.embedding small.model
grep '^u2 ' both.history | cut -d ' ' -f 2 | sort >seen
tensor item.store_id.vocab monday.model >stores
moved item.store_id.embedding small.model | while read -r row; do sed -n "${row}p" stores; done | sort >moved
ok 'some stores have moved' test -s moved
t 'and none that the user never saw' 0 '' '' comm -23 moved seen
tt-train -q --warm-start monday.model --replay 1 -o all.model small.tt
t 'with --replay 1 all users are trained on again' 0 60 '' sh -c "$(printf 'echo %d' "$(moved user.user_id.embedding all.model |
    grep -vcx 0)")"

# --- notes ---
t 'says what is replayed' 0 "tt-train: $(tensor user.store_id.codes monday.model | wc -l) events of the histories in monday.model are replayed" '' \
    sh -c 'tt-train --warm-start monday.model -o m tuesday.tt 2>&1 | grep replayed'
not_ok 'and nothing with all events' sh -c 'tt-train --warm-start monday.model -o m longer.tt 2>&1 | grep replayed'

# --- new users and stores get sensible lists ---
for x in both longer tuesday; do
    printf 'user_id,meal_time\nn0,lunch\nn1,lunch\nu20,lunch\nu21,lunch\n' >ask.csv
    { echo store_id,cuisine; cut -d , -f 2,4 both.csv | sed 1d | sort -u; } >stores.csv
    tt-encode -q --like $x.model --side item stores.csv | tt-embed -q $x.model | tt-index -q -o $x.index
    tt-encode -q --like $x.model --side user ask.csv | tt-embed -q $x.model | tt-query -q -k 8 -o recs.tsv $x.index
    ok "$x: lists are of the own cluster, of new users too" awk -F '\t' 'NR > 1 {
        own = substr($1, length($1)) % 2; of = substr($4, length($4)) % 2; n++; good += own == of } END { exit !(n == 32 && good >= 29) }' \
        recs.tsv
    ok "$x: an old user whose company went to the new store may be told of it" sh -c "
        tt-encode -q --like $x.model --side user ask.csv | tt-embed -q $x.model | tt-query -q -k 32 $x.index |
        awk -F '\\t' '\$1 == \"u21\" { at[\$4] = \$3 } END { exit !(at[\"h1\"] > 0 && at[\"h1\"] < at[\"h0\"]) }'"
done

# --- with layers, with validation, killed ---
tt-train -q -d 8 -e 3 --hidden 6 -o deep.model monday.tt
tt-encode -q -e deep.model -o deep.tt tuesday.csv
t 'layers go on too' 0 '6' '' sh -c 'tt-train -q --warm-start deep.model -o deeper.model deep.tt && tt-show --text hidden deeper.model'
not_ok 'and learn' sh -c 'tt-show --rows user.output.weight deep.model >a; tt-show --rows user.output.weight deeper.model | cmp -s - a'
tail -n 30 tuesday.csv | { head -n 1 tuesday.csv && cat; } | tt-encode -q --like tuesday.tt -o valid.tt
ok 'the best epoch by --valid' sh -c 'tt-train --warm-start monday.model -e 3 --valid valid.tt -o m tuesday.tt 2>&1 | grep -q "kept epoch"'
ok 'the number of epochs by --valid-share' sh -c 'tt-train --warm-start monday.model --valid-share 0.2 -o m tuesday.tt 2>&1 |
    grep -q "chose [1-4] epochs"'
tt-train -q --warm-start monday.model --checkpoint ck -o /dev/full longer.tt 2>err
t 'a checkpoint of another earlier model' 1 '' "tt-train: ck: a checkpoint of another run: the checksum of the earlier model was \
$(checksum monday.model), and is $(checksum two.model)" tt-train -q --warm-start two.model --resume ck -o m longer.tt
tt-train -q --warm-start monday.model --resume ck -o m longer.tt
ok 'killed, it ends in the same bytes' cmp m longer.model

# --- what is refused ---
t 'a model of another dimension' 1 '' 'tt-train: monday.model: has 8 dimensions, not 16' tt-train --warm-start monday.model -d 16 both.tt
t 'of other layers' 1 '' "tt-train: monday.model: has the hidden layers '', not '4'" \
    tt-train --warm-start monday.model --hidden 4 both.tt
t 'layers that the options leave out' 1 '' "tt-train: deep.model: has the hidden layers '6', not ''" \
    tt-train --warm-start deep.model --hidden '' both.tt
grep -v cuisine s.schema >less.schema
tt-encode -q -s less.schema -o less.tt monday.csv
t 'of another schema' 1 '' "tt-train: monday.model: another schema: it has 'item cuisine category', the examples have not" \
    tt-train --warm-start monday.model less.tt
t 'the other way round' 1 '' "tt-train: less.model: another schema: it lacks 'item cuisine category', which the examples have" \
    sh -c 'tt-train -q -d 8 -e 1 -o less.model less.tt; tt-train --warm-start less.model both.tt'
t 'examples that extend another model' 1 '' "tt-train: tuesday.tt: extends another model (\
$(checksum monday.model | cut -c 1-8), not $(checksum two.model | cut -c 1-8))" tt-train --warm-start two.model tuesday.tt
usage() { # message arguments...
    u_message=$1
    shift
    t "usage: $*" 2 '' "tt-train: $u_message
Try 'tt-train --help'." tt-train "$@"
}
usage 'the examples extend a model: a warm start from it is needed' -q tuesday.tt
usage '--warm-start and --init are two ways to start: give one' --warm-start m --init random both.tt
usage '--warm-start and the examples cannot both be standard input' --warm-start -
usage '--warm-start and --valid cannot both be standard input' --warm-start - --valid - both.tt
usage '--replay needs --warm-start' --replay 0.5 both.tt
usage "--replay: '1.5' is not a number from 0 to 1" --warm-start m --replay 1.5 both.tt
t 'a model of --warm-start that is none' 1 '' "tt-train: both.tt: holds 'examples', expected 'model'" tt-train --warm-start both.tt both.tt
t 'no such model' 1 '' 'tt-train: nowhere: No such file or directory' tt-train --warm-start nowhere both.tt
size=$(wc -c <monday.model) tried=0 refused=0
for at in 0 1 100 2000 $((size / 2)) $((size - 64)) $((size - 1)); do
    head -c "$at" monday.model >cut.model
    tried=$((tried + 1))
    tt-train -q --warm-start cut.model both.tt >out 2>err
    [ $? -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^tt-train: cut.model: ' err && refused=$((refused + 1))
done
t 'models cut anywhere are refused' 0 "$tried" '' echo $refused

# --- targets: those of the earlier model ---
printf '%s\n' 'user u id' 'user i history' 'item i id' 'event t time' >walk.schema
walk() { # first-user last-user first-step last-step
    awk -v a="$1" -v b="$2" -v from="$3" -v to="$4" 'BEGIN { print "u,i,t"
        for (u = a; u <= b; u++) for (k = from; k <= to; k++) print u ",i" u % 9 + k "," 100000 * k }'
}
walk 1 60 0 5 | tt-encode -q -s walk.schema | tt-train -q -d 4 -e 2 --batch-size 20 -o walk.model
t 'a model says what the targets of its steps were' 0 later '' field targets walk.model
walk 1 10 6 6 | tt-encode -q -e walk.model -o walk.tt
tt-train --batch-size 20 --warm-start walk.model -o next.model walk.tt 2>err
ok 'and one that goes on from it says that it does the same' grep -qx \
    'tt-train: targets of a step: the items after a moment, given those before it, as for walk.model' err
t 'which the next model keeps' 0 later '' field targets next.model
tt-train -q --batch-size 20 --warm-start walk.model --targets later -o later.model walk.tt
tt-train -q --batch-size 20 --warm-start walk.model --targets all -o all.model walk.tt
t 'unless others are given' 0 all '' field targets all.model
ok 'as if it were asked for' sh -c 'for m in next later all; do tt-show --rows user.i.embedding $m.model >$m; done
    cmp next later && ! cmp -s next all'

# --- a search for settings ---
walk 1 60 0 5 | tt-encode -q -s walk.schema | tt-train -q -d 16 -e 2 --batch-size 20 -o wide.model
walk 1 40 6 8 | tt-encode -q -e wide.model -o walks.tt
for j in 1 2 3; do tt-train -q -j $j --warm-start wide.model --targets all --tune 0.05 --tune-log tune.$j -o tune.$j.model walks.tt; done
ok '--tune: -j 2 gives the same bytes' cmp tune.1.model tune.2.model
ok 'and -j 3' cmp tune.1.model tune.3.model
ok 'of the model'"'"'s dimensions, in its 4 epochs at first' awk -F '\t' 'NR == 2 && $6 != 4 { bad = 1 } NR > 1 && $5 != 16 { bad = 1 }
    END { exit bad || NR < 5 }' tune.1

# --- the tour's nights ---
cat >my.schema <<'END'
user  user_id    id
user  store_id   history
item  store_id   id
item  category   category
END
tt-gen -q --events 2000 --n-users 100 --n-stores 60 --stores stores.csv >train.csv
tt-encode -q -s my.schema --items stores.csv -o train.tt train.csv
tt-train -q -d 8 -e 2 -o model.tt train.tt
tt-gen -q --events 300 --n-users 120 --n-stores 60 --seed 2 >today.csv
awk '/^\.Ss / { on = $0 == ".Ss Every night" } on && /^\.Bd -literal/ { block = 1; next } /^\.Ed/ { block = 0 } on && block' \
    "$ROOT/man/tt.7" >night.sh
t 'the night of tt(7) has its lines' 0 4 '' sh -c 'wc -l <night.sh'
ok 'and runs' sh -eu night.sh
ok 'again as it is, to the same bytes' sh -c 'cp tue.model.tt first && sh -eu night.sh && cmp tue.model.tt first'
finish

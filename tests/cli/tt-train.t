#!/bin/sh
# tt-train from outside: determinism, the log, validation, notes, and everything that it refuses.
. "$(dirname "$0")/lib.sh"

# Two clusters: users of even number go to stores of even number, for rice; the others to the odd ones, for noodles.
visits() { # seed events-a-user
    awk -v seed="$1" -v n="$2" 'BEGIN { print "user_id,store_id,cuisine,meal_time,visited_at,liked,weight"; srand(seed)
        for (u = 1; u <= 40; u++) for (e = 0; e < n; e++) { s = int(rand() * 12) * 2 + u % 2
            printf "u%d,s%d,%s,%s,%d,%d,%g\n", u, s, s % 2 ? "noodles" : "rice", e % 3 ? "lunch" : "dinner",
                1700000000 + e * 86400 + u, rand() < 0.9, 0.5 + rand() } }'
}
cat >plain.schema <<'END'
user  user_id    id
user  store_id   history
user  meal_time  context
item  store_id   id
item  cuisine    category
END
{
    cat plain.schema
    printf 'event visited_at time unit=second\nevent liked label\nevent weight weight\n'
} >full.schema
visits 1 8 >train.csv
visits 2 2 >valid.csv
tt-encode -q -s plain.schema -o train.tt train.csv
tt-encode -q -s full.schema -o full.tt train.csv
tt-encode -q --like train.tt -o valid.tt valid.csv
tt-encode -q --like full.tt -o full.valid.tt valid.csv

# --- the same bytes ---
for kind in all sampled batch mixed 'batch --batch-of events' 'mixed --batch-of events'; do
    name=$(echo "$kind" | tr -d ' -')
    set -- --candidates $kind --disliked-weight 3 --weight-decay 0.1 --batch-size 64 --negatives 9
    tt-train -q -j 1 -d 8 -e 3 "$@" full.tt >$name.1
    for j in 2 3 0; do
        tt-train -q -j $j -d 8 -e 3 "$@" full.tt >$name.j
        ok "$kind: -j $j gives the same bytes" cmp $name.1 $name.j
    done
    tt-train -q -j 1 -d 8 -e 3 "$@" full.tt >again
    ok "$kind: twice the same bytes" cmp $name.1 again
    tt-train -q -d 8 -e 3 "$@" --seed 2 full.tt >other
    not_ok "$kind: another seed, other bytes" cmp -s $name.1 other
done
for one in sampled batch mixed batchstepevents mixedstepevents; do
    not_ok "the models differ: $one" cmp -s all.1 $one.1
done
tt-train -q -j 1 -d 8 -e 3 --candidates all --batch-size 64 train.tt >all.1
ok 'seed 1 is the default' sh -c 'tt-train -q -d 8 -e 3 --candidates all --batch-size 64 --seed 1 train.tt | cmp - all.1'
tt-train -q -d 8 -e 3 -o file.tt train.tt
ok 'by a pipe' sh -c 'cat train.tt | tt-train -q -d 8 -e 3 | cmp - file.tt'
ok 'by standard input' sh -c 'tt-train -q -d 8 -e 3 - <train.tt | cmp - file.tt'
for o in '--init random' '--candidates sampled --negatives 5' '--candidates mixed' '--batch-of events' '-t 0.2' '-c 1' '--positive-temperature 3' '--learning-rate 0.02' '--beta2 0.9' '--weight-decay 0.1' '--warmup 0' '--dropout 0.5' '--noise 0.1' '--batch-size 32'; do
    tt-train -q -d 8 -e 3 $o -o option.tt train.tt
    report $? "$o is taken"
    not_ok "$o changes the model" cmp -s option.tt file.tt
done
tt-train -q -d 8 -e 3 --hidden '' -o option.tt train.tt
ok '--hidden "" is the default' cmp option.tt file.tt
for kind in all batch; do
    tt-train -q -j 1 -d 8 -e 3 --candidates $kind --batch-size 64 --hidden 24,10 -o deep.$kind train.tt
    report $? "$kind: --hidden is taken"
    for j in 2 3; do
        tt-train -q -j $j -d 8 -e 3 --candidates $kind --batch-size 64 --hidden 24,10 -o deep.j train.tt
        ok "$kind: --hidden and -j $j give the same bytes" cmp deep.$kind deep.j
    done
done
t 'a model with layers has format 2' 0 2 '' tt-show --text format deep.all
t 'and names their widths' 0 '24,10' '' tt-show --text hidden deep.all
t 'one without has format 1' 0 1 '' tt-show --text format file.tt
t 'its layers' 0 'item.hidden.0.weight	16	24
item.hidden.0.bias	24
item.hidden.1.weight	24	10
item.hidden.1.bias	10
item.output.weight	10	8
item.output.bias	8' '' sh -c "tt-show deep.all | sed -n 's/^tensor	\\(item\\.[ho][a-z]*\\.[^	]*\\)	F32	/\\1	/p'"
t 'can be read' 0 'item.output.bias' '' sh -c 'tt-show --rows item.output.bias deep.all >b; head -n 1 b; [ "$(wc -l <b)" -eq 9 ]'
for h in 0 4097 1,2,3,4,5 128, 128,,64 x; do
    t "--hidden $h" 2 '' "tt-train: --hidden: '$h' is not a list of at most 4 widths from 1 to 4096
Try 'tt-train --help'." tt-train --hidden "$h" train.tt
done
tt-train -q -d 8 -e 3 -o full.model full.tt
for x in 0 2; do
    tt-train -q -d 8 -e 3 --disliked-weight $x -o dislike.$x full.tt
    not_ok "--disliked-weight $x changes the model" cmp -s dislike.$x full.model
done
tt-train -q -d 8 -e 3 --half-life 2 -o half.model full.tt
not_ok '--half-life changes the model' cmp -s half.model full.model
tt-train -q -d 8 -e 3 --half-life 0 -o never.model full.tt
ok 'without a half-life in the schema it is 0' sh -c 'tt-show full.model | grep -v options >a; tt-show never.model |
    grep -v options >b; grep -v checksum a >a1; grep -v checksum b | cmp - a1'

# --- histories of items, read once in some steps ---
tt-gen -q --events 3000 --n-users 300 --n-stores 60 >seen.csv
printf '%s\n' 'user user_id id embed=no' 'user store_id history' 'item store_id id' 'item user_id history' >both.schema
tt-encode -q -s both.schema -o both.tt seen.csv
for kind in all mixed; do
    set -- --candidates $kind --batch-size 4 --negatives 9 --weight-decay 0.1
    tt-train -j 1 -d 8 -e 2 "$@" -o stale.1 both.tt 2>err
    ok "$kind: says how seldom items' histories are read" grep -qx \
        "tt-train: items' histories are read once in 2 steps, so as not to take longer than the steps" err
    for j in 2 3; do
        tt-train -q -j $j -d 8 -e 2 "$@" both.tt >stale.j
        ok "$kind: -j $j gives the same bytes then, too" cmp stale.1 stale.j
    done
done
not_ok 'in few steps all are read in each' sh -c 'tt-train -d 8 -e 1 --batch-size 64 -o m both.tt 2>&1 | grep -q "are read once"'

# --- the order of events ---
awk 'BEGIN { print "u,i,t"; for (u = 0; u < 60; u++) for (k = 0; k < 6; k++) print u ",i" u % 9 + k "," 1000 * k }' >walk.csv
printf '%s\n' 'user u id' 'user i history' 'item i id' 'event t time' >walk.schema
tt-encode -q -s walk.schema -o walk.tt walk.csv
tt-train -d 4 -e 2 --batch-size 20 -o walk.auto walk.tt 2>err
ok 'says which way the users go' grep -qx "tt-train: drift of the users' items 0.[1-9][0-9]*; targets of a step: the items after a moment, given those before it" err
tt-train -q -d 4 -e 2 --batch-size 20 --targets later -o walk.later walk.tt
ok 'and does what --targets later does' sh -c 'tt-show walk.auto | grep -v "options\|checksum" >a; tt-show walk.later |
    grep -v "options\|checksum" | cmp - a'
tt-train -d 4 -e 2 --batch-size 20 --targets all -o walk.all walk.tt 2>err
not_ok '--targets changes the model' cmp -s walk.later walk.all
not_ok 'with all there is no drift to tell' grep drift err
for kind in all mixed; do
    for what in queries events; do
        tt-train -q -j 1 -d 4 -e 2 --batch-size 20 --targets later --candidates $kind --batch-of $what -o walk.1 walk.tt
        for j in 2 3; do
            tt-train -q -j $j -d 4 -e 2 --batch-size 20 --targets later --candidates $kind --batch-of $what -o walk.j walk.tt
            ok "--targets later, candidates $kind, batch of $what: -j $j gives the same bytes" cmp walk.1 walk.j
        done
    done
done
sed 's/,[0-9]*$/,5/' walk.csv | tt-encode -q -s walk.schema -o still.tt
ok 'at one time there is no drift' sh -c 'tt-train -d 4 -e 1 -o m still.tt 2>&1 |
    grep -qx "tt-train: drift of the users. items 0.000; targets of a step: all items of the history"'

# --- lineage ---
lineage() { # name key text
    t "$1" 0 "$3" '' tt-show --text "$2" file.tt
}
lineage 'the model says its program' program tt-train
lineage 'its options' options '--dim 8 --epochs 3 --candidates auto --batch-of queries --batch-size 0 --negatives 0 --disliked-weight 1 --temperature 0.13 --negative-weight 1.1 --positive-temperature 6 --learning-rate 0.01 --beta2 0.99 '\
'--weight-decay 0 --warmup 10 --dropout 0.3 --targets auto --init spectral --noise 0.01 --replay 1 --valid-share 0 --tune 0 --patience 0 --seen auto --metric top_k_accuracy --top 10 --memory 512000000 --seed 1'
lineage 'the candidates that were chosen' candidates all
lineage 'the epoch' epoch 3
lineage 'its input' inputs "$(tt-show train.tt | sed -n 's/^checksum	//p')"
ok 'and the BLAS core' sh -c 'tt-show --text blas file.tt | grep -q "[A-Za-z]"'
tt-train -q -d 8 -e 3 --valid valid.tt -o valid.model train.tt
t 'with --valid two inputs' 0 "$(tt-show train.tt | sed -n 's/^checksum	//p') $(tt-show valid.tt |
    sed -n 's/^checksum	//p')" '' tt-show --text inputs valid.model

# --- notes ---
t 'says what it does' 0 '' "tt-train: 320 events (0 more with label 0 count as disliked), 80 queries, 24 items with an event
tt-train: candidates all, 64 queries a step
tt-train: chosen, as an epoch takes 9.22e-05 Gflop with candidates all and 9.22e-05 with mixed
tt-train: N of 3: loss X, top_k_accuracy@10 train X
tt-train: N of 3: loss X, top_k_accuracy@10 train X
tt-train: N of 3: loss X, top_k_accuracy@10 train X" sh -c 'tt-train -d 8 -e 3 --batch-size 64 -o m train.tt 2>err; code=$?
    sed "s/epoch [0-9][0-9]*/N/; s/loss [0-9.]*,/loss X,/; s/train [0-9.]*, [0-9.]* s, [0-9]* events.s/train X/" err >&2; exit $code'
disliked=$(awk -F, '$6 == "0"' train.csv | wc -l)
ok 'counts the disliked' sh -c "tt-train -d 8 -e 1 -o m full.tt 2>&1 |
    grep -q '^tt-train: $((320 - disliked)) events ($disliked more with label 0 count as disliked)'"
ok 'or says that they are left out' sh -c "tt-train -d 8 -e 1 --disliked-weight 0 -o m full.tt 2>&1 |
    grep -q '^tt-train: $((320 - disliked)) events ($disliked more with label 0 left out)'"
ok 'says what is sampled' sh -c 'tt-train -d 8 -e 1 --candidates mixed --batch-of events --batch-size 40 --negatives 7 -o m full.tt 2>&1 |
    grep -qx "tt-train: candidates mixed, 40 events and 7 sampled negatives a step"'
not_ok 'candidates that are given are not explained' sh -c 'tt-train -d 8 -e 1 --candidates all -o m train.tt 2>&1 | grep chosen'
ok '--verbose tells the time' sh -c 'tt-train -v -j 2 -d 8 -e 1 -o m train.tt 2>&1 |
    grep -qE "^tt-train: trained in [0-9.]+ s by 2 threads, OpenBLAS for [A-Za-z0-9_]+$"'
t '--quiet is quiet' 0 '' '' tt-train -q -d 4 -e 1 -o m train.tt
printf 'user user_id id embed=no\nuser color category\nitem store_id id\n' >alike.schema
awk 'BEGIN { print "user_id,store_id,color"; for (u = 0; u < 30; u++) print "u" u ",s" u % 5 ",red" }' >alike.csv
tt-encode -q -s alike.schema -o alike.tt alike.csv
ok 'warns when all users are alike' sh -c "tt-train -d 4 -e 2 -o m alike.tt 2>&1 |
    grep -qx \"tt-train: warning: the users' vectors are almost alike (mean cosine above 0.99): all get nearly the same list\""
not_ok 'no such warning otherwise' sh -c 'tt-train -d 8 -e 3 -o m train.tt 2>&1 | grep -q warning.*alike'
# many items with few users each: c far too large draws all vectors to the few that nobody pushes away
awk 'BEGIN { srand(3); print "user_id,store_id"; for (u = 0; u < 300; u++) for (e = 0; e < 4; e++)
    print "u" u ",s" int(rand() * 200) }' >wide.csv
printf 'user user_id id\nuser store_id history\nitem store_id id\n' >wide.schema
tt-encode -q -s wide.schema -o wide.tt wide.csv
ok 'warns when one item is in most lists' sh -c 'tt-train -d 16 -e 30 -k 5 --learning-rate 0.05 -c 3 -o m wide.tt 2>&1 |
    grep -qxE "tt-train: warning: one item is in [0-9]+ % of the lists of 5, and no item is a positive of more than [0-9]+ % of the queries"'
not_ok 'and not in a sound run' sh -c 'tt-train -d 16 -e 6 -k 5 -o m wide.tt 2>&1 | grep -q "warning: one item"'

ok 'warns of a temperature that is too small' sh -c 'tt-train -d 16 -e 1 -t 0.02 --init random -o m wide.tt 2>&1 | grep -qxE \
    "tt-train: warning: at the start the loss is [0-9.]+, with all scores alike it would be 5.83; one item has [4-9][0-9] % of a \
query.s softmax: is the temperature too small[?]"'
not_ok 'and of no other' sh -c 'tt-train -d 16 -e 1 -o m wide.tt 2>&1 | grep -q "temperature too small"'

# --- the log ---
tt-train -q -d 8 -e 5 -k 3 --valid valid.tt --log log.tsv -o logged.tt train.tt
t 'the log has a header' 0 'epoch	loss	train_top_k_accuracy@3	valid_top_k_accuracy@3	seconds	run	gradient' '' head -n 1 log.tsv
t 'and a line an epoch' 0 '1,2,3,4,5' '' sh -c 'sed 1d log.tsv | cut -f 1 | paste -s -d , -'
ok 'of seven fields, values from 0 to 1, rising seconds' awk -F '\t' 'NR > 1 && (NF != 7 || $6 != "final" || !($2 > 0) || !($7 > 0) ||
    $3 < 0 || $3 > 1 || $4 < 0 || $4 > 1 || $5 < last) { bad = 1 } { last = NR > 1 ? $5 : 0 } END { exit bad || NR != 6 }' log.tsv
ok 'the same for any -j, seconds aside' sh -c 'cut -f 1-4,6-7 log.tsv >want; for j in 1 2 3; do
    tt-train -q -j $j -d 8 -e 5 -k 3 --valid valid.tt --log - -o m train.tt | cut -f 1-4,6-7 | cmp - want || exit 1; done'
tt-train -q -d 8 -e 2 --log log2.tsv -o m train.tt
ok 'without --valid its accuracy is -' awk -F '\t' 'NR > 1 && $4 != "-" { bad = 1 } END { exit bad }' log2.tsv
tt-train -q -d 8 -e 2 -o n train.tt
ok 'the log leaves the model as it is' cmp m n
ok 'the log on standard output' sh -c 'tt-train -q -d 8 -e 2 --log - -o m train.tt | cut -f 1-3 >a; cut -f 1-3 log2.tsv | cmp - a'
t 'the log on a full disk' 1 '' 'tt-train: /dev/full: No space left on device' \
    tt-train -q -d 4 -e 1 --log /dev/full -o full.out train.tt
t 'a log in no folder' 1 '' '*' tt-train -q -d 4 -e 1 --log no/such/log -o late.tt train.tt
not_ok 'a failed run leaves no model' sh -c 'ls late.tt* full.out* 2>/dev/null'

# --- validation ---
ok 'the best epoch is kept' sh -c 'best=$(sed 1d log.tsv | sort -k 4,4gr -k 1,1n | head -n 1 | cut -f 1)
    tt-show logged.tt | grep -q "^epoch[: 	]*$best\$"'
ok 'its note' sh -c 'tt-train -d 8 -e 5 -k 3 --valid valid.tt -o m train.tt 2>&1 |
    grep -qE "^tt-train: kept epoch [1-5] of 5, valid top_k_accuracy@3 0\.[0-9]{4}$"'
ok '--patience ends early' sh -c 'tt-train -q -d 8 -e 60 --learning-rate 0.3 --patience 2 --valid valid.tt --log p.tsv -o m train.tt
    lines=$(sed 1d p.tsv | wc -l); best=$(sed 1d p.tsv | sort -k 4,4gr -k 1,1n | head -n 1 | cut -f 1)
    [ "$lines" -lt 60 ] && [ $((lines - best)) -eq 2 ]'
for metric in $(tt-eval --list-metrics | sed 1d | cut -f 1); do
    tt-train -q -d 8 -e 4 -k 3 --learning-rate 0.2 --metric $metric --valid valid.tt --log $metric.tsv -o m train.tt
    t "--metric $metric names its columns" 0 "epoch	loss	train_$metric@3	valid_$metric@3	seconds	run	gradient" '' head -n 1 $metric.tsv
    ok 'and chooses the epoch by it' sh -c "best=\$(sed 1d $metric.tsv | sort -k 4,4gr -k 1,1n | head -n 1 | cut -f 1)
        tt-show m | grep -q \"^epoch[: 	]*\$best\\$\""
done
# the last epoch's value is that of tt-eval on lists of the same model
tt-train -q -d 8 -e 1 -k 3 --seen keep --metric ndcg --valid valid.tt --log one.tsv -o one.tt train.tt
tt-encode -q --like one.tt --side item train.csv | tt-embed -q one.tt | tt-index -q -o one.items.tt
tt-encode -q --like one.tt --side user valid.csv | tt-embed -q one.tt | tt-query -q -k 3 -o one.recs.tsv one.items.tt
tt-eval -q -k 3 --truth valid.csv -o one.metrics.tsv one.recs.tsv
ok 'as tt-eval has it' awk -F '\t' 'NR == FNR && FNR == 2 { v = $4 } NR != FNR && $2 == "ndcg" { e = $4 }
    END { print v, e; exit !(e > 0.1 && v - e < 1e-6 && e - v < 1e-6) }' one.tsv one.metrics.tsv
for how in keep remove; do
    ok "--seen $how" sh -c "tt-train -d 8 -e 2 --seen $how --valid valid.tt -o seen.$how train.tt 2>&1 | grep -q \"validation\""
done
t 'valid of other examples' 1 '' 'tt-train: full.valid.tt: its events do not follow the dictionary of the training examples' \
    tt-train -q -d 4 -e 1 --valid full.valid.tt train.tt
t 'valid that was learnt' 1 '' 'tt-train: train.tt: its events do not follow the dictionary of the training examples' \
    tt-train -q -d 4 -e 1 --valid train.tt train.tt
head -n 1 valid.csv | tt-encode -q --like train.tt -o none.tt
t 'valid without events' 1 '' 'tt-train: no validation event: 0 rows, all with label 0' \
    tt-train -q -d 4 -e 1 --valid none.tt train.tt
t 'no such valid' 1 '' 'tt-train: nowhere: No such file or directory' tt-train -q -d 4 -e 1 --valid nowhere train.tt

# --- held-out events ---
for j in 1 2 3; do
    tt-train -q -j $j -d 8 -e 6 -k 3 --valid-share 0.2 --log f.$j.tsv -o f.$j full.tt
done
ok '--valid-share: -j 2 gives the same bytes' cmp f.1 f.2
ok 'and -j 3' cmp f.1 f.3
t 'the log has both runs' 0 '12
6 choosing
6 final' '' sh -c 'sed 1d f.1.tsv | wc -l; sed 1d f.1.tsv | cut -f 6 | uniq -c | sed "s/^ *//"'
ok 'only the first of them is validated' awk -F '\t' 'NR > 1 && ($6 == "choosing") != ($4 != "-") { bad = 1 } END { exit bad }' f.1.tsv
cp full.tt copy.tt
tt-train -q -d 8 -e 60 --learning-rate 0.3 -k 10 --valid-share 0.5 --log g.tsv -o g.tt train.tt
chosen=$(grep -c final g.tsv)
ok 'it chooses fewer epochs where more do harm' test "$chosen" -lt 60
t 'the model says how many' 0 "$chosen" '' tt-show --text epoch g.tt
ok 'the notes say what is done' sh -c 'tt-train -d 8 -e 2 -k 3 --valid-share 0.2 -o m train.tt 2>err
    grep -qxE "tt-train: choosing the number of epochs: 2[0-9]+ events to learn from, [0-9]+ held out to evaluate on" err &&
    grep -qxE "tt-train: chose 2 epochs: top_k_accuracy@3 0\.[0-9]{4} on the held-out events; now training on all events" err &&
    grep -q "; validation ranks each user.s training items too" err'
tt-train -q -d 8 -e 6 -k 3 --valid-share 0.2 --seed 2 --log s.tsv -o m full.tt
not_ok 'another seed puts other events aside' sh -c 'cut -f 4 s.tsv >a; cut -f 4 f.1.tsv | cmp -s - a'
t 'one event a user' 1 '' 'tt-train: none of the 0 events that would be held out for validation is liked: each user keeps one' \
    sh -c 'awk -F, "NR == 1 || !seen[\$1]++" train.csv | tt-encode -q -s plain.schema -o once.tt
    tt-train -q --valid-share 0.5 once.tt'
t 'nor with --tune' 1 '' 'tt-train: none of the 0 events that would be held out for validation is liked: each user keeps one' \
    tt-train -q --tune 5 once.tt

# --- trials ---
for j in 1 2 3; do
    tt-train -q -j $j -d 16 -e 6 -k 3 --tune 0.01 --tune-log tune.$j.tsv --log tl.$j.tsv -o tuned.$j full.tt
done
ok '--tune: -j 2 gives the same bytes' cmp tuned.1 tuned.2
ok 'and -j 3' cmp tuned.1 tuned.3
ok 'and the same table of trials' cmp tune.1.tsv tune.3.tsv
t 'the table has a header' 0 'trial	temperature	dropout	negative_weight	dim	epochs	epoch	top_k_accuracy@3	gain	error	seconds	accepted' '' \
    head -n 1 tune.1.tsv
t 'the first trial has the given settings, and is accepted' 0 '1	0.13	0.3	1.1	16	6 1' '' \
    sh -c 'printf "%s %s\n" "$(sed -n 2p tune.1.tsv | cut -f 1-6)" "$(sed -n 2p tune.1.tsv | cut -f 12)"'
ok 'more than two trials fit into the time, and what is accepted is better by more than the error' awk -F '\t' '
    NR > 1 { sum += $11; if ($1 != NR - 1 || NF != 12 || $12 != (NR == 2 || $9 > 2 * $10)) bad = 1 }
    END { exit bad || NR < 4 || sum > 0.01 }' tune.1.tsv
t 'the model says what was accepted' 0 "$(awk -F '\t' '$12 == 1 { t = "--temperature " $2 " --dropout " $3 " --negative-weight " $4 " --dim " $5 " --epochs " $6 }
    END { print t }' tune.1.tsv)" '' tt-show --text tuned tuned.1
t 'the log has all runs' 0 "$(awk -F '\t' 'NR > 1 { print $6 " trial " $1 }' tune.1.tsv)" '' \
    sh -c 'sed 1d tl.1.tsv | cut -f 6 | grep trial | uniq -c | sed "s/^ *//"'
tt-train -d 16 -e 6 -k 3 --tune 0.01 -o m full.tt 2>err
ok 'notes: the plan' grep -qxE 'tt-train: trials of [456] epochs in 0.01 nominal seconds: [0-9]+ events to learn from, [0-9]+ to evaluate on' err
ok 'each trial' grep -qE '^tt-train: trial 2: temperature 0.065, dropout 0.3, negative weight 1.1, 16 dimensions, [456] epochs: top_k_accuracy@3 0\.[0-9]{4} at epoch [1-6], [+-]0\.[0-9]{4} \(error 0\.[0-9]{4}\)(: accepted)?$' err
ok 'and the end' grep -qxE "tt-train: tuned by [0-9]+ trials, 0.0[0-9.]+ nominal seconds: (nothing is surely better than )?$(tt-show --text tuned tuned.1 |
    sed 's/--temperature \(.*\) --dropout \(.*\) --negative-weight \(.*\) --dim \(.*\) --epochs \(.*\)/temperature \1, dropout \2, negative weight \3, \4 dimensions, \5 epochs/')" err
tt-train -d 8 -e 5 -k 1 --metric mrr -c 1 --dropout 0 --tune 0.004 --seed 3 --tune-log few.tsv -o m train.tt 2>err
ok 'which says whether anything was accepted' sh -c 'accepted=$(cut -f 12 few.tsv | grep -c 1)
    grep "tuned by" err | grep -q "surely better"; test $? -eq $((accepted > 1))'
tt-train -d 16 -e 6 -k 3 --tune 1e-9 -o m full.tt 2>err
ok 'no time for trials' grep -qx 'tt-train: warning: no time for two trials of 4 epochs: training with the settings that were given' err
tt-train -d 8 -e 5 -k 3 --tune 0.01 --valid valid.tt --log v.tsv -o m train.tt 2>err
ok '--tune by --valid keeps the best epoch of the final run' sh -c 'best=$(grep final v.tsv | sort -k 4,4gr -k 1,1n | head -n 1 | cut -f 1)
    tt-show m | grep -q "^epoch[: 	]*$best\$" && grep -q "^tt-train: trials of . epochs in 0.01 nominal seconds: 320 events to learn from, 80 to evaluate on" err'
tt-train -q -d 8 -e 5 -k 3 --tune 0.5 --valid valid.tt --log v.tsv -o m train.tt
t 'which has all of its epochs, whatever the best trial recommends' 0 "$(tt-show --text tuned m | sed 's/.*--epochs //')" '' \
    grep -c final v.tsv
ok 'the table on standard output' sh -c 'tt-train -q -d 16 -e 6 -k 3 --tune 0.01 --tune-log - -o m full.tt | cmp - tune.1.tsv'

# --- progress ---
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    script -qec 'tt-train -d 64 -e 4000 -o m train.tt' /dev/null </dev/null >tty.out
    ok 'on a terminal a line is written over' sh -c 'tr "\r" "\n" <tty.out | grep -qE "^tt-train: epoch [0-9]+ of 4000, [0-9]+ %: loss [0-9.]+, [0-9]+ events/s, 0:[0-9][0-9] left *$"'
    script -qec 'tt-train -q -d 64 -e 400 -o m train.tt' /dev/null </dev/null >tty.out
    not_ok 'not with --quiet' grep -q . tty.out
else
    skip 'progress on a terminal' "'script' is not installed or has no terminal"
fi
not_ok 'elsewhere there is none' sh -c 'tt-train -d 64 -e 400 -o m train.tt 2>&1 | grep -q left'

# --- inputs that are refused ---
t 'no such file' 1 '' 'tt-train: nowhere: No such file or directory' tt-train nowhere
t 'examples encoded like others' 1 '' \
    'tt-train: valid.tt: events that follow the dictionary of another file, where examples are expected' tt-train valid.tt
t 'a model' 1 '' "tt-train: file.tt: holds 'model', expected 'examples'" tt-train file.tt
head -n 1 train.csv | tt-encode -q -s plain.schema -o empty.tt
t 'no events' 1 '' 'tt-train: empty.tt: no training event: 0 rows, 0 of them with label 0, weight 0 in all' tt-train empty.tt
awk -F, -v OFS=, 'NR > 1 { $6 = 0 } { print }' train.csv | tt-encode -q -s full.schema -o disliked.tt
t 'only disliked events' 1 '' 'tt-train: disliked.tt: no training event: 320 rows, 320 of them with label 0, weight 0 in all' \
    tt-train disliked.tt
t '--half-life without times' 2 '' "*" tt-train -q -d 4 -e 1 --half-life 7 train.tt
ok 'and its message' grep -qx "tt-train: a half-life needs times: the schema has no event column of kind 'time'" .err
t '--targets later without times' 2 '' "*" tt-train -q -d 4 -e 1 --targets later train.tt
ok 'and its message' grep -qx "tt-train: targets 'later' need times: the schema has no event column of kind 'time'" .err
t 'a text' 1 '' '*' tt-train train.csv
t 'nothing' 1 '' '*' tt-train /dev/null
size=$(wc -c <train.tt)
refused=0 tried=0
for at in 0 1 7 8 9 63 64 100 500 $((size / 4)) $((size / 2)) $((size - 1000)) $((size - 64)) $((size - 1)); do
    head -c "$at" train.tt >cut.tt
    tried=$((tried + 1))
    tt-train -q -e 1 -d 2 cut.tt >out 2>err
    [ $? -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^tt-train: cut.tt: ' err && refused=$((refused + 1))
done
t 'examples cut anywhere are refused' 0 "$tried" '' echo $refused

# --- usage ---
usage() { # name message arguments...
    u_name=$1 u_message=$2
    shift 2
    t "$u_name" 2 '' "tt-train: $u_message
Try 'tt-train --help'." tt-train "$@"
}
for d in 0 4097 x -1 1.5 ''; do
    usage "-d '$d'" "--dim: '$d' is not a whole number from 1 to 4096" --dim="$d"
done
usage '-e' "--epochs: '0' is not a whole number from 1 to 10000" -e 0
usage '--candidates' "--candidates: 'half' is not one of auto, all, sampled, batch, mixed" --candidates half
usage '--batch-of' "--batch-of: 'users' is not one of queries, events" --batch-of users
usage '--negatives' "--negatives: '-1' is not a whole number from 0 to 1048576" --negatives -1
usage '--disliked-weight' "--disliked-weight: '-1' is not a number from 0 to 1000000" --disliked-weight -1
usage '--batch-size' "--batch-size: '1048577' is not a whole number from 0 to 1048576" --batch-size 1048577
usage '-t' "--temperature: '0.019' is not a number from 0.02 to 10" -t 0.019
usage '--positive-temperature' "--positive-temperature: '-1' is not a number from 0 to 1000" --positive-temperature -1
usage '-c' "--negative-weight: '0' is not a number from 0.01 to 100" -c 0
usage '--learning-rate' "--learning-rate: '11' is not a number from 1e-09 to 10" --learning-rate 11
usage '--learning-rate nan' "--learning-rate: 'nan' is not a number from 1e-09 to 10" --learning-rate nan
usage '--beta2' "--beta2: '1' is not a number from 0 to 0.999999" --beta2 1
usage '--weight-decay' "--weight-decay: '-1' is not a number from 0 to 10" --weight-decay -1
usage '--warmup' "--warmup: '-1' is not a whole number from 0 to 1000000" --warmup -1
usage '--dropout' "--dropout: '1' is not a number from 0 to 0.99" --dropout 1
usage '--targets' "--targets: 'more' is not one of auto, all, later" --targets more
usage '--half-life' "--half-life: '-1' is not a number from 0 to 1000000" --half-life -1
usage '--init' "--init: 'zero' is not one of spectral, random" --init zero
usage '--noise' "--noise: '2' is not a number from 0 to 1" --noise 2
usage '--patience' "--patience: '10001' is not a whole number from 0 to 10000" --patience 10001
usage '--seen' "--seen: 'both' is not one of auto, keep, remove" --seen both
usage '--metric' "--metric: 'best' is not one of $(tt-eval --list-metrics | sed 1d | cut -f 1 | paste -s -d , | sed 's/,/, /g')" --metric best
usage '-k' "--top: '0' is not a whole number from 1 to 10000" -k 0
usage '--memory' "--memory: '1' is not a whole number from 1000000 to 1000000000000" --memory 1
usage 'two operands' "unexpected operand 'b'" a b
usage '--patience alone' '--patience needs --valid, --valid-share or --tune' --patience 3
usage '--seen alone' '--seen needs --valid, --valid-share or --tune' --seen keep
usage '--valid-share' "--valid-share: '1' is not a number from 0 to 0.9" --valid-share 1
usage '--tune' "--tune: '-1' is not a number from 0 to 1000000000" --tune -1
usage '--tune-log alone' '--tune-log needs --tune' --tune-log x.tsv
usage 'the table and the model' '--tune-log and the model cannot both be standard output' --tune 1 --tune-log -
usage 'the table and the log' '--tune-log and --log cannot both be standard output' --tune 1 --tune-log - --log - -o m
usage 'the table in the log' '--log and --tune-log are the same file' --tune 1 --tune-log x --log x -o m
usage 'two validations' '--valid-share and --valid are two ways to validate: give one' --valid-share 0.1 --valid valid.tt
usage 'two standard inputs' '--valid and the examples cannot both be standard input' --valid -
usage 'two standard outputs' '--log and the model cannot both be standard output' --log -
usage 'two outputs in one file' '--output and --log are the same file' -o same --log ./same

# --- killed while training ---
tt-train -q -d 64 -e 10000 -o killed.tt train.tt &
pid=$!
sleep 0.3
ok 'it trains' kill -9 $pid
wait $pid 2>/dev/null
not_ok 'kill -9 leaves no model under the final name' test -e killed.tt
tt-train -q -d 64 -e 10000 -o stopped.tt --log stopped.tsv train.tt &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid 2>/dev/null
not_ok 'a terminated one leaves no file at all' sh -c 'ls stopped.t* .stopped.t* 2>/dev/null'

# --- Python ---
if has_python safetensors.numpy; then
    t 'safetensors opens the model' 0 '(3, 8) float32 True' '' "$PYTHON" -c '
from safetensors.numpy import load_file
import numpy
t = load_file("file.tt")
e = t["item.cuisine.embedding"]
print(e.shape, e.dtype, bool(numpy.isfinite(e).all()))'
else
    skip 'safetensors opens the model' 'Python has no safetensors'
fi

common_tests tt-train train.tt -d 8 -e 1
finish

#!/bin/sh
# tt-train killed by force, at many moments, and gone on with: the same bytes; and checkpoints that are refused.
. "$(dirname "$0")/lib.sh"

tt-gen -q --events 12000 --n-users 900 --n-stores 700 --stores stores.csv >visits.csv
tt-split -q --last 1 --user user_id --order visited_at --train train.csv --test valid.csv visits.csv
printf '%s\n' 'user user_id id' 'user store_id history' 'item store_id id' 'item category category' >base.schema
tt-encode -q -s base.schema --items stores.csv -o train.tt train.csv
tt-encode -q --like train.tt -o valid.tt valid.csv

# Run tt-train with these options until it ends, killed at ever later moments; for the first time when the checkpoint is
# there. Says how often it was killed; the last time it is let go.
killed() { # option...
    rm -f ck out.tt
    k_n=0 k_tries=0
    while [ $k_tries -lt 12 ]; do
        tt-train -q "$@" --checkpoint ck --resume ck --log k.log -o out.tt train.tt >/dev/null 2>.kill.err &
        k_pid=$!
        if [ $k_tries -eq 0 ]; then
            while [ ! -e ck ] && kill -0 $k_pid 2>/dev/null; do sleep 0.005; done
        else
            sleep "0.$(printf '%02d' $((k_tries * 4 + 3)))"
        fi
        kill -9 $k_pid 2>/dev/null
        wait $k_pid 2>/dev/null
        k_code=$?
        [ $k_code -eq 137 ] || break
        k_n=$((k_n + 1)) k_tries=$((k_tries + 1))
    done 2>/dev/null
    if [ $k_code -eq 137 ]; then # even if the model is there: it may have been killed before it took the checkpoint away
        tt-train -q "$@" --checkpoint ck --resume ck --log k.log -o out.tt train.tt
        k_code=$?
    fi
    echo "# killed $k_n times"
    [ $k_code -eq 0 ] && [ $k_n -ge 1 ]
}

for run in '--candidates all -e 24' '--candidates batch -e 24' '--candidates all -e 24 --valid valid.tt' \
    '--candidates batch -e 60 --learning-rate 0.05 --valid valid.tt --patience 8' '--candidates all -e 24 --init random -j 1' \
    '--candidates all -e 24 --valid-share 0.2 --patience 10' '--candidates mixed -e 24 --weight-decay 0.1' \
    '--candidates all -e 6 --tune 0.6'; do
    tt-train -q -d 24 $run --log whole.log -o whole.tt train.tt
    killed -d 24 $run
    report $? "$run: killed again and again, it ends"
    ok "$run: in the same bytes" cmp whole.tt out.tt
    t "$run: with a whole log" 0 "$(cut -f 1-4,6-7 whole.log)" '' cut -f 1-4,6-7 k.log
    ok "$run: of rising seconds" awk -F '\t' 'NR > 1 && $5 < last { bad = 1 } NR > 1 { last = $5 } END { exit bad }' k.log
    not_ok "$run: and without a checkpoint" test -e ck
done

# --- one checkpoint: a run that could not write its model ---
new_checkpoint() { # option...
    rm -f ck
    tt-train -q -d 8 -e 3 "$@" --checkpoint ck -o /dev/full train.tt 2>.new.err
}
tt-train -q -d 8 -e 3 -o plain.tt train.tt
tt-train -q -d 8 -e 3 --checkpoint ck -o with.tt train.tt
ok '--checkpoint leaves the model as it is' cmp plain.tt with.tt
new_checkpoint
t 'a run that fails keeps its checkpoint' 0 'tt-train: /dev/full: No space left on device' '' cat .new.err
ok 'of its kind' sh -c "tt-show ck | grep -qx 'kind	checkpoint' && tt-show --check ck"
cp ck first.ck
t 'resuming from the end writes the model' 0 '' '' tt-train -q -d 8 -e 3 --resume ck -o again.tt train.tt
ok 'the same' cmp plain.tt again.tt
ok '--resume alone leaves the checkpoint as it is' cmp ck first.ck
ok 'with other threads, by a pipe' sh -c 'cat train.tt | tt-train -q -j 3 -d 8 -e 3 --resume ck | cmp - plain.tt'
ok 'with a log that the first run did not have' sh -c 'tt-train -q -d 8 -e 3 --resume ck --log l -o again.tt train.tt
    tt-train -q -d 8 -e 3 --log m -o again.tt train.tt; cut -f 1-4,6-7 l >l1; cut -f 1-4,6-7 m | cmp - l1'
ok 'it says where it goes on' sh -c "tt-train -d 8 -e 3 --resume ck -o again.tt train.tt 2>&1 | head -n 1 |
    grep -qE \"^tt-train: resuming from ck, [0-9.]+ s after the run's beginning$\""
other() { # name message option...
    o_name=$1 o_message=$2
    shift 2
    t "$o_name" 1 '' "tt-train: ck: a checkpoint of another run: $o_message" \
        tt-train -q --resume ck --checkpoint ck -o other.tt "$@"
}
other '-d' '--dim was 8, and is 9' -d 9 -e 3 train.tt
other '-e' '--epochs was 3, and is 4' -d 8 -e 4 train.tt
other '--candidates' '--candidates was auto, and is all' -d 8 -e 3 --candidates all train.tt
other '--seed' '--seed was 1, and is 2' -d 8 -e 3 --seed 2 train.tt
other '--learning-rate' '--learning-rate was 0.01, and is 0.010000000000000002' -d 8 -e 3 --learning-rate 0.010000000000000002 train.tt
other '--half-life' '--half-life was none, and is 0' -d 8 -e 3 --half-life 0 train.tt
sum() { tt-show "$1" | sed -n 's/^checksum	//p'; }
other 'other validation' "the checksum of the validation events was none, and is $(sum valid.tt)" \
    -d 8 -e 3 --valid valid.tt train.tt
sed 1,2d train.csv | { head -n 1 train.csv; cat; } | tt-encode -q -s base.schema --items stores.csv -o less.tt
other 'other examples' "the checksum of the examples was $(sum train.tt), and is $(sum less.tt)" -d 8 -e 3 less.tt
not_ok 'nothing is written then' test -e other.tt
ok 'and the checkpoint stays' cmp ck first.ck
new_checkpoint --half-life 0
other 'an option less' '--half-life was 0, and is none' -d 8 -e 3 train.tt
cp first.ck ck
t '--checkpoint alone begins anew' 0 '' '' tt-train -q -d 8 -e 4 --checkpoint ck -o other.tt train.tt
not_ok 'and removes what it replaced' test -e ck
size=$(wc -c <first.ck) tried=0 refused=0
for at in 0 1 100 5000 $((size / 2)) $((size - 64)) $((size - 1)); do
    head -c "$at" first.ck >ck
    tried=$((tried + 1))
    tt-train -q -d 8 -e 3 --resume ck train.tt >out 2>err
    [ $? -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^tt-train: ck: ' err &&
        refused=$((refused + 1))
done
t 'checkpoints cut anywhere are refused' 0 "$tried" '' echo $refused
rm -f ck

# --- files that are not there, or nothing to go on from ---
t 'no such checkpoint' 1 '' 'tt-train: nowhere: No such file or directory' tt-train -q --resume nowhere train.tt
t 'nor with another --checkpoint' 1 '' 'tt-train: nowhere: No such file or directory' \
    tt-train -q --checkpoint ck --resume nowhere train.tt
ok 'with one name it begins' sh -c "tt-train -d 8 -e 3 --checkpoint ck --resume ck -o again.tt train.tt 2>&1 | head -n 1 |
    grep -qx 'tt-train: no checkpoint ck: beginning'"
ok 'a whole run' cmp again.tt plain.tt
t 'a model is no checkpoint' 1 '' "tt-train: plain.tt: holds 'model', expected 'checkpoint'" tt-train --resume plain.tt train.tt
t 'a checkpoint is no model' 1 '' '*' sh -c 'tt-train -q -d 8 -e 1 --checkpoint ck -o /dev/full train.tt; tt-embed ck train.tt'
rm -f ck
t 'a checkpoint in no folder' 1 '' '*' tt-train -q -d 8 -e 1 --checkpoint no/such/ck -o late.tt train.tt
ok 'in words' grep -q '^tt-train: no/such/ck' .err
not_ok 'leaves no model' test -e late.tt
usage() { # message arguments...
    u_message=$1
    shift
    t "usage: $*" 2 '' "tt-train: $u_message
Try 'tt-train --help'." tt-train "$@"
}
usage "--checkpoint: '-' is not a regular file" --checkpoint - train.tt
usage "--checkpoint: '/dev/null' is not a regular file" --checkpoint /dev/null -o a train.tt
usage "--checkpoint: '.' is not a regular file" --checkpoint . -o a train.tt
usage '--resume: a checkpoint cannot be standard input' --resume - train.tt
usage '--output and --checkpoint are the same file' -o a --checkpoint ./a train.tt
usage '--log and --checkpoint are the same file' -o a --log b --checkpoint b train.tt
finish

#!/bin/sh
# tt-serve under full load while its files are replaced every second for a minute: is every answer right?
#   tests/bench/reload.sh [SECONDS]     [60]
#   ONE, TWO: folders with model.tt and index.tt of the same users [made: a generated world of 32K users and 38K items, 64
#       dimensions, trained with two seeds]    USERS: file of an id a line    CONTEXT: of all requests, as &meal_time=lunch [""]
#   JOBS: threads of the service [2]    BIN: folder of the programs [build/release/bin]
# wrk (Debian: apt-get install wrk) sends requests over 32 connections, and so does ask_lists over 8, which compares each answer with
# what tt-query says of the model whose fingerprint it has. Model and index are put in place by renaming, at times the index
# first, and half of the times a signal comes between the two. Prints TSV; exits 1 when an answer was wrong, lost or refused.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
PATH=$BIN:$BIN/../tools:$PATH
seconds=${1:-60} CONTEXT=${CONTEXT:-} JOBS=${JOBS:-2}
command -v wrk >/dev/null || { echo 'reload.sh: wrk is missing: apt-get install wrk' >&2; exit 1; }
: "${ONE:=}" "${TWO:=}" "${USERS:=}"
[ -z "$ONE" ] || ONE=$(cd "$ONE" && pwd) TWO=$(cd "$TWO" && pwd) USERS=$(cd "$(dirname "$USERS")" && pwd)/${USERS##*/}
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-bench.XXXXXX")
pids=
trap 'kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

if [ -z "$ONE" ]; then
    echo 'reload.sh: making a world' >&2
    tt-gen -q -n 1M --n-users 32K --n-stores 38K --stores stores.csv -o visits.csv
    printf 'user user_id id\nuser store_id history\nitem store_id id\nitem category category\nevent visited_at time\n' >schema
    tt-encode -q -s schema --items stores.csv visits.csv >train.tt
    for seed in 1 2; do
        mkdir $seed
        tt-train -q --candidates batch -e 1 --seed $seed -o $seed/model.tt train.tt
        tt-encode -q --like $seed/model.tt --side item stores.csv | tt-embed -q $seed/model.tt | tt-index -q -o $seed/index.tt
    done
    cut -d, -f2 visits.csv | sed 1d | sort -u >users
    ONE=$work/1 TWO=$work/2 USERS=users
fi
name=${CONTEXT#&}
name=${name%%=*}
checksum() { tt-show "$1" | sed -n 's/^checksum.//p'; }
lists() { # folder: what ask_lists is to know of it
    column=$(tt-show --text schema "$1/model.tt" | awk '$1 == "user" && $3 == "id" { print $2 }')
    sed "1i $column${name:+,$name}
s/\$/${name:+,${CONTEXT#*=}}/" "$USERS" | tt-encode -q --like "$1/model.tt" --side user | tt-embed -q "$1/model.tt" |
        tt-query -q -k 10 "$1/index.tt" | cut -f "1,$((name_fields + 3)),$((name_fields + 4))" | sed 1d >"$2"
    echo "$(checksum "$1/model.tt"):$(checksum "$1/index.tt"):$2"
}
[ -z "$name" ] && name_fields=0 || name_fields=1
one=$(lists "$ONE" one.tsv)
two=$(lists "$TWO" two.tsv)
! cmp -s one.tsv two.tsv || { echo 'reload.sh: both models make the same lists' >&2; exit 1; }
cp "$ONE/model.tt" "$ONE/index.tt" .

: >serve.log
tt-serve -j "$JOBS" --log none --listen 127.0.0.1:0 model.tt index.tt 2>serve.log &
server=$!
pids=$server
until url=$(sed -n 's/^tt-serve: listening on //p' serve.log) && [ -n "$url" ]; do
    kill -0 $server
    sleep 0.05
done
awk -v more="$CONTEXT" '{ print "/recommend?user=" $0 more "&k=10" }' "$USERS" >targets
cat >ask.lua <<'LUA'
local targets = {}
function init()
    for line in io.lines("targets") do targets[#targets + 1] = wrk.format("GET", line) end
end
function request() return targets[math.random(#targets)] end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("wrk: answers\t%d\nwrk: not 200\t%d\nwrk: lost\t%d\nwrk: p99 us\t%d\n", summary.requests, e.status,
        e.connect + e.read + e.write + e.timeout, latency:percentile(99)))
end
LUA
ask_lists "$url" "$CONTEXT&k=10" 8 86400 "$one" "$two" >asked.tsv &
asker=$!
pids="$pids $asker"
wrk -t1 -c32 -d"$((seconds + 1))s" -s ask.lua "$url" >wrk.txt &
loader=$!
pids="$pids $loader"

put() { cp "$1" new.tt && mv new.tt "${1##*/}"; }
for i in $(seq "$seconds"); do
    [ $((i % 2)) = 0 ] && from=$ONE || from=$TWO
    case $((i % 4)) in
    0) put "$from/model.tt"; put "$from/index.tt" ;;
    1) put "$from/model.tt"; kill -HUP $server; put "$from/index.tt" ;;
    2) put "$from/index.tt"; put "$from/model.tt" ;;
    3) put "$from/index.tt"; kill -HUP $server; put "$from/model.tt" ;;
    esac
    kill -HUP $server
    sleep 1
done
wait $loader
kill -TERM $asker
status=0
wait $asker || status=1
cat asked.tsv
sed -n '/^wrk: /p' wrk.txt
awk -F '\t' '/^wrk: (not 200|lost)/ && $2 { exit 1 }' wrk.txt || status=1
curl -s "$url/metrics" | sed -n 's/^\(tt_reloads_total\|tt_failed_reloads_total\) /\1\t/p'
printf 'MiB\t%s\n' "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' /proc/$server/status)"
kill -TERM $server
wait $server || status=1
exit $status

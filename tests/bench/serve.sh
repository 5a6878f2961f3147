#!/bin/sh
# Requests a second of tt-serve with one thread, and how long an answer takes, beside bare libmicrohttpd that sends a fixed
# text of the same length (http_fixed). Needs wrk (Debian: apt-get install wrk).
#   tests/bench/serve.sh
#   MODEL, INDEX, USERS: files of a model, of its index, and of its users, an id a line [made: a generated world of 32K
#       users and 38K items, the size of Yelp2018; 64 dimensions]
#   MORE: what follows /recommend?user=U ["&k=10"]   CONNECTIONS: ["1 8 32"]   SECONDS: of a run [5]   ROUNDS: [3]
#   REQUESTS: after how many the memory is looked at [1M]; the first half of them warms up
#   PEER: address of another service that answers the same requests, to measure beside it, as http://127.0.0.1:8000
#   BIN: folder of the programs [build/release/bin]
# Prints TSV in three parts: closed loops (wrk), rounds taken in turns and the median of each: requests a second,
# microseconds at p50, p99 and p99.9, answers that were not 200, and the ratio to libmicrohttpd; half of the peak rate in
# an open loop (open_loop); then the time to the first answer, and memory. "uncached" is with --cache 0: each request is a
# search. With two processors the service has one and the client the other.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
PATH=$BIN:$BIN/../bench:$PATH
MORE=${MORE:-'&k=10'} CONNECTIONS=${CONNECTIONS:-1 8 32} SECONDS_OF_RUN=${SECONDS:-5} ROUNDS=${ROUNDS:-3}
REQUESTS=${REQUESTS:-1M}
PEER=${PEER:-}
command -v wrk >/dev/null || { echo 'serve.sh: wrk is missing: apt-get install wrk' >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/tt-bench.XXXXXX")
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: "${MODEL:=}" "${INDEX:=}" "${USERS:=}"
for f in MODEL INDEX USERS; do
    eval "p=\$$f"
    [ -z "$p" ] || eval "$f=\$(cd \"\$(dirname \"\$p\")\" && pwd)/\${p##*/}"
done
cd "$work"
[ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ] && command -v taskset >/dev/null && on_0='taskset -c 0' on_1='taskset -c 1' || on_0= on_1=

# ---- what is served ----

if [ -z "$MODEL" ]; then
    echo 'serve.sh: making a world' >&2
    tt-gen -q -n 1M --n-users 32K --n-stores 38K --stores stores.csv -o visits.csv
    printf 'user user_id id\nuser store_id history\nitem store_id id\nitem category category\nevent visited_at time\n' >schema
    tt-encode -q -s schema --items stores.csv visits.csv | tt-train -q --candidates batch -e 1 -o model.tt
    tt-encode -q --like model.tt --side item stores.csv | tt-embed -q model.tt | tt-index -q -o index.tt
    cut -d, -f2 visits.csv | sed 1d | sort -u >users
    MODEL=model.tt INDEX=index.tt USERS=users
fi
# Thirty thousand users, in an order that is nobody's.
awk 'BEGIN { srand(1) } { print rand() "\t" $0 }' "$USERS" | sort -n | cut -f 2- | head -n 30000 |
    awk -v more="$MORE" '{ print "/recommend?user=" $0 more }' >targets
target=$(head -n 1 targets)

now() { date +%s.%N; }
start_ours() { # name option...: sets pid, url, and first: seconds to the first answer
    name=$1
    shift
    : >"$name.log"
    from=$(now)
    $on_0 tt-serve -j 1 --log none --listen 127.0.0.1:0 "$@" "$MODEL" "$INDEX" 2>"$name.log" &
    pid=$!
    pids="$pids $pid"
    url=
    until url=$(sed -n 's/^tt-serve: listening on //p' "$name.log") && [ -n "$url" ]; do
        kill -0 $pid || { cat "$name.log" >&2; exit 1; }
        sleep 0.01
    done
    curl -sSf -o answer "$url$target"
    first=$(echo "$from $(now)" | awk '{ printf "%.2f", $2 - $1 }')
}
memory() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

start_ours cached
ours=$url ours_pid=$pid ours_first=$first
memory_first=$(memory $pid)
length=$(wc -c <answer)
start_ours uncached --cache 0
uncached=$url
port=$((20000 + $$ % 20000))
mkfifo ends
$on_0 http_fixed plain $port "$length" <ends &
pids="$pids $!"
exec 9>ends
fixed=http://127.0.0.1:$port

# ---- closed loops ----

cat >ask.lua <<'LUA'
local targets = {}
function init(args)
    for line in io.lines("targets") do targets[#targets + 1] = wrk.format("GET", line) end
    math.randomseed(tonumber(args[1]))
end
function request() return targets[math.random(#targets)] end
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests / summary.duration * 1e6,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
        e.connect + e.read + e.write + e.status + e.timeout, summary.requests))
end
LUA
ask() { # url connections seconds seed
    $on_1 wrk -t1 -c"$2" -d"${3}s" -s ask.lua "$1" -- "$4" | sed -n 's/^RESULT //p'
}
median() { sort -n "$1" | awk '{ line[NR] = $0 } END { print line[int((NR + 1) / 2)] }'; }

asked=0
half=$(echo "$REQUESTS" | awk '{ n = $1 + 0; if ($1 ~ /K$/) n *= 1e3; if ($1 ~ /M$/) n *= 1e6; print int(n / 2) }')
warm() { # until half of the requests were made once more
    until=$((asked + half))
    while [ $asked -lt $until ]; do
        asked=$((asked + $(ask "$ours" 32 5 $asked | cut -d ' ' -f 6)))
    done
}
warm
memory_half=$(memory $ours_pid) asked_half=$asked

printf 'what\tconnections\trequests_per_s\tp50_us\tp99_us\tp99.9_us\tfailed\tof_libmicrohttpd\n'
peak=0
for c in $CONNECTIONS; do
    for round in $(seq "$ROUNDS"); do
        ask $fixed "$c" "$SECONDS_OF_RUN" "$round" >>"libmicrohttpd.$c"
        ask "$ours" "$c" "$SECONDS_OF_RUN" "$round" >>"tt-serve.$c"
        ask "$uncached" "$c" "$SECONDS_OF_RUN" "$round" >>"uncached.$c"
        [ -z "$PEER" ] || ask "$PEER" "$c" "$SECONDS_OF_RUN" "$round" >>"peer.$c"
    done
    for what in libmicrohttpd tt-serve uncached peer; do
        [ -e "$what.$c" ] || continue
        echo "$(median "$what.$c") $(median "libmicrohttpd.$c")" |
            awk -v what=$what -v c="$c" '{ printf "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\n", what, c, $1, $2, $3, $4, $5, $1 / $7 }'
    done
done
asked=$((asked + $(cat tt-serve.* | awk '{ n += $6 } END { print n }')))
warm
memory_end=$(memory $ours_pid)

# ---- half of the peak ----

printf '\nwhat\trate\tanswers_per_s\tp50_us\tp99_us\tp99.9_us\tmax_us\tfailed\n'
peak() { cat "$1".* | sort -n | tail -n 1 | cut -d ' ' -f 1; }
for what in tt-serve uncached peer; do
    [ -e "$what.$c" ] || continue
    case $what in tt-serve) at=$ours ;; uncached) at=$uncached ;; peer) at=$PEER ;; esac
    printf '%s\t' $what
    $on_1 open_loop "$at" $(($(peak $what) / 2)) "$SECONDS_OF_RUN" 32 targets
done

printf '\nwhat\tvalue\nseconds to the first answer\t%s\nMiB after the first answer\t%s\n' "$ours_first" "$memory_first"
printf 'MiB after %d requests\t%s\nMiB after %d requests\t%s\n' "$asked_half" "$memory_half" "$asked" "$memory_end"

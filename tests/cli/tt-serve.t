#!/bin/sh
# tt-serve: the answers are those of tt-query; events, reloads, and what is refused.
. "$(dirname "$0")/lib.sh"
trap 'stop_service; rm -rf "$TMP"' EXIT

server=
start_service() { # option... MODEL INDEX: sets server and url
    : >serve.log # which else may still be the last one's
    tt-serve --listen 127.0.0.1:0 "$@" 2>serve.log &
    server=$!
    url=
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        url=$(sed -n 's/^tt-serve: listening on //p' serve.log)
        [ -n "$url" ] && return
        kill -0 $server 2>/dev/null || return
        sleep 0.2
    done
}

stop_service() { # sets ended
    [ -z "$server" ] || { kill -TERM $server 2>/dev/null; wait $server; ended=$?; }
    server=
}

get() { curl -sS "$url$1"; }
status() { curl -sS -o /dev/null -w '%{http_code}\n' "$@"; }

ok 'tt-serve --help exits 0' tt-serve --help
ok 'tt-serve --version exits 0' tt-serve --version
t 'an unknown option' 2 '' "tt-serve: unknown option '--no-such-option'
Try 'tt-serve --help'." tt-serve --no-such-option
t 'a name that cannot stand in a path' 2 '' "tt-serve: --name: 'a/b' cannot stand in a path
Try 'tt-serve --help'." tt-serve --name a/b m i
t '--sync without --events' 2 '' "tt-serve: --sync has no meaning without --events
Try 'tt-serve --help'." tt-serve --sync always m i
t 'meal times that are none' 2 '' "*" tt-serve --meals lunch=25 m i
t 'standard input is no model' 2 '' '*' tt-serve - i
t 'a model that is not there' 1 '' 'tt-serve: m: No such file or directory' tt-serve m i
t 'a zone that is not there' 2 '' '*' tt-serve --zone Nowhere/Else m i

# ---- a world, two models of it ----

tt-gen -q -n 20K --n-users 1000 --n-stores 300 --stores stores.csv | tt-feature -q --time visited_at >visits.csv
cat >meal.schema <<'END'
user   user_id     id
user   store_id    history   half_life=30
user   meal_time   context
item   store_id    id
item   category    category
event  visited_at  time
END
tt-encode -q -s meal.schema --items stores.csv visits.csv >train.tt
make_model() { # seed folder
    mkdir -p "$2"
    tt-train -q -e 1 --seed "$1" -o "$2/model.tt" train.tt
    tt-encode -q --like "$2/model.tt" --side item stores.csv | tt-embed -q "$2/model.tt" | tt-index -q -o "$2/stores.tt"
}
make_model 1 one
make_model 2 two
cp one/model.tt one/stores.tt .

cp one/stores.tt damaged.tt
printf '\377' | dd of=damaged.tt bs=1 seek=$(($(wc -c <damaged.tt) / 2)) conv=notrunc 2>/dev/null
t 'a damaged index' 1 '' 'tt-serve: damaged.tt: damaged: the checksum does not agree' tt-serve model.tt damaged.tt
t 'a damaged model' 1 '' 'tt-serve: damaged.tt: damaged: the checksum does not agree' sh -c '
    cp one/model.tt damaged.tt
    printf "\377" | dd of=damaged.tt bs=1 seek=$(($(wc -c <damaged.tt) / 2)) conv=notrunc 2>/dev/null
    tt-serve damaged.tt stores.tt'

# What tt-query says for all users at all meal times, as "user meal item score" lines.
meals='breakfast lunch afternoon dinner night'
cut -d, -f2 visits.csv | sort -u | grep -v user_id >users
store=$(sed -n 's/,.*//; 2p' stores.csv)
for m in $meals; do sed "s/\$/,$m/" users; done | sed '1i user_id,meal_time' >requests.csv
expected() { # folder option...
    folder=$1
    shift
    tt-encode -q --like "$folder/model.tt" --side user requests.csv | tt-embed -q "$folder/model.tt" |
        tt-query -q -k 10 "$@" "$folder/stores.tt" | tail -n +2 | cut -f1,2,4,5
}
# The same over HTTP.
answers() { # parameter
    awk -F, -v url="$url" -v more="$1" 'NR > 1 { print "url = \"" url "/recommend?user=" $1 "&meal_time=" $2 "&k=10" more "\"" }' requests.csv >urls
    curl -sS -K urls -w '\n' | awk '
        { user = $0; sub(/^{"user":"/, "", user); sub(/".*/, "", user)
          meal = $0; sub(/.*"context":{"meal_time":"/, "", meal); sub(/".*/, "", meal)
          n = split($0, item, /{"id":"/)
          for (i = 2; i <= n; i++) { id = item[i]; sub(/".*/, "", id); score = item[i]; sub(/^[^:]*:/, "", score); sub(/,.*/, "", score)
              print user "\t" meal "\t" id "\t" score } }'
}

start_service --items stores.csv --events events.csv --log none model.tt stores.tt
ok 'it listens' test -n "$url"
t 'it says what it has loaded' 0 '1' '' grep -c '^tt-serve: loaded 300 items and 1000 users; model ' serve.log
expected one >expected.tsv
answers '' >answers.tsv
t 'a thousand users at five meal times' 0 '50000' '' sh -c 'wc -l <expected.tsv'
ok 'have the lists and the scores of tt-query' cmp expected.tsv answers.tsv
expected one --seen visits.csv >expected.tsv
answers '&seen=remove' >answers.tsv
ok 'and without what they have seen, too' cmp expected.tsv answers.tsv

# ---- requests ----

t 'the meal time of the clock' 0 1 '' sh -c "curl -s '$url/recommend?user=1&time=2026-03-01T12:00Z' | grep -c '\"meal_time\":\"lunch\"'"
t 'an unknown user has what is popular' 0 1 '' sh -c "curl -s '$url/recommend?user=stranger' | grep -c '\"source\":\"popular\"'"
category=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "category") c = i } NR == 2 { print $c }' stores.csv)
t 'a filter' 0 "$category" '' sh -c "curl -sG '$url/recommend' -d user=1 --data-urlencode 'category=$category' | grep -o '\"category\":\"[^\"]*\"' |
    sort -u | cut -d '\"' -f 4"
t 'HEAD' 0 200 '' status -I "$url/recommend?user=1"
t 'no such path' 0 404 '' status "$url/nothing"
t 'no such method' 0 405 '' status -X DELETE "$url/users/1"
t 'a bad parameter' 0 400 '' status "$url/recommend?k=0"
t 'a body that is too large' 0 413 '' sh -c "head -c 1100000 /dev/zero | curl -sS -o /dev/null -w '%{http_code}\\n' --data-binary @- '$url/recommend'"
t 'metrics' 0 1 '' sh -c "curl -s '$url/metrics' | grep -c '^tt_requests_total{endpoint=\"recommend\",code=\"200\"} 100'"
get /openapi.json | grep -o '^    "/[^"]*"' | tr -d ' "' | grep -v '^/page' | sed 's/{user}/U/; s/{item}/I/; s/{model}/NAME/' >paths
t 'paths are in the description' 0 16 '' grep -c . paths
for path in $(cat paths); do
    grep -qE "(GET|POST|Pa) $path([? ]|\$)" "$ROOT/man/tt-serve.1"
    report $? "$path is in the manual"
done
t 'the page is HTML' 0 'text/html; charset=utf-8' '' curl -sS -o /dev/null -w '%{content_type}\n' "$url/"

# ---- events ----

ok 'an event is accepted' sh -c "curl -s -d '{\"user\":\"newcomer\",\"item\":\"$store\",\"meal_time\":\"lunch\"}' '$url/events' | grep -q '\"accepted\":1'"
t 'and counts in the next answer' 0 1 '' sh -c "curl -s '$url/recommend?user=newcomer' | grep -c '\"source\":\"history\"'"
t 'an event that is none' 0 400 '' status -d '{"user":"x"}' "$url/events"
for i in $(sed '1d; s/,.*//' stores.csv | head -n 10); do
    curl -sS -o /dev/null -d "{\"user\":\"killed\",\"item\":\"$i\"}" "$url/events"
done
kill -KILL $server
wait $server 2>/dev/null
server=
t 'what was acknowledged survives SIGKILL' 0 10 '' grep -c '^killed,' events.csv
ok 'the log is what tt-encode reads' tt-encode -q --extend model.tt -o more.tt events.csv
printf 'killed,lu' >>events.csv
start_service --events events.csv --log none model.tt stores.tt
t 'an incomplete row is cut off' 0 1 '' grep -c 'cut off 9 bytes of an incomplete last row' serve.log
t 'the events count again' 0 10 '' sh -c "curl -s '$url/users/killed' | grep -o '\"weight\"' | wc -l"
t 'two services do not write to one log' 1 '' 'tt-serve: events.csv: another process writes to it' \
    timeout 20 tt-serve --listen 127.0.0.1:0 --events events.csv model.tt stores.tt

# ---- new files ----

version() { get /health/ready | sed 's/.*"version":\([0-9]*\).*/\1/'; echo; }
wait_for() { # command...: until it succeeds
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        "$@" >/dev/null && return
        sleep 0.2
    done
    return 1
}
cp two/model.tt m && mv m model.tt
kill -HUP $server
ok 'a model alone is refused' wait_for grep 'not reloaded, the earlier files stay in use: stores.tt: its vectors were made by another model' serve.log
t 'the old ones go on' 0 1 '' version
cp two/stores.tt s && mv s stores.tt
ok 'when the index is there, too, both are loaded without a signal' wait_for sh -c "curl -s '$url/health/ready' | grep '\"version\":2'"
: >model.tt
kill -HUP $server
ok 'an emptied file is refused' wait_for grep 'model.tt: empty' serve.log
expected two >expected.tsv
answers '' >answers.tsv
ok 'and the lists are those of the second model' cmp expected.tsv answers.tsv
stop_service
t 'SIGTERM ends it well' 0 0 '' echo "$ended"

# While it reads the items it does nothing else, and here the test decides when they come.
cp two/model.tt two/stores.tt .
mkfifo items.csv
cat stores.csv >items.csv &
start_service --items items.csv --log none model.tt stores.tt
kill -HUP $server
sleep 0.3
kill -HUP $server
kill -HUP $server
cat two/model.tt >model.tt & # who writes in place waits, and the system signals
sleep 0.1
ok 'signals during a reload do no harm' test "$(curl -s "$url/health/live")" = '{"status":"live"}'
while [ -p items.csv ]; do cat stores.csv >items.csv; done 2>/dev/null &
feeder=$!
ok 'the reload goes on' wait_for sh -c "curl -s '$url/health/ready' | grep '\"version\":[2-9]'"
kill -TERM $server
rm items.csv
wait $server
t 'and it ends at a signal' 0 0 '' echo $?
kill $feeder 2>/dev/null
server=

# ---- limits and the token ----

cp two/model.tt model.tt
echo sesame >token
start_service --token token --log json --listen unix:socket model.tt stores.tt
for _ in 1 2 3 4 5; do [ -S socket ] || sleep 0.2; done
t 'without the token' 0 401 '' status --unix-socket socket http://tt/users
t 'with another one' 0 401 '' status --unix-socket socket -H 'Authorization: Bearer sesam' http://tt/users
t 'with the token' 0 200 '' status --unix-socket socket -H 'Authorization: Bearer sesame' http://tt/users
t 'health needs none' 0 200 '' status --unix-socket socket http://tt/health/live
t 'the access log' 0 '"method":"GET","target":"/health/live","status":200' '' sh -c "grep -o '\"method\":\"GET\",\"target\":\"/health/live\",\"status\":200' serve.log"
stop_service
finish

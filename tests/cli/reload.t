#!/bin/sh
# tt-serve while its files are exchanged: every answer is wholly of one model, and none is lost. tests/bench/reload.sh is
# the same for longer, with more load.
. "$(dirname "$0")/lib.sh"
TOOLS=${TOOLS:-$ROOT/build/release/tools}
server= asker=
trap 'kill $server $asker 2>/dev/null; rm -rf "$TMP"' EXIT

tt-gen -q -n 20K --n-users 1000 --n-stores 300 --stores stores.csv | tt-feature -q --time visited_at >visits.csv
cat >meal.schema <<'END'
user   user_id     id
user   store_id    history
user   meal_time   context
item   store_id    id
item   category    category
event  visited_at  time
END
tt-encode -q -s meal.schema --items stores.csv visits.csv >train.tt
cut -d, -f2 visits.csv | sed 1d | sort -u | sed 's/$/,lunch/; 1i user_id,meal_time' >requests.csv
checksum() { tt-show "$1" | sed -n 's/^checksum.//p'; }
make_model() { # seed folder: sets $2, what ask_lists needs to know of it
    mkdir "$2"
    tt-train -q -e 1 --seed "$1" -o "$2/model.tt" train.tt
    tt-encode -q --like "$2/model.tt" --side item stores.csv | tt-embed -q "$2/model.tt" | tt-index -q -o "$2/stores.tt"
    tt-encode -q --like "$2/model.tt" --side user requests.csv | tt-embed -q "$2/model.tt" | tt-query -q -k 10 "$2/stores.tt" |
        cut -f 1,4,5 | sed 1d >"$2/lists"
    eval "$2=$(checksum "$2/model.tt"):$(checksum "$2/stores.tt"):$2/lists"
}
make_model 1 one
make_model 2 two
not_ok 'two models have different lists' cmp one/lists two/lists
cp one/model.tt one/stores.tt .

: >serve.log
tt-serve -j 2 --listen 127.0.0.1:0 --log none --cache 100K model.tt stores.tt 2>serve.log &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    url=$(sed -n 's/^tt-serve: listening on //p' serve.log)
    [ -z "$url" ] || break
    sleep 0.2
done
ok 'the service listens' test -n "$url"
"$TOOLS/ask_lists" "$url" '&meal_time=lunch&k=10' 16 600 "$one" "$two" >asked.tsv 2>asked.log &
asker=$!

put() { cp "$1" new.tt && mv new.tt "${1#*/}"; }
version() { curl -s "$url/health/ready" | sed 's/.*"version":\([0-9]*\).*/\1/'; }
exchanged=0
for i in 2 3 4 5 6 7 8 9 10 11; do # by signal, in the right order and in the wrong one, and by nothing but time
    [ $((i % 2)) = 0 ] && next=two || next=one
    case $((i % 5)) in
    1|2) put $next/model.tt; put $next/stores.tt; kill -HUP $server ;;
    3) put $next/stores.tt; kill -HUP $server; put $next/model.tt; kill -HUP $server ;;
    4) put $next/model.tt; put $next/stores.tt ;;
    0) put $next/stores.tt; put $next/model.tt ;;
    esac
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        v=$(version); [ "${v:-0}" -lt $i ] || { exchanged=$((exchanged + 1)); break; }
        sleep 0.2
    done
done
t 'files are exchanged ten times' 0 10 '' echo $exchanged
kill -TERM $asker
wait $asker
t 'meanwhile no answer is wrong, mixed or lost' 0 0 '*' echo $?
sed 's/^/# /' asked.tsv asked.log
t 'and both models have answered' 0 2 '' sh -c "sed -n 2,3p asked.tsv | awk '\$2 > 0' | wc -l"
kill -TERM $server
wait $server
t 'SIGTERM ends it well' 0 0 '' echo $?
server= asker=
finish

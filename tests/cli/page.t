#!/bin/sh
# The page of tt-serve in a real browser: what it shows is what the JSON says. Needs Chromium and Python 3.
. "$(dirname "$0")/lib.sh"

page=$ROOT/lib/serve/page
not_ok 'no script or style within the HTML' \
    grep -Eiq '<style|<script[^>]*>[^<]|[[:space:]]on[a-z]+=|[[:space:]]style=' "$page/page.html"
not_ok 'nothing from elsewhere' grep -Eq 'https?://|@import|url\(' "$page/page.html" "$page/page.css"
not_ok 'no text becomes HTML' grep -Eq 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(' "$page/page.js"

cannot() { # reason
    skip 'the page in a browser' "$1"
    finish
}
for chromium in chromium chromium-browser google-chrome ''; do
    [ -z "$chromium" ] || command -v "$chromium" >/dev/null && break
done
[ "$chromium" ] || cannot 'Chromium is not installed'
"$chromium" --version >/dev/null 2>&1 || cannot 'Chromium does not start'
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || cannot 'Python 3 is not installed'

tt-gen -q --events 6K --n-users 300 --n-stores 120 --stores plain.csv |
    tt-feature --time visited_at --zone +09:00 --add meal_time >visits.csv
awk 'NR == 1 { print $0 ",name" } NR > 1 { print $0 ",가게 " NR }' plain.csv >stores.csv
tt-encode -q -s "$ROOT/pipelines/schemas/demo/meal_time.schema" --items stores.csv <visits.csv |
    tt-train -q --dim 16 --epochs 3 >model.tt
tt-encode -q --like model.tt --side item <stores.csv | tt-embed -q model.tt | tt-index -q >stores.tt

address_of() { # FILE: where the service listens, when it does
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        sed -n 's/^tt-serve: listening on //p' "$1" 2>/dev/null | grep . && return
        sleep 1
    done
    return 1
}
echo secret >token.txt
tt-serve --listen 127.0.0.1:0 --items stores.csv --seen visits.csv --events events.csv --zone +09:00 \
    model.tt stores.tt 2>serve.log &
server=$!
tt-serve --listen 127.0.0.1:0 --token token.txt model.tt stores.tt 2>guarded.log &
guarded=$!
trap 'kill "$server" "$guarded" 2>/dev/null; rm -rf "$TMP"' EXIT
address=$(address_of serve.log) && guarded_address=$(address_of guarded.log)
report $? 'the services listen'
mkdir browser
"$PYTHON" -B "$ROOT/tests/cli/page/click.py" "$chromium" "$TMP/browser" "$address" "$guarded_address" secret \
    >seen.txt 2>click.log
status=$?
tab=$(printf '\t')
while IFS=$tab read -r verdict name wrong; do
    [ "$verdict" = ok ] || show 'seen' "$wrong"
    [ "$verdict" = ok ]
    report $? "$name"
done <seen.txt
[ "$status" -eq 0 ] || show 'click.py' "$(tail -n 5 click.log)"
report "$status" 'to the end'
ok 'the events are in the log' sh -c '[ "$(tail -n +2 events.csv | wc -l)" -eq 2 ]'
finish

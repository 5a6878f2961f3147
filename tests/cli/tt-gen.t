#!/bin/sh
# tt-gen: the tables, their repeatability, the oracle, memory, and every error's text.
. "$(dirname "$0")/lib.sh"

common_tests tt-gen /dev/null -n 100000

tt-gen >default.csv
t 'the default world has 60,000 reviews' 0 '60001' '' sh -c 'wc -l <default.csv | tr -d " "'
t 'and this header' 0 'review_id,user_id,store_id,visited_at,rating' '' head -n 1 default.csv
form='^r[0-9]{8},u000[01][0-9]{3},s000[0-9]{3},2024-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+]09:00,[1-5]$'
export form
ok 'rows have their form' sh -c '! tail -n +2 default.csv | grep -Evq "$form"'
ok 'in the order of time' sh -c 'tail -n +2 default.csv | cut -d, -f4 | sort -c'
ok 'over 180 days' sh -c '[ "$(tail -n +2 default.csv | cut -c 29-38 | sort -u | wc -l)" -eq 180 ]'
t 'no events' 0 'review_id,user_id,store_id,visited_at,rating' '' tt-gen -n 0
t 'no ratings' 0 'review_id,user_id,store_id,visited_at' '' tt-gen -n 0 --rating no
t 'with texts' 0 'review_id,user_id,store_id,visited_at,rating,text' '' tt-gen -n 0 --text 0.5

# the same again, another seed, other numbers of events
tt-gen --stores s1 --users u1 -o r1 -n 500
tt-gen --stores s2 --users u2 -n 500 >r2
ok 'same seed, same reviews, with -o or without' cmp r1 r2
ok 'same stores' cmp s1 s2
ok 'same users' cmp u1 u2
tt-gen --stores s3 --users u3 --seed 2 -n 500 >r3
not_ok 'another seed, other reviews' cmp -s r1 r3
not_ok 'another seed, other stores' cmp -s s1 s3
not_ok 'another seed, other users' cmp -s u1 u3
tt-gen --stores s4 --users u4 -n 9 >/dev/null
ok 'another number of events leaves the stores' cmp s1 s4
ok 'and the users' cmp u1 u4
t 'stores' 0 'store_id,category,area,price
1001' '' sh -c 'head -n 1 s1; wc -l <s1 | tr -d " "'
ok 'rows of stores have their form' sh -c '! tail -n +2 s1 | grep -Evq "^s000[0-9]{3},[a-z ]+,[a-z ]+,[0-9]+$"'
t 'users' 0 'user_id,age,home_area
2001' '' sh -c 'head -n 1 u1; wc -l <u1 | tr -d " "'
ok 'rows of users have their form' sh -c '! tail -n +2 u1 | grep -Evq "^u000[01][0-9]{3},[1-7][0-9],[a-z ]+$"'
ok '20 categories, 8 areas' sh -c '[ "$(tail -n +2 s1 | cut -d, -f2 | sort -u | wc -l)" -eq 20 ] &&
    [ "$(tail -n +2 s1 | cut -d, -f3 | sort -u | wc -l)" -eq 8 ]'
tt-gen -n 2000 --rating no >bare
ok 'the rating column changes no other' sh -c 'tt-gen -n 2000 | cut -d, -f1-4 | cmp - bare'
ok 'ids grow with the world' sh -c 'tt-gen -n 1000 --n-users 100M | tail -n +2 | grep -Eq "^r[0-9]{8},u[0-9]{8},s"'

# texts survive a reader: one field a row, about the share that was asked for
tt-gen -n 2000 --text 0.5 --seed 3 >texts.csv
tt-feature --where text= texts.csv | tail -n +2 | wc -l >empty
ok 'half of the reviews have a text' sh -c '[ "$(cat empty)" -gt 880 ] && [ "$(cat empty)" -lt 1120 ]'
ok 'some with quotes, line breaks and Korean' sh -c \
    'grep -q "\"\"" texts.csv && [ "$(wc -l <texts.csv)" -gt 2100 ] && LC_ALL=C grep -q "$(printf "\353")" texts.csv'
tt-feature -t visited_at -z +09:00 texts.csv >f.csv
ok 'tt-feature finds the meal times of all' sh -c \
    'tt-feature --where "meal_time=breakfast|lunch|afternoon|dinner|night" f.csv | cmp - f.csv'

# zones
t 'the offset of a zone' 0 '-03:30' '' sh -c 'tt-gen -n 1 -z -03:30 | tail -n 1 | cut -d, -f4 | cut -c 20-'
if [ -r /usr/share/zoneinfo/Europe/Paris ]; then
    t 'offsets change with the season' 0 '+01:00
+02:00' '' sh -c 'tt-gen -n 2000 -z Europe/Paris --days 300 | tail -n +2 | cut -d, -f4 | cut -c 20- | sort -u'
fi

# the oracle
tt-gen --oracle >oracle
t 'the form of the oracle' 0 'metric k
best_top_k_accuracy 1
best_top_k_accuracy 5
best_top_k_accuracy 10
best_top_k_accuracy 20
best_top_k_accuracy_no_meal 1
best_top_k_accuracy_no_meal 5
best_top_k_accuracy_no_meal 10
best_top_k_accuracy_no_meal 20' '' sh -c 'cut -f 1,2 oracle | tr "\t" " "'
ok 'the same again' sh -c 'tt-gen --oracle | cmp - oracle'
ok 'the number of events does not matter' sh -c 'tt-gen --oracle -n 1 | cmp - oracle'
ok 'the meal time is worth 5 points at 10' awk \
    '$2 == 10 { v[$1] = $3 } END { exit !(v["best_top_k_accuracy"] > v["best_top_k_accuracy_no_meal"] + 0.05) }' oracle
tt-gen --oracle --meal-effect 0 >oracle0
ok 'without a meal effect it is worth nothing' sh -c \
    'grep -v no_meal oracle0 | tail -n +2 | cut -f 2- >x; grep no_meal oracle0 | cut -f 2- | cmp - x'
tt-gen --oracle --n-users 1M --zipf-users 0 | awk -F '\t' 'NR > 1 && !($4 < $3 && $3 < $5 && $6 == 20000)' >wrong
ok 'a sample has an interval' sh -c '[ ! -s wrong ]'

# A recommender that knows nothing but popularity stays below the oracle; the truth of it is in the unit tests.
ok 'the ten most popular stores stay below the oracle' sh -c 'tail -n +2 default.csv | cut -d, -f3 | sort | uniq -c |
    sort -rn | awk -v best="$(awk "\$2 == 10 { print \$3; exit }" oracle)" \
    "{ n += \$1; if (NR <= 10) top += \$1 } END { exit !(top / n > 0.04 && top / n < best) }"'

# memory: the same for a hundred times as many events, users far more than memory would hold
if (ulimit -v 40000 && tt-gen -n 1 >/dev/null) 2>/dev/null; then
    ok 'a million events and 500 million users within 40 MB' sh -c \
        'ulimit -v 40000; [ "$(tt-gen -n 1M --n-users 500M | wc -l)" -eq 1000001 ]'
fi

# wrong usage
usage() { # name error argument...
    u_name=$1 u_error=$2
    shift 2
    t "$u_name" 2 '' "tt-gen: $u_error
Try 'tt-gen --help'." tt-gen "$@"
}
usage 'no users' "--n-users: '0' is not a whole number from 1 to 999999999" --n-users 0
usage 'no stores' "--n-stores: '0' is not a whole number from 1 to 16777216" --n-stores 0
usage 'too many categories' "--categories: '1001' is not a whole number from 1 to 1000" --categories 1001
usage 'an effect above 1' "--meal-effect: '1.1' is not a number from 0 to 1" --meal-effect 1.1
usage 'an exponent below 0' "--zipf-users: '-1' is not a number from 0 to 4" --zipf-users -1
usage 'no number of events' "--events: '12x' is not a whole number from 0 to 2^53 - 1" --events 12x
usage 'no date' "--start: '2024-02-30' is not a date like 2024-01-01, from 1900 to 2200" --start 2024-02-30
usage 'days beyond the calendar' '--days: 367 days from 2200-01-01 lead beyond the year 2200' \
    --start 2200-01-01 --days 367
usage 'a wrong choice' "--rating: 'maybe' is not one of no, yes" --rating maybe
usage 'an operand' "unexpected operand 'x'" x
usage 'stores to standard output' \
    "--stores and --users need a file's name: standard output is for the reviews" --stores -
usage 'two tables in one file' '--output and --users are the same file' -o x --users x
usage 'two tables in one file under two names' '--output and --stores are the same file' -o z --stores ./z
usage 'two tables in one new file' '--stores and --users are the same file' --stores ../"${PWD##*/}"/z --users "$PWD/z"
t 'standard output is the file of --users' 2 '' '*' sh -c 'tt-gen --users z >z'
rm z
mkdir zones
t 'an unknown zone' 2 '' "tt-gen: zone 'Mars': not UTC, not an offset like +09:00, and not a zone in zones
Try 'tt-gen --help'." env TZDIR=zones tt-gen -z Mars
t 'a folder that is not there' 1 '' 'tt-gen: none/stores.csv: No such file or directory' \
    tt-gen --stores none/stores.csv
ok 'nothing is left behind' sh -c '[ -z "$(ls | grep tmp)" ]'

finish

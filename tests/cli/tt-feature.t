#!/bin/sh
# tt-feature: derived columns, what passes through untouched, and every error's text.
. "$(dirname "$0")/lib.sh"

cat >reviews.csv <<'END'
review_id,visited_at,price,text
r1,2024-03-01T12:34:56+09:00,9000,"good, ""really"""
r2,2024-03-02T22:00:00Z,15000,"two
lines"
r3,1709264096,30000,
END
common_tests tt-feature reviews.csv --time visited_at

t 'meal time in UTC is the default' 0 'review_id,visited_at,price,text,meal_time
r1,2024-03-01T12:34:56+09:00,9000,"good, ""really""",night
r2,2024-03-02T22:00:00Z,15000,"two
lines",night
r3,1709264096,30000,,night' '' tt-feature --time visited_at reviews.csv
t 'all fields in a zone, in the order asked for' 0 \
    'review_id,visited_at,price,text,date,hour,meal_time,weekday,weekend,month
r1,2024-03-01T12:34:56+09:00,9000,"good, ""really""",2024-03-01,12,lunch,fri,0,3
r2,2024-03-02T22:00:00Z,15000,"two
lines",2024-03-03,7,breakfast,sun,1,3
r3,1709264096,30000,,2024-03-01,12,lunch,fri,0,3' '' \
    tt-feature --time visited_at --zone +09:00 --add date,hour,meal_time,weekday,weekend,month reviews.csv
t 'borders of meal times' 0 'h,meal_time
0,late
6,day
22,late' '' sh -c 'printf "h\n0\n6\n22\n" | tt-feature --hour h --meals day=6,late=22'
t 'buckets alone' 0 'review_id,visited_at,price,text,price_bucket
r1,2024-03-01T12:34:56+09:00,9000,"good, ""really""",<10000
r2,2024-03-02T22:00:00Z,15000,"two
lines",10000-30000
r3,1709264096,30000,,>=30000' '' tt-feature --bucket price=10000,30000 reviews.csv
t 'where, either and both' 0 'review_id,visited_at,price,text
r3,1709264096,30000,' '' tt-feature --where 'review_id=r1|r3' --where price=30000 reviews.csv
t 'where it is not empty, and neither of two' 0 'user_id,store_id
u1,s1' '' sh -c "printf 'user_id,store_id\nu1,s1\n,s1\nu2,s2\nu2,s3\n' |
    tt-feature --where 'user_id!=' --where 'store_id!=s2|s3'"
t 'where nothing agrees' 0 'review_id,visited_at,price,text' '' tt-feature --where price=1 reviews.csv

# places
printf 'user,lat,lon,kind\na,40.7484,-73.9857,work\nb,40.7580,-73.9855,food\na,40.7485,-73.9856,food\na,0,0,food\n' >places.csv
t 'cells of two sizes' 0 'user,lat,lon,kind,cell_250,cell_4e3
a,40.7484,-73.9857,work,18124:-24930,1132:-1559
b,40.7580,-73.9855,food,18128:-24927,1133:-1558
a,40.7485,-73.9856,food,18124:-24930,1132:-1559
a,0,0,food,0:0,0:0' '' tt-feature --cell lat,lon=250,4e3 places.csv
t 'the row before' 0 'user,lat,lon,kind,previous_kind,previous_lat
a,40.7484,-73.9857,work,,
b,40.7580,-73.9855,food,,
a,40.7485,-73.9856,food,work,40.7484
a,0,0,food,food,40.7485' '' tt-feature --previous kind,lat --by user places.csv
t 'of the rows that are written' 0 'user,lat,lon,kind,previous_lat
b,40.7580,-73.9855,food,
a,40.7485,-73.9856,food,
a,0,0,food,40.7485' '' tt-feature -p lat --by user -w kind=food places.csv
t 'of all, with a second one' 0 'user,lat,lon,kind,previous_lat
b,40.7580,-73.9855,food,
a,40.7485,-73.9856,food,40.7484
a,0,0,food,40.7485' '' sh -c 'tt-feature -p lat --by user places.csv | tt-feature -w kind=food'
t 'cells last but for the row before' 0 'h	y	x	k	meal_time	k_bucket	cell_9	previous_k
5	0	0	a\tb	breakfast		0:0	
5	0	0	2	breakfast	>=1	0:0	a\tb' "tt-feature: 1 bad field left empty, the first: <stdin>:2: field 'k': 'a\x09b' is not a number" sh -c \
    'printf "h\ty\tx\tk\n5\t0\t0\ta\\\\tb\n5\t0\t0\t2\n" | tt-feature -H h -c y,x=9 -p k --by h -b k=1 --bad empty'
t 'a bad latitude' 1 '*' "tt-feature: <stdin>:2: field 'y': '90.1' is not a latitude from -90 to 90" \
    sh -c 'printf "y,x\n90.1,0\n" | tt-feature -c y,x=9'
t 'a bad longitude' 1 '*' "tt-feature: <stdin>:2: field 'x': '' is not a longitude from -180 to 180" \
    sh -c 'printf "y,x\n0,\n" | tt-feature -c y,x=9'
t 'left empty' 0 'y,x,cell_9,cell_8
0,,,
0,0,0:0,0:0' "tt-feature: 1 bad field left empty, the first: <stdin>:2: field 'x': '' is not a longitude from -180 to 180" \
    sh -c 'printf "y,x\n0,\n0,0\n" | tt-feature -c y,x=9,8 --bad empty'
t 'a previous one that exists already' 1 '' "tt-feature: <stdin>:1: a column 'previous_y' exists already" \
    sh -c 'printf "y,previous_y\n" | tt-feature -p y --by y'
t 'no such column to group by' 1 '' "tt-feature: places.csv: no column 'who' (there are: user, lat, lon, kind)" \
    tt-feature -p kind --by who places.csv

# local times of zones, in winter and summer
if [ -r /usr/share/zoneinfo/America/New_York ]; then
    t 'daylight saving time' 0 't,date,hour
2024-03-10T06:59:59Z,2024-03-10,1
2024-03-10T07:00:00Z,2024-03-10,3
2024-11-03T05:59:59Z,2024-11-03,1
2024-11-03T06:00:00Z,2024-11-03,1
2100-07-01T00:00:00Z,2100-06-30,20' '' sh -c 'printf "%s\n" t 2024-03-10T06:59:59Z 2024-03-10T07:00:00Z \
        2024-11-03T05:59:59Z 2024-11-03T06:00:00Z 2100-07-01T00:00:00Z |
        tt-feature -t t -z America/New_York -a date,hour'
    t 'a local time is taken as it is' 0 't,hour
2024-03-10 02:30:00,2' '' sh -c 'printf "t\n2024-03-10 02:30:00\n" | tt-feature -t t -z America/New_York -a hour'
fi

# formats
printf 't\tx\n2024-03-01 07:00\ta\\tb\n' >in.tsv
t 'TSV in, TSV out' 0 't	x	meal_time
2024-03-01 07:00	a\tb	breakfast' '' tt-feature -t t in.tsv
printf 't,x\r\n2024-03-01 07:00,1\r\n2024-03-01 12:00,2' >crlf.csv
printf 't,x,meal_time\r\n2024-03-01 07:00,1,breakfast\r\n2024-03-01 12:00,2,lunch\r\n' >crlf.expected
tt-feature -t t crlf.csv >crlf.out
ok 'CRLF is kept, and a line end that is missing is added' cmp crlf.out crlf.expected
printf '\357\273\277t\n0\n' >bom.csv
t 'a byte order mark is passed over' 0 't,hour
0,0' '' tt-feature -t t -a hour bom.csv
printf 't,x' >header.csv
t 'a header alone' 0 't,x,meal_time' '' tt-feature -t t header.csv
tt-feature -t visited_at reviews.csv >a
tt-feature -t visited_at <reviews.csv >b
ok 'a file and standard input give the same' cmp a b
# shellcheck disable=SC2002
cat reviews.csv | tt-feature -t visited_at - >b
ok 'a pipe gives the same' cmp a b
tt-feature -t visited_at -o b reviews.csv
ok '-o gives the same' cmp a b
sed 's/,[a-z_]*$//' a >bare
ok 'without the new column it is the input' cmp bare reviews.csv

# bad fields
printf 't,p\n0,1\n2024-02-30,2\nx,y\n' >bad.csv
t 'a bad time is an error' 1 '*' "tt-feature: bad.csv:3: field 't': '2024-02-30' is not a date that exists" \
    tt-feature -t t bad.csv
t 'a bad number is an error' 1 '*' "tt-feature: bad.csv:4: field 'p': 'y' is not a number" tt-feature -b p=2 bad.csv
t 'bad fields may be left empty' 0 't,p,meal_time,p_bucket
0,1,night,<2
2024-02-30,2,,>=2
x,y,,' "tt-feature: 3 bad fields left empty, the first: bad.csv:3: field 't': '2024-02-30' is not a date that exists" \
    tt-feature -t t -b p=2 --bad empty bad.csv
t 'one bad field, quietly' 0 'h,meal_time
24,' '' sh -c 'printf "h\n24\n" | tt-feature -H h --bad empty -q'
t 'a bad hour' 1 '*' "tt-feature: <stdin>:2: field 'h': '24' is not an hour from 0 to 23" \
    sh -c 'printf "h\n24\n" | tt-feature -H h'
t 'a time of day that is none' 1 '*' \
    "tt-feature: <stdin>:2: field 't': '2024-03-01T24:00' is not a time of day from 00:00:00 to 23:59:59" \
    sh -c 'printf "t\n2024-03-01T24:00\n" | tt-feature -t t'
t 'milliseconds are out of range' 1 '*' \
    "tt-feature: <stdin>:2: field 't': '1709264096000' as seconds since 1970 is not in the years 1900 to 2200" \
    sh -c 'printf "t\n1709264096000\n" | tt-feature -t t'
t 'an empty time' 1 '*' \
    "tt-feature: <stdin>:3: field 't': '' is not a time (epoch seconds, or like 2024-03-01T12:34:56+09:00)" \
    sh -c 'printf "t,x\n0,1\n,2\n" | tt-feature -t t'

# inputs that are refused
t 'no such column' 1 '' "tt-feature: reviews.csv: no column 'time' (there are: review_id, visited_at, price, text)" \
    tt-feature -t time reviews.csv
t 'a column that exists already' 1 '' "tt-feature: <stdin>:1: a column 'hour' exists already" \
    sh -c 'printf "t,hour\n" | tt-feature -t t -a hour'
t 'a bucket that exists already' 1 '' "tt-feature: <stdin>:1: a column 'p_bucket' exists already" \
    sh -c 'printf "p,p_bucket\n" | tt-feature -b p=1'
t 'a row of another length' 1 '*' 'tt-feature: <stdin>:3: expected 2 fields, found 3' \
    sh -c 'printf "t,x\n0,1\n0,1,2\n" | tt-feature -t t'
t 'a quote that is never closed' 1 '*' 'tt-feature: <stdin>:2: a quoted field that is never closed' \
    sh -c 'printf "t,x\n0,\"1\n" | tt-feature -t t'
t 'a NUL byte' 1 '*' 'tt-feature: <stdin>:2: a NUL byte (is this a text file?)' \
    sh -c 'printf "t,x\n0,\0001\n" | tt-feature -t t'
t 'an empty file' 1 '' "tt-feature: <stdin>:1: empty: a header line with the columns' names is needed" \
    sh -c 'tt-feature -t t </dev/null'
t 'no such file' 1 '' 'tt-feature: none.csv: No such file or directory' tt-feature -t t none.csv
tt-feature -t t -o partial.csv bad.csv 2>/dev/null
ok 'nothing is left of an output that failed' sh -c '[ -z "$(ls partial.csv* 2>/dev/null)" ]'

# wrong usage
usage() { # name error argument...
    u_name=$1 u_error=$2
    shift 2
    t "$u_name" 2 '' "tt-feature: $u_error
Try 'tt-feature --help'." tt-feature "$@" reviews.csv
}
usage 'nothing to do' 'nothing to do: give --time, --hour, --bucket, --cell, --previous or --where'
usage 'previous by nothing' '--previous and --by belong together' --previous price
usage 'nothing by something' '--previous and --by belong together' --by price -w price=1
usage 'previous of one column twice' "--previous, --by: 'price' is given twice" --previous price,price --by text
usage 'cells of no size' "--cell: 'a,b': expected LATITUDE,LONGITUDE=METRES,..." -c a,b
usage 'cells of one column' "--cell: 'a=5': expected LATITUDE,LONGITUDE=METRES,..." -c a=5
usage 'cells too small' "--cell: 'a,b=5,0.5': '0.5' is not a number of metres from 1 to 1000000" -c a,b=5,0.5
usage 'cells twice' "--cell: '5' is given twice" -c a,b=5,5
usage 'a misspelt name' "--add: 'mealtime' is not one of meal_time, hour, weekday, weekend, date, month" \
    -t visited_at -a mealtime
usage 'a name twice' "--add: 'hour' is given twice" -t visited_at -a hour,hour
usage 'times and hours' '--time and --hour exclude each other' -t visited_at -H price
usage 'an hour has no weekday' '--add: --hour gives meal_time only; the others need --time' -H price -a weekday
usage 'a zone for hours' '--zone needs --time' -H price -z UTC
usage 'a zone for nothing' '--zone needs --time' -b price=1 -z UTC
usage 'meals for nothing' '--meals needs --time or --hour' -b price=1 -m a=1
usage 'borders that fall' "--meals: 'b=4': the hours do not rise" -t visited_at -m a=5,b=4
usage 'a border that is no hour' "--meals: 'a=24': the hour is a whole number from 0 to 23" -t visited_at -m a=24
usage 'a bucket without borders' "--bucket: 'price': expected COLUMN=NUMBER,NUMBER,..." -b price
usage 'borders that are no numbers' "--bucket: 'price=1,b': 'b' is not a number" -b price=1,b
usage 'a condition without a value' "--where: 'price': expected COLUMN=VALUE or COLUMN!=VALUE" -w price
usage 'a wrong choice' "--bad: 'skip' is not one of error, empty" -t visited_at --bad skip
mkdir zones
t 'an unknown zone' 2 '' "tt-feature: zone 'Asia/Soul': not UTC, not an offset like +09:00, and not a zone in zones
Try 'tt-feature --help'." env TZDIR=zones tt-feature -t visited_at -z Asia/Soul reviews.csv
t 'a zone that leads out of the database' 2 '' \
    "tt-feature: zone '../x': not UTC, not an offset like +09:00, and not a zone in zones
Try 'tt-feature --help'." env TZDIR=zones tt-feature -t visited_at -z ../x reviews.csv
t 'no database' 1 '' "tt-feature: zone 'Asia/Seoul': TZDIR is 'nowhere', which is not a folder" \
    env TZDIR=nowhere tt-feature -t visited_at -z Asia/Seoul reviews.csv
echo no >zones/Broken
t 'a damaged zone' 1 '' 'tt-feature: zones/Broken: not a usable TZif file: no TZif header' \
    env TZDIR=zones tt-feature -t visited_at -z Broken reviews.csv

# cut anywhere, the input gives an error or a whole table, never a crash
status=0
size=$(wc -c <reviews.csv)
i=1
while [ "$i" -lt "$size" ]; do
    head -c "$i" reviews.csv | tt-feature --bad empty -q -t visited_at >out 2>err
    code=$?
    [ "$code" -le 1 ] || status=1
    [ "$code" -eq 0 ] || [ -s err ] || status=1
    i=$((i + 1))
done
report "$status" 'an input cut at any byte is a table or an error'

finish

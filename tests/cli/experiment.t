#!/bin/sh
# make experiment: does a feature help? From tables and schemas to a report: its figures are those of tt-eval and tt-compare, its
# bytes do not depend on how much runs at once, and only what changed is made again.
. "$(dirname "$0")/lib.sh"
if ! command -v gnuplot >/dev/null; then
    skip 'make experiment' 'gnuplot is not installed'
    finish
fi

tt-gen -q --events 3K --n-users 150 --n-stores 60 --stores stores.csv |
    tt-feature --time visited_at --zone +09:00 >visits.csv
demo=$ROOT/pipelines/schemas/demo
cp "$demo/baseline.schema" base.schema
cp "$demo/meal_time.schema" 'a&b.schema'

experiment() { # further arguments of make
    make -s -f "$ROOT/pipelines/run.mk" TT="$BIN" REVIEWS=visits.csv ITEMS=stores.csv OUT=out SEEDS=2 JOBS=1 \
        SCHEMAS='base.schema a&b.schema' SLICES='meal_time category known' TRAIN_OPTIONS='--dim 8 --epochs 2' "$@" report
}
ok 'an experiment, four programs at a time' experiment -j 4
mv out out.four
ok 'and one at a time' experiment
for f in report.tsv report.txt report.html table.txt metrics.tsv models.tsv slices.tsv slice_differences.tsv curves.tsv differences.keep.svg \
    differences.keep.png slice.category.svg slice.category.png accuracy.svg loss.png; do
    ok "$f: the same bytes" cmp out/$f out.four/$f
done
ls -l --time-style=full-iso out >first
ok 'again' experiment
ls -l --time-style=full-iso out >second
ok 'makes nothing again' cmp first second

# The figures.
not_ok 'each seed is another training' cmp -s out/base.seed1.keep.recs.tsv out/base.seed2.keep.recs.tsv
awk -F'\t' '$2 == "top_k_accuracy" && $3 == 10 && $1 ~ /^(base|a&b).seed/ { sub(/.seed.*/, "", $1); m[$1] += $4 / 2 }
    END { printf "%.5f\n", m["a&b"] - m["base"] }' out/metrics.tsv >difference
t 'report.tsv has the difference of the means' 0 "keep first a&b base $(cat difference) 2 2" '' \
    awk -F'\t' '$3 == "a&b" { printf "%s %s %s %s %.5f %s %s\n", $1, $2, $3, $4, $9, $18, $19 }' out/report.tsv
t 'lists without learning are compared, too' 0 'references popular
references own_frequent' '' sh -c "cut -f 2,3 out/report.tsv | grep references | tr '\t' ' '"
awk -F'\t' '$3 == "a&b" { printf "%+.4f [%+.4f, %+.4f]\n", $9, $10, $11 }' out/report.tsv >expected
t 'table.txt prints it' 0 "$(cat expected)" '' sh -c "grep '^a&b ' out/table.txt | grep -o '[-+][0-9.]* \\[.*[-+][0-9.]*\\]'"
awk -F'\t' '$3 == "a&b" { printf "%+.2f %+.2f to %+.2f\n", 100 * $9, 100 * $10, 100 * $11 }' out/report.tsv >expected
t 'and its sentences' 0 "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $2 == "first" { print $at["answer"], $at["reason"] }' out/report.tsv)" '' \
    sh -c "awk 'NF == 0 { if (n++) exit } n && NF' out/report.txt | tr '\n' ' ' | sed 's/  */ /g; s/ \$//'; echo"
t 'report.txt prints it in points' 0 "$(cat expected)" '' sh -c "grep '^a&b - base' out/report.txt | awk '{ print \$4, \$5, \$6, \$7 }'"
awk -F'\t' '$2 == "category" && $3 == "korean" && $4 == "top_k_accuracy" && $5 == 10 { s += $6 / 2; n = $9 }
    END { printf "%d %.4f\n", n, s }' out/a\&b.seed1.keep.slices.tsv out/a\&b.seed2.keep.slices.tsv >expected
t 'slices are means over the seeds, of so many events' 0 "$(cat expected)" '' \
    sh -c "awk '\$1 == \"korean\" && NF == 5 { print \$2, \$4 }' out/report.txt"
t 'all events are in the parts of a slice' 0 "$(tail -n +2 out/test.csv | wc -l)" '' \
    awk -F'\t' '$2 == "base" && $3 == "category" { n += $13 } END { print n }' out/slices.tsv
# Of each part with two users or more: the difference of its means, to all digits that are printed.
awk -F'\t' '$5 == "top_k_accuracy" && $6 == 10 { if ($2 == "base") base[$3 " " $4] = $7; else with[$3 " " $4] = $7 }
    END { for (q in base) printf "%s %.6f\n", q, with[q] - base[q] }' out/slices.tsv | sort >expected
t 'differences in parts are those of their means' 0 "$(cat expected)" '' \
    sh -c "awk -F'\t' 'NR > 1 { printf \"%s %s %.6f\n\", \$1, \$2, \$9 }' out/slice_differences.tsv | sort"
t 'p is corrected for all of them' 0 '' '' awk -F'\t' 'NR > 1 { n++; if (n == 1 || $12 < p) { p = $12; holm = $13 } }
    END { if (holm < 0.999 * (n * p < 1 ? n * p : 1)) print n, p, holm }' out/slice_differences.tsv
awk -F'\t' '$2 == "korean" { printf "%+.2f [%+.2f, %+.2f]\n", 100 * $9, 100 * $10, 100 * $11 }' out/slice_differences.tsv >expected
t 'report.txt has their intervals' 0 "$(cat expected)" '' sh -c "grep '^korean .*\\[' out/report.txt | grep -o '[-+][0-9.]* \\[.*\\]'"
ok 'a verdict comes first' sh -c "sed -n 3p out/report.txt | grep -q -e '^a&b: cannot tell' -e '^a&b helps' -e '^a&b hurts'"
ok 'report.txt fits 100 columns' sh -c '! grep -q ".\{101\}" out/report.txt'
ok 'it names what the schema adds' grep -qxF 'a&b, beside base: + item category category; + user meal_time context' out/report.txt

# The page.
t 'the page names its schemas as texts' 1 '0' '' grep -c 'a&b' out/report.html
ok 'they are there' grep -q 'a&amp;b - base' out/report.html
t 'the page asks nothing from elsewhere' 0 '' '' sh -c "grep -oE '(src|href)=.[^#][^\"]*' out/report.html | grep -v '^href=.time.svg' || true"
t 'plots are in it' 0 '6' '' grep -c '^<svg ' out/report.html
t 'no two marks of them have a name' 0 '' '' sh -c "grep -oE \" id=['\\\"][^'\\\"]*['\\\"]\" out/report.html | sort | uniq -d"
ok 'its tags are closed' sh -c "for tag in table tbody tr td th dl dt dd ul li p figure div svg g main body html; do
    [ \$(grep -oE \"<\$tag[ >]\" out/report.html | wc -l) -eq \$(grep -o \"</\$tag>\" out/report.html | wc -l) ] || { echo \$tag; exit 1; }; done"
ok 'seconds are not in it' sh -c '! grep -q "seconds of training<" out/report.html && grep -q "seconds of training" out/time.svg'

# A schema that changed: its runs alone are made again.
touch stamp 'a&b.schema'
ok 'a schema that changed' experiment
t 'is trained again, and no other' 0 'out/a&b.seed1.model.tt
out/a&b.seed2.model.tt' '' sh -c 'find out -name "*.model.tt" -newer stamp | sort'
ok 'the report is the same' cmp out/report.html out.four/report.html
touch stamp
ok 'another comparison' experiment AGAINST='first all'
t 'trains nothing' 0 '' '' sh -c 'find out -name "*.tt" -newer stamp'
t 'and is in the report' 0 '2' '' grep -c '^a&b - base' out/report.txt
ok 'no slices' experiment SLICES=
not_ok 'are no part of the report' grep -q Slices out/report.txt
cp base.schema third.schema
echo 'item area category' >>third.schema
ok 'a third schema' experiment SCHEMAS='base.schema third.schema a&b.schema' SEEDS=1
t 'is compared with the one before, too' 0 'first third base
first a&b base
previous a&b third' '' sh -c "grep -v -e ^lists -e references out/report.tsv | cut -f 2-4 | tr '\t' ' '"
ok 'one schema' experiment SCHEMAS=base.schema
ok 'has nothing to be compared with' grep -q 'There is one schema' out/report.txt

# What cannot work is refused before anything is trained.
refuse() { # name message arguments...
    r_name=$1 r_message=$2
    shift 2
    experiment OUT=refused "$@" >"$TMP/.out" 2>&1
    [ $? -eq 2 ] && grep -qF -- "$r_message" "$TMP/.out" && ! ls refused/*.model.tt >/dev/null 2>&1
    report $? "refused: $r_name"
}
refuse 'a slice that no file has' "slice 'wether': no such column in" SLICES='meal_time wether'
refuse 'a slice that is no name of a file' "SLICES: a column with '/' in its name" SLICES=a/b
refuse 'a comparison with nothing' "AGAINST: 'last' is not one of first previous all" AGAINST=last
refuse 'no comparison' 'AGAINST: one or more of first previous all' AGAINST=
refuse 'no schemas' 'SCHEMA=my.schema is needed' SCHEMAS=
cp base.schema popular.schema
refuse 'a schema called as the lists without learning' "'popular' is what lists without learning are called" \
    SCHEMAS='base.schema popular.schema'
cp base.schema 'a=b.schema'
refuse 'a name that is not one for tt-compare' "the name of a schema cannot have '='" SCHEMAS='base.schema a=b.schema'
refuse 'no number of seeds' "SEEDS: 'many' is not a whole number" SEEDS=many
finish

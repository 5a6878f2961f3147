#!/bin/sh
# tt-compare: columns, verdicts, text, every error, and the same bytes for any number of threads.
. "$(dirname "$0")/lib.sh"

tab() { # lines with blanks between fields, to TSV
    tr ' ' '\t'
}

# A training of 120 users, 4 events each, made up: GAIN is what the model hits more often, of 100; SEED shifts it a little.
run() { # gain seed
    awk -v gain="$1" -v seed="$2" 'BEGIN {
        OFS = "\t"
        print "user", "n", "top_k_accuracy@5", "top_k_accuracy@10", "recall@10"
        for (u = 0; u < 120; u++) {
            hits = 0
            for (e = 0; e < 4; e++)
                hits += (u * 37 + e * 53) % 100 < 20 + gain + ((u + seed) % 7 == 0 ? 30 : 0)
            print "u" u, 4, hits / 4, (hits < 4 ? hits + 1 : 4) / 4, hits / 4
        }
    }'
}
for seed in 1 2 3; do
    run 0 $seed >base.$seed
    run 0 $((seed + 3)) >same.$seed
    run 12 $seed >more.$seed
done
base='base=base.1 base=base.2 base=base.3'
same='same=same.1 same=same.2 same=same.3'
more='more=more.1 more=more.2 more=more.3'
column() { # names of columns: those of standard input, a line a row
    awk -F '\t' -v names="$*" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
        { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? " " : "\n" }'
}
said() { # columns, arguments of tt-compare
    s_columns=$1
    shift
    tt-compare -q "$@" | column $s_columns
}

t 'the columns' 0 "$(echo 'model base metric k value base_value difference low high p p_holm cohens_d users_part' \
    'seeds_part degrees seeds base_seeds users n power detectable more_n needs_seeds verdict answer reason' | tab)" '' \
    sh -c "tt-compare $base $more | head -n 1"
t 'more is better, and the other is not known to be' 0 'same base top_k_accuracy 5 3 3 120 480 cannot_tell
more base top_k_accuracy 5 3 3 120 480 helps' '' \
    said 'model base metric k seeds base_seeds users n verdict' $base $same $more
t 'the other way round it hurts' 0 'base more hurts' '' said 'model base verdict' $more $base

# Three users by hand: hits 3 of 4 against 1 of 4 of users with 2, 1, 1 events; 2 of the 8 exchanges are as far as 0.5.
tab >hand.1 <<'END'
user n top_k_accuracy@5 mrr@5
ann 2 1 0.5
bob 1 1 1
eve 1 0 0
END
tab >hand.2 <<'END'
user n top_k_accuracy@5 mrr@5
ann 2 0.5 0.25
bob 1 0 0.5
eve 1 0 0
END
t 'figures by hand: a mean over events, and one over queries' 0 'top_k_accuracy 0.75 0.25 0.5 4 3
mrr 0.5 0.25 0.25 3 3' '' \
    said 'metric value base_value difference n users' -m top_k_accuracy@5,mrr@5 old=hand.2 new=hand.1
t 'p is near that of all exchanges' 0 1 '' sh -c "tt-compare --permutations 100K old=hand.2 new=hand.1 |
    awk -F '\t' 'NR == 2 { print (\$10 > 0.49 && \$10 < 0.51) }'"
t 'one training each: nothing of seeds, no verdict' 0 '- - 1 1 cannot_tell' '' \
    said 'seeds_part needs_seeds seeds base_seeds verdict' base=base.1 more=more.1
t 'a difference that would matter, and is not there' 0 'same' '' said verdict --effect 0.2 $base $same
t 'a greater difference takes less' 0 1 '' sh -c "for d in 0.1 0.01; do tt-compare --effect \$d $base $same; done |
    awk -F '\t' '\$1 == \"same\" { power[++n] = \$20 } END { print (power[1] > 0.9 && power[2] < 0.5) }'"

# --- which with which ---
t '--against first' 0 'same base
more base' '' said 'model base' --against first $base $same $more
t '--against previous' 0 'same base
more same' '' said 'model base' --against previous $base $same $more
t '--against all, metric by metric' 0 'same base top_k_accuracy 10
more base top_k_accuracy 10
more same top_k_accuracy 10
same base recall 10
more base recall 10
more same recall 10' '' said 'model base metric k' --against all -m top_k_accuracy@10,recall@10 $base $same $more
ok 'operands in another order, files of a model apart' sh -c "tt-compare $base $more >a
    tt-compare base=base.1 more=more.1 base=base.2 more=more.2 base=base.3 more=more.3 >b; cmp a b"
ok 'p is corrected for all comparisons' sh -c "tt-compare -m top_k_accuracy@5,recall@10 $base $same $more |
    awk -F '\t' 'NR > 1 { n++; above += \$11 > \$10 || \$11 == 1 } END { exit n != 4 || above < 3 }'"

# Seeds that do the same to both models: in pairs nothing of them is left.
for seed in 1 2 3; do
    awk -F '\t' -v OFS='\t' -v seed=$seed 'NR > 1 { $3 = (NR + 0 < 40 * seed) * 0.5 } 1' base.1 >pair.a.$seed
    awk -F '\t' -v OFS='\t' 'NR % 6 == 0 { $3 += 0.25 } 1' pair.a.$seed >pair.b.$seed
done
pairs='a=pair.a.1 a=pair.a.2 a=pair.a.3 b=pair.b.1 b=pair.b.2 b=pair.b.3'
t 'alone they cannot tell' 0 'cannot_tell' '' said verdict $pairs
t '--paired: the seeds are alike in both' 0 '0 helps' '' said 'seeds_part verdict' --paired $pairs

# --- a model with a context has other queries ---
awk 'BEGIN { OFS = "\t" } NR == 1 { $1 = "user\tmeal"; print; next }
    { hit = $3 > 0; print $1, "lunch", 1, hit, 1, 1; print $1, "dinner", 3, (4 * $3 - hit) / 3, 1, 1 }' base.1 >meal.1
t 'runs with other keys are joined by user' 0 '0 base 480' '' said 'difference base n' base=base.1 base=base.1 \
    meal=meal.1 meal=meal.1
t 'their means over queries are not compared' 1 '' "tt-compare: meal.1:1: other key columns than in 'base.1', so other \
queries: 'recall@10' is a mean over queries; only top_k_accuracy@K can be compared, or means by user" \
    tt-compare -m recall@10 base=base.1 meal=meal.1

t '--by-user: a user is the mean of their queries, whatever these are' 0 'mrr 0.6 0.5 2' '' sh -c "
    printf 'user\tn\tmrr@5\nann\t2\t0.25\nbob\t1\t0.75\n' >users.1
    printf 'user\tmeal\tn\tmrr@5\nann\tlunch\t1\t0.4\nbob\tlunch\t1\t1\nann\tdinner\t1\t0\n' >users.2
    tt-compare --by-user old=users.1 new=users.2 | awk -F'\t' 'NR == 2 { print \$3, \$5, \$6, \$19 }'"

# --- slices ---
# What is found in a part is what is found where there are no other events.
for seed in 1 2 3; do
    for model in base more; do
        awk -v seed=$seed -v model=$model 'BEGIN {
            OFS = "\t"
            print "user", "item", "rank", "slice:day", "slice:known"
            for (e = 0; e < 60; e++) {
                rank = (e % 17 * 5 + e % 13 + seed + (model == "more") * 11) % 17 + 1
                print "u" e % 13, "i" e % 17, (rank > 15 ? "-" : rank), (e % 3 ? "Mon" : "Tue"), \
                    (e == 0 ? "never" : e % 4 ? "new" : "known")
            }
        }' >event.$model.$seed
        awk -F'\t' -v OFS='\t' 'NR == 1 { print "user", "n", "top_k_accuracy@5"; next }
            $4 == "Mon" { if (!n[$1]++) user[++users] = $1; hits[$1] += $3 != "-" && $3 <= 5 }
            END { for (u = 1; u <= users; u++) print user[u], n[user[u]], sprintf("%.9g", hits[user[u]] / n[user[u]]) }' \
            event.$model.$seed >monday.$model.$seed
    done
done
events='base=event.base.1 base=event.base.2 base=event.base.3 more=event.more.1 more=event.more.2 more=event.more.3'
tt-compare -q -m top_k_accuracy@5 --slices $events >slices
t '--slices: a line for each part' 0 'day Tue more base
day Mon more base
known never more base
known new more base
known known more base' '' sh -c 'sed 1d slices | cut -f 1-4 | tr "\t" " "'
tt-compare -q $(echo $events | sed 's/event/monday/g') | cut -f 1-10,12-23 >expected
t 'a part is compared as if there were no other events' 0 "$(cat expected)" '' \
    sh -c "awk 'NR == 1 || \$2 == \"Mon\"' slices | cut -f 3-12,14-25"
t 'p is corrected for all parts' 0 '' '' awk -F'\t' 'NR > 1 && $12 != "-" { n++; if (n == 1 || $12 < p) { p = $12; holm = $13 } }
    END { if (n != 4 || holm < 0.999 * (n * p < 1 ? n * p : 1)) print n, p, holm }' slices
t 'of a single user there is only the difference' 0 '- - - 1 cannot_tell' '' \
    sh -c 'awk -F"\t" "\$2 == \"never\" { print \$10, \$12, \$13, \$20, \$26 }" slices'
t 'any metric' 0 'recall 10 Tue
mrr 5 Tue
recall 10 Mon
mrr 5 Mon' '' sh -c "tt-compare -m recall@10,mrr@5 --slices $events | awk -F'\t' '\$1 == \"day\" { print \$5, \$6, \$2 }'"
for seed in 1 2 3; do
    awk -F'\t' -v OFS='\t' '{ $1 = $1 OFS (NR == 1 ? "meal" : NR % 2 ? "lunch" : "dinner") } 1' event.more.$seed >meal.more.$seed
done
meals=$(echo $events | sed 's/event.more/meal.more/g')
t 'events of other queries: accuracy' 0 '' '' sh -c "tt-compare -m top_k_accuracy@5 --slices $meals | cmp - slices"
t 'but not means over queries' 1 '' "tt-compare: meal.more.1: other queries than in 'event.base.1': 'mrr@5' is a mean over queries; \
only top_k_accuracy@K can be compared, or means by user" tt-compare -m mrr@5 --slices $meals
ok 'unless by user' sh -c "tt-compare -m mrr@5 --by-user --slices $meals >/dev/null"
t 'other events' 1 '' "tt-compare: few:3: not the event that 'event.base.1' has at this place, with its parts: runs are compared over \
the same test events" sh -c "sed 2d event.more.1 | sed '2s/.*/u0\ti0\t1\tTue\tnever/' >few
    tt-compare -m mrr@5 --slices base=event.base.1 more=few"

# --- text ---
t 'sentences and a table' 0 '*' '' tt-compare --text $base $same $more
tt-compare --text $base $same $more >text
ok 'the sentences' sh -c 'grep -Eq "^more helps: top_k_accuracy@5 \+[0-9.]+ points over base \(95 % interval" text &&
    grep -Eq "^same: cannot tell\. top_k_accuracy@5 [-+][0-9.]+ points over base" text'
ok 'the table' sh -c 'grep -q "^top_k_accuracy@5 in %, 480 test events of 120 users$" text &&
    grep -Eq "^  more +base +[0-9.]+ +[0-9.]+ +\+[0-9.]+ +[0-9.]+ +[0-9]+ % +[0-9]+ %$" text'
long=$(printf 'x%.0s' $(seq 130))
accents=$(printf '\303\251%.0s' $(seq 40))
t 'no line beyond 100 characters, with long names too' 0 '' '' sh -c "tt-compare --text \
    '$long=base.1' '$long=base.2' 'two words in a name that is long=same.1' '$accents=more.1' '$accents=more.2' |
    sed 's/\o303\o251/e/g' | awk 'length > 100'"
t 'names are cut between characters' 0 '' '' sh -c "tt-compare --text '$long=base.1' '$accents=more.1' |
    iconv -f UTF-8 -t UTF-8 2>&1 >/dev/null"
t 'a model that is the base' 0 'b: cannot tell. top_k_accuracy@5 +0.00 points over a (95 % interval +0.00 to +0.00, p = 1.00, 2
seeds).' '' sh -c 'tt-compare --text a=base.1 a=base.2 b=base.1 b=base.2 | head -n 2'

# --- the same bytes ---
tt-compare -j 1 --against all $base $same $more >j1
for j in 2 3 0; do
    ok "-j $j gives the same bytes" sh -c "tt-compare -j $j --against all $base $same $more | cmp - j1"
done
ok 'seed 1 is the default' sh -c "tt-compare --seed 1 --against all $base $same $more | cmp - j1"
not_ok 'another seed, another interval' sh -c "tt-compare --seed 2 --against all $base $same $more | cmp -s - j1"
ok '-o FILE' sh -c "tt-compare -o out --against all $base $same $more && cmp out j1"
ok 'a file by a pipe' sh -c 'tt-compare base=base.1 more=more.1 >a; tt-compare base=base.1 more=- <more.1 | cmp - a'
ok '--verbose tells the seconds' sh -c "tt-compare -v $base $more 2>&1 >/dev/null |
    grep -Eq '^tt-compare: read in [0-9.]+ s, compared in [0-9.]+ s$'"
ok 'a name is escaped' sh -c 'tt-compare base=base.1 "a	b=more.1" | tail -n 1 | grep -q "^a.tb	base"'

# --- errors ---
refused() { # name message; the second file on standard input
    tab >bad
    t "$1" 1 '' "tt-compare: $2" tt-compare -m top_k_accuracy@5 old=hand.1 new=bad
}
over='runs are compared over the same test rows'
refused 'rows that differ' "bad:3: not the query that 'hand.1' has at this place, with its events: $over" <<'END'
user n top_k_accuracy@5
ann 2 1
eve 1 1
END
refused 'other numbers of events' "bad:2: not the query that 'hand.1' has at this place, with its events: $over" <<'END'
user n top_k_accuracy@5
ann 3 1
END
refused 'rows left out' "bad: 1 queries, where 'hand.1' has 3: $over" <<'END'
user n top_k_accuracy@5
ann 2 1
END
refused 'a figure above 1' "bad:2: field 'top_k_accuracy@5': '2' is not a number from 0 to 1" <<'END'
user n top_k_accuracy@5
ann 2 2
END
refused 'a column that is missing' "bad: no column 'top_k_accuracy@5' (there are: user, n, recall@5)" <<'END'
user n recall@5
ann 2 1
END
refused 'a column twice' "bad:1: two columns are called 'n'" <<'END'
user n n
ann 2 1
END
t 'a metric that nobody has' 1 '' "tt-compare: hand.1: no column 'map@5' (there are: user, n, top_k_accuracy@5, mrr@5)" \
    tt-compare -m map@5 old=hand.1 new=hand.2
t 'no such file' 1 '' 'tt-compare: nowhere: No such file or directory' tt-compare a=hand.1 b=nowhere
head -n 2 hand.1 >single
t 'a single user' 1 '' 'tt-compare: single: a single user: nothing can be said of others' tt-compare a=single b=single
echo before >kept
t 'a failed run' 1 '' '*' tt-compare -o kept a=hand.1 b=bad
t 'leaves the output as it was' 0 before '' cat kept
not_ok 'and no temporary file' sh -c 'ls kept.* 2>/dev/null'

usage() { # name message arguments...
    u_name=$1 u_message=$2
    shift 2
    t "$u_name" 2 '' "tt-compare: $u_message
Try 'tt-compare --help'." tt-compare "$@"
}
usage 'one model' "there is only the model 'a': two are needed" a=hand.1 a=hand.2
for operand in hand.1 =hand.1 a= ''; do
    usage "the operand '$operand'" "'$operand' is not MODEL=FILE" a=hand.1 "$operand"
done
usage 'pairs without a partner' "--paired: 'b' has 1 files, and 'a' has 2" --paired a=hand.1 a=hand.2 b=hand.2
usage 'standard input twice' 'standard input is given twice' a=- b=-
for list in , a, ,a a,,b; do
    usage "--metric '$list'" "--metric: '$list' is not a list of names" -m "$list" a=hand.1 b=hand.2
done
usage 'a metric twice' "--metric: 'mrr@5' is given twice" -m mrr@5,map@5,mrr@5 a=hand.1 b=hand.2
usage '--against whom' "--against: 'last' is not one of first, previous, all" --against last a=hand.1 b=hand.2
usage '--slices without a metric' '--slices needs a --metric, as top_k_accuracy@10' --slices a=hand.1 b=hand.2
for name in accuracy@5 recall recall@ recall@0; do
    usage "the slices' metric '$name'" "--metric: '$name' is not METRIC@K of tt-eval" --slices -m $name a=hand.1 b=hand.2
done
usage '--slices in sentences' '--slices writes columns: not with --text' --slices --text -m mrr@5 a=hand.1 b=hand.2
usage 'too few resamples' "--resamples: '1998' is too few: a 99.9 % interval needs 1999" \
    --level 0.999 --resamples 1998 a=hand.1 b=hand.2
usage 'too few permutations' "--permutations: '999' is too few: a level of 0.999 needs 1000" \
    --level 0.999 --permutations 999 a=hand.1 b=hand.2

common_tests tt-compare hand.1 old=hand.2 new=-
finish

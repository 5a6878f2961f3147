#!/bin/sh
# Are the verdicts of an experiment right where the truth is known? Small worlds of tt-gen: in some the meal time and the weekday say
# nothing about where people go, in others the meal time says much. tests/bench/verdicts.sh measures the same on more and larger ones.
. "$(dirname "$0")/lib.sh"
null_worlds='1 2 3 4 5 6 7 8' true_worlds='21 22 23'
[ -z "${VALGRIND:-}" ] || null_worlds=1 true_worlds=21

printf 'user user_id id\nuser store_id history\nitem store_id id\nevent visited_at time\n' >base.schema
for column in meal_time weekday; do
    { cat base.schema && echo "user $column context"; } >$column.schema
done

experiment() { # world meal_effect schemas: all as by default, but for fewer dimensions and seeds
    tt-gen -q -n 6K --n-users 250 --n-stores 120 --categories 12 --seed "$1" --meal-effect "$2" -o visits.csv &&
        make -s -f "$ROOT/pipelines/run.mk" TT="$BIN" OUT="world.$1" REVIEWS=visits.csv SCHEMAS="$3" SEEDS=5 JOBS=1 AGAINST=first \
            FEATURES='--time visited_at --zone +09:00 --add meal_time,weekday' TRAIN_OPTIONS='--dim 16' SLICES= \
            "world.$1/report.tsv"
}
# Columns of the lines about schemas, of some worlds' reports.
columns() { # names worlds
    for c_world in $2; do
        awk -F'\t' -v world="$c_world" -v names="$1" '
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
            $2 == "first" { printf "%s", world; for (i = 1; i <= n; i++) printf " %s", $at[name[i]]; print "" }' "world.$c_world/report.tsv"
    done
}

for world in $null_worlds; do
    ok "world $world, where neither time matters" experiment "$world" 0 'base.schema meal_time.schema weekday.schema'
done
columns 'model difference p p_holm verdict' "$null_worlds" >nothing
sed 's/^/# /' nothing
t 'nothing is found to help' 0 '0' '' sh -c 'grep -c " helps$" nothing || true'
t 'p is corrected for the comparisons of a world' 0 '' '' awk '
    { if (!($1 in p) || $4 < p[$1]) { p[$1] = $4; holm[$1] = $5 } }
    END { for (w in p) if (holm[w] < 0.999 * (2 * p[w] < 1 ? 2 * p[w] : 1)) print w, p[w], holm[w] }' nothing
t 'of so many comparisons' 0 "$(($(echo $null_worlds | wc -w) * 2))" '' sh -c 'wc -l <nothing'
# The mean square of the differences, in units of the variance that they are given, is about 1 when that is right. By chance alone
# it is above 2.2 about once in 200 times, with 16 of them.
columns 'difference users_part seeds_part' "$null_worlds" |
    awk '{ square += $2 * $2 / ($3 + $4) } END { printf "%.2f\n", square / NR }' >ratio
echo "# mean square: $(cat ratio)"
ok 'differences are as large as their variance says' awk '{ exit $1 >= 2.2 }' ratio

for world in $true_worlds; do
    ok "world $world, where the meal time matters much" experiment "$world" 0.8 'base.schema meal_time.schema'
done
columns 'model difference low p verdict' "$true_worlds" >much
sed 's/^/# /' much
t 'it is found to help in all' 0 "$(echo $true_worlds | wc -w)" '' grep -c ' helps$' much
t 'by more than its interval needs' 0 '' '' awk '$4 <= 0 || $5 >= 0.001' much

# The sentences, and a status that does not depend on the verdict: tt-compare(1).
say() { # world: of its meal time
    set -- "$1" -q --paired --text --metric top_k_accuracy@10
    for s_model in base meal_time; do
        for s_seed in 1 2 3 4 5; do
            set -- "$@" "$s_model=world.$1/$s_model.seed$s_seed.keep.per_query.tsv"
        done
    done
    shift
    tt-compare "$@"
}
is_said() { # pattern: at the beginning of what was said last, whose lines are broken
    tr '\n' ' ' <"$TMP/.said" | sed 's/  */ /g' | grep -qE "^$1"
}
t 'it is said, with status 0' 0 '*' '' say "${true_worlds%% *}"
cp "$TMP/.out" "$TMP/.said"
ok 'as documented' is_said 'meal_time helps: top_k_accuracy@10 \+[0-9.]+ points over base \(95 % interval \+[0-9.]+ to \+[0-9.]+, p [=<] [0-9.]+, 5 seeds\)\.'
said=$(sed -n '1,/^$/p' "$TMP/.said" | tr '\n' ' ' | sed 's/ *$//')
t 'and in the report' 0 "$said" '' awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $2 == "first" { print $at["answer"], $at["reason"] }' "world.${true_worlds%% *}/report.tsv"
t 'so is that the test cannot tell' 0 '*' '' say "${null_worlds%% *}"
cp "$TMP/.out" "$TMP/.said"
ok 'with what it would take' is_said 'meal_time: cannot tell\. top_k_accuracy@10 [-+][0-9.]+ points over base \(95 % interval -[0-9.]+ to \+[0-9.]+, p = [0-9.]+, 5 seeds\)\. To find a difference of [0-9.]+ points takes '
finish

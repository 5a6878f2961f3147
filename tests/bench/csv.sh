#!/bin/sh
# How fast tt-split and tt-encode read CSV, on one core, and how their memory grows; beside pandas and polars where the Python in
# PYTHON has them.
#   tests/bench/csv.sh [EVENTS]      default 14M: about 1 GB of reviews, a third of them with a text
# Prints a TSV table: what, megabytes, seconds, MB/s, peak MiB. Best of 3, warm cache. BIN names the programs' folder.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BIN:-$root/build/release/bin}:$PATH
events=${1:-14M}
python=${PYTHON:-python3}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tt-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

tt-gen --events "$events" --n-users 1M --n-stores 100K --text 0.33 --stores stores.csv -o reviews.csv
cat >schema <<END
user   user_id     id
user   store_id    history
item   store_id    id
item   category    category
event  visited_at  time
END
bytes=$(wc -c <reviews.csv)
cat reviews.csv >/dev/null

printf 'what\tMB\tseconds\tMB/s\tpeak MiB\n'
measure() { # label command...
    m_label=$1
    shift
    best=
    for run in 1 2 3; do
        /usr/bin/time -f '%e %M' -o used "$@" >/dev/null 2>&1 || { echo "failed: $*" >&2; exit 1; }
        read -r seconds peak <used
        best=$(echo "$seconds $peak $best" | awk '{ if (NF < 4 || $1 < $3) print $1, $2; else print $3, $4 }')
    done
    echo "$best $bytes" | awk -v l="$m_label" '{ printf "%s\t%.0f\t%.2f\t%.0f\t%.0f\n", l, $3 / 1e6, $1, $3 / 1e6 / $1, $2 / 1024 }'
}

measure 'tt-split --hash user_id' taskset -c 0 tt-split -q --hash user_id --shares 90,10 --train /dev/null --test /dev/null reviews.csv
measure 'tt-split --last 1 by time' taskset -c 0 tt-split -q --last 1 --user user_id --order visited_at --train /dev/null --test /dev/null reviews.csv
measure 'tt-encode' taskset -c 0 tt-encode -q -s schema --items stores.csv -o /dev/null reviews.csv
for lines in 1 4; do # a quarter, and the whole: what an event costs
    n=$(($(wc -l <reviews.csv) * lines / 4))
    head -n "$n" reviews.csv >part.csv
    bytes=$(wc -c <part.csv)
    measure "tt-encode, $n rows" taskset -c 0 tt-encode -q -s schema --items stores.csv -o /dev/null part.csv
done
bytes=$(wc -c <reviews.csv)
if "$python" -c 'import pandas' 2>/dev/null; then
    measure 'pandas: read two columns, factorize' "$python" -c "
import pandas as pd
d = pd.read_csv('reviews.csv', usecols=['user_id', 'store_id'], dtype=str, keep_default_na=False)
[pd.factorize(d[c]) for c in d]"
fi
if "$python" -c 'import polars' 2>/dev/null; then
    measure 'polars, all cores: read two columns as categories' "$python" -c "
import polars as pl
d = pl.read_csv('reviews.csv', columns=['user_id', 'store_id'], schema_overrides={c: pl.Categorical for c in ['user_id', 'store_id']})
[d[c].to_physical() for c in d.columns]"
fi

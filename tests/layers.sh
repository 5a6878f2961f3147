#!/bin/sh
# Who may include whom in lib/ and cmd/, and where an outside library enters: the #includes held against the table in
# lib/README.md. Prints each breach; exit 1 when there is one.
#   tests/layers.sh [ROOT]     ROOT: the tree to check, by default the one that this script stands in
set -u
cd "${1:-$(dirname "$0")/..}" || exit 1
rules=$(mktemp) || exit 1
trap 'rm -f "$rules"' EXIT

# The table's rows as lines "may AREA AREA..." and "home HEADER FILE...". A row: | `area/` | areas | `x.h` in `a.c`, `b.c`; ... |
# An area may always include itself.
awk -F '|' '
/^\| `(\.\.\/)?[a-z]+\/` \|/ {
    area = $2
    gsub(/[`\/ .]/, "", area)
    line = "may " area " " area
    areas = $3
    gsub(/[^a-z]+/, " ", areas)
    print line " " areas
    n = split($4, libraries, ";")
    for (i = 1; i <= n; i++) {
        if (split(libraries[i], half, " in ") < 2) continue
        gsub(/[`, ]+/, " ", half[1])
        gsub(/[`, ]+/, " ", half[2])
        m = split(half[2], files, " ")
        for (j = 1; j <= m; j++) print "home " half[1] " lib/" area "/" files[j]
    }
}' lib/README.md >"$rules"
[ -s "$rules" ] || { echo "lib/README.md: no table of folders" >&2; exit 1; }

may() { awk -v a="$1" '$1 == "may" && $2 == a { for (i = 3; i <= NF; i++) printf "%s ", $i }' "$rules"; } # area
home() { awk -v h="$1" '$1 == "home" && $2 == h { printf "%s ", $3 }' "$rules"; }                        # outside header

status=0
breach() {
    echo "$1 includes $2: $3"
    status=1
}

for area in $(awk '$1 == "may" { print $2 }' "$rules"); do
    [ -d "lib/$area" ] || [ "$area" = cmd ] || { echo "lib/README.md names lib/$area/, which does not exist"; status=1; }
done
for folder in lib/*/; do
    area=$(basename "$folder")
    [ -n "$(may "$area")" ] || { echo "lib/README.md does not say what lib/$area/ may include"; status=1; }
done
for file in lib/*/*.[ch] cmd/*.[ch]; do
    case $file in cmd/*) area=cmd ;; *) area=${file#lib/} area=${area%%/*} ;; esac
    allowed=$(may "$area")
    for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        case $header in
        cli.h) [ "$area" = cmd ] || breach "$file" "$header" "lib/ knows nothing of cmd/" ;;
        */*)
            case " $allowed " in
            *" ${header%%/*} "*) [ -e "lib/$header" ] || breach "$file" "$header" "there is no such file" ;;
            *) breach "$file" "$header" "$area/ may include ${allowed% }" ;;
            esac ;;
        *) breach "$file" "$header" "write the folder: \"area/thing.h\"" ;;
        esac
    done
    for header in $(sed -n 's/^ *# *include *<\([^>]*\)>.*/\1/p' "$file"); do
        only=$(home "$header")
        case " $only " in
        "  " | *" $file "*) ;;
        *) breach "$file" "$header" "only ${only% } may" ;;
        esac
    done
done
exit $status

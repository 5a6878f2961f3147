#!/bin/sh
# The manual against the programs: SYNOPSIS is the usage line, OPTIONS are those of --help, EXAMPLES run and print what they say,
# mandoc has no complaint.
. "$(dirname "$0")/lib.sh"

# A manual page as plain text, one section of it, blanks squeezed.
section() { # page name
    mandoc -Tascii "$1" | sed 's|.\x08||g' | awk -v name="$2" '/^[A-Z]/ { on = $0 == name; next } on' | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}

long_options() { # of --help, one a line
    "$1" --help | awk '/^  (-., |    )--/ { sub(/^[^-]*(-., )?--/, ""); sub(/[ ,].*/, ""); print }
        /^Rarely needed/ { rare = 1 } /^$/ { rare = 0 }
        rare { while (match($0, /--[a-z0-9-]+/)) { print substr($0, RSTART + 2, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }' | sort
}

# The literal blocks of a section or subsection as they are printed.
literal() { # page macro name
    awk -v macro="$2" -v name="$3" '/^\.S[hs] / { on = $1 == macro && substr($0, 5) == name }
        on && /^\.Bd -literal/ { block = 1; next } /^\.Ed/ { block = 0 } on && block' "$1" |
        sed 's/^\\&//; s/\\e/\\/g; s/\\(aq/'"'"'/g; s/\\-/-/g'
}

# Literal blocks as a script that prints them again. "$ " begins a command, which takes as many lines as bash needs; the other
# lines are what it printed when the manual was written, and the script prints what it prints now.
script_of() {
    command=
    while IFS= read -r line; do
        case $command$line in
        '$ '*) command=$command$line ;;
        *) continue ;;
        esac
        case $line in *\\) whole=no ;; *) printf '%s\n' "${command#'$ '}" | bash -n 2>&1 | grep -q . && whole=no || whole=yes ;; esac
        if [ $whole = no ]; then
            command="$command
"
        else
            printf "cat <<'END OF COMMAND'\n%s\nEND OF COMMAND\n%s\n" "$command" "${command#'$ '}"
            command=
        fi
    done
}

# The same text, but for checksums and for the end of decimals: another processor trains a model that differs a little.
alike() { # file file
    awk 'function number(x) { return match(x, /-?[0-9]+\.[0-9]+(e[-+]?[0-9]+)?/) ? substr(x, RSTART, RLENGTH) : "" }
        FNR == NR { expected[n = FNR] = $0; next }
        { a = expected[FNR]; b = $0
          gsub(/[0-9a-f]{32}/, "#", a); gsub(/[0-9a-f]{32}/, "#", b)
          while ((x = number(a)) != "" && (y = number(b)) != "") {
              d = x > y ? x - y : y - x
              if (d > 0.02 + 0.02 * (x < 0 ? -x : x)) break
              sub(/-?[0-9]+\.[0-9]+(e[-+]?[0-9]+)?/, "#", a); sub(/-?[0-9]+\.[0-9]+(e[-+]?[0-9]+)?/, "#", b)
          }
          if (a != b && !bad++) print "line " FNR " is: " $0 "\nexpected: " expected[FNR] }
        END { if (FNR != n) print FNR " lines, expected " n; exit bad || FNR != n }' "$1" "$2"
}

printf 'u1\t1\ts3\t0.512345\n' >a
printf 'u1\t1\ts3\t0.512346\n' >b
ok 'nearly the same output is alike' alike a b
for other in 'u1\t1\ts4\t0.512345\n' 'u1\t1\ts3\t0.612345\n' 'u1\t1\ts3\n' '' 'u1\t1\ts3\t0.512345\n\n'; do
    printf "$other" >b
    not_ok 'other output is not' alike a b
done

# Run the examples of a page in a folder that has the files of the tour in tt(7), and compare what they print.
examples_of() { # page
    e_name=$(basename "$1")
    cp -r "$TMP/tour" "$TMP/$e_name" && cd "$TMP/$e_name" || exit 1
    literal "$1" .Sh EXAMPLES >.expected
    sed "s/:8600/:$port/g" .expected | script_of >.script
    ok "$e_name: the examples run" bash -eu -o pipefail -c 'trap "kill \$(jobs -p) 2>/dev/null || true" EXIT; . ./.script >.printed'
    sed "s/:$port/:8600/g" .printed >.now
    ok "$e_name: and print what the manual says" alike .expected .now
    cd "$TMP" || exit 1
}

# Where tt-serve listens in the examples: several tests may run at once, and the system gives out ports from 32768 on.
port=$((10001 + $$ % 10000 * 2))
mkdir tour && cd tour || exit 1
literal "$ROOT/man/tt.7" .Ss 'The whole, by hand' >"$TMP/tour.sh"
ok 'tt.7: the tour runs' bash -eu -o pipefail "$TMP/tour.sh"
cd "$TMP" || exit 1
for page in "$ROOT"/man/tt-*.1; do
    p=$(basename "$page" .1)
    t "$p: SYNOPSIS is the usage line" 0 "Usage: $(section "$page" SYNOPSIS)" '' sh -c "$p --help | head -n 1"
    for o in $(long_options "$p"); do
        case $o in help | version) continue ;; esac
        grep -qE "Fl (Fl |-)$o( |,|$)" "$page" || { echo "# $p --$o is not in its manual"; false; }
        report $? "$p: --$o is in the manual"
    done
    for o in $(sed -nE "s/^\.It .*Fl (Fl |-)([a-z0-9-]+).*/\2/p" "$page" | sort -u); do
        long_options "$p" | grep -qx -- "$o"
        report $? "$p: the manual's --$o exists"
    done
    for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES LIMITATIONS 'SEE ALSO'; do
        grep -q "^\.Sh $s\$" "$page"
        report $? "$p: the manual has $s"
    done
    [ "$(literal "$page" .Sh EXAMPLES | grep -c '^\$ ')" -ge 2 ]
    report $? "$p: at least two examples"
    examples_of "$page"
done
examples_of "$ROOT/man/tt-schema.5"
for page in "$ROOT"/man/*.[157]; do
    t "mandoc has no complaint about $(basename "$page")" 0 '' '' mandoc -Tlint -W warning "$page"
done
finish

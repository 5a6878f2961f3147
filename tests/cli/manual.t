#!/bin/sh
# The manual against the programs: SYNOPSIS is the usage line, OPTIONS are those of --help, EXAMPLES run, mandoc has no complaint.
. "$(dirname "$0")/lib.sh"

# A manual page as plain text, one section of it, blanks squeezed.
section() { # page name
    mandoc -Tascii "$1" | sed 's|.\x08||g' | awk -v name="$2" '/^[A-Z]/ { on = $0 == name; next } on' | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}

long_options() { # of --help, one a line
    "$1" --help | awk '/^  (-., |    )--/ { sub(/^[^-]*(-., )?--/, ""); sub(/[ ,].*/, ""); print }
        /^Few need/ { rare = 1 } /^$/ { rare = 0 }
        rare { while (match($0, /--[a-z0-9-]+/)) { print substr($0, RSTART + 2, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }' | sort
}

# The literal blocks of the EXAMPLES section.
examples() { # page
    awk '/^\.Sh / { on = $2 == "EXAMPLES" } on && /^\.Bd -literal/ { block = 1; next } /^\.Ed/ { block = 0 } on && block' "$1" |
        sed 's/^\\&//; s/\\e/\\/g; s/\\(aq/'"'"'/g; s/\\-/-/g'
}

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
    mkdir "$TMP/$p" && cd "$TMP/$p" || exit 1
    examples "$page" >.examples
    [ "$(grep -c . .examples)" -ge 2 ]
    report $? "$p: at least two examples"
    ok "$p: the examples run" sh -eu .examples
    cd "$TMP" || exit 1
done
for page in "$ROOT"/man/*.[157]; do
    t "mandoc has no complaint about $(basename "$page")" 0 '' '' mandoc -Tlint -W warning "$page"
done
finish

#!/bin/sh
# Files as C: prints the definition of a struct tt_asset (assets.h) for each NAME TYPE FILE.
#   embed.sh NAME TYPE FILE [NAME TYPE FILE]...
set -eu
echo '/* Made by lib/serve/embed.sh. */'
echo '#include "serve/assets.h"'
while [ $# -ge 3 ]; do
    echo "static const char $1_text[] = {"
    od -An -v -td1 "$3" | sed 's/\(-*[0-9][0-9]*\)/\1,/g'
    echo '0};'
    echo "const struct tt_asset tt_asset_$1 = {\"$2\", $1_text, sizeof($1_text) - 1};"
    shift 3
done

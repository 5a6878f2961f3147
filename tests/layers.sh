#!/bin/sh
# Who may include whom in lib/ and cmd/, and where an outside library enters: read from the #includes. Prints each breach; exit
# 1 when there is one. The same table in words is in lib/README.md.
set -u
cd "$(dirname "$0")/.." || exit 1

# area: areas it may include
may() {
    case $1 in
    base) echo base ;;
    io) echo base io ;;
    math) echo base math ;;
    data) echo base io data ;;
    text) echo base io math text ;;
    model) echo base io math data model ;;
    index) echo base io math index ;;
    eval) echo base io math data eval ;;
    serve) echo base io math data text model index eval serve ;;
    cmd) echo base io math data text model index eval serve cmd ;;
    esac
}

# outside header: the files that may include it
home() {
    case $1 in
    xxhash.h) echo lib/base/hash.c ;;
    pthread.h) echo lib/base/pool.c lib/base/lock.h lib/serve/http.c ;;
    csv.h) echo lib/io/csv_reader.c ;;
    jansson.h) echo lib/io/container.c lib/serve/body.c ;;
    cblas.h) echo lib/math/gemm.c ;;
    microhttpd.h) echo lib/serve/http.c ;;
    esac
}

status=0
breach() {
    echo "$1 includes $2: $3"
    status=1
}

for file in lib/*/*.[ch] cmd/*.[ch]; do
    case $file in cmd/*) area=cmd ;; *) area=${file#lib/} area=${area%%/*} ;; esac
    for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        case $header in
        cli.h) [ $area = cmd ] || breach "$file" "$header" "lib/ knows nothing of cmd/" ;;
        */*)
            case " $(may $area) " in
            *" ${header%%/*} "*) [ -e "lib/$header" ] || breach "$file" "$header" "there is no such file" ;;
            *) breach "$file" "$header" "$area/ may include $(may $area)" ;;
            esac ;;
        *) breach "$file" "$header" "write the folder: \"area/thing.h\"" ;;
        esac
    done
    for header in $(sed -n 's/^ *# *include *<\([^>]*\)>.*/\1/p' "$file"); do
        only=$(home "$header")
        case " $only " in
        "  " | *" $file "*) ;;
        *) breach "$file" "$header" "only $only may" ;;
        esac
    done
done
exit $status

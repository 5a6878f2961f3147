/* flipbit: copy standard input with one bit turned over.   flipbit N < in > out     bit N % 8 of byte N / 8 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

int main(int argc, char **argv)
{
    uint64_t bit, at = 0;
    int c;

    if (argc != 2 || tt_parse_u64(argv[1], strlen(argv[1]), &bit))
        return 2;
    for (; (c = getchar()) != EOF; at++)
        putchar(at == bit / 8 ? c ^ 1 << (bit % 8) : c);
    return ferror(stdin) || fflush(stdout) || at <= bit / 8;
}

/* UTF-8: see utf8.h. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

int tt_is_utf8(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + n;

    while (p < end) {
        uint64_t eight;
        if (end - p >= 8) { /* ASCII, eight at a time */
            memcpy(&eight, p, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                p += 8;
                continue;
            }
        }
        unsigned c = *p++;
        if (c < 0x80)
            continue;
        unsigned low = 0x80, high = 0xbf; /* what the second byte may be */
        int more;
        if (c >= 0xc2 && c <= 0xdf) {
            more = 1;
        } else if (c >= 0xe0 && c <= 0xef) {
            more = 2;
            low = c == 0xe0 ? 0xa0 : 0x80;
            high = c == 0xed ? 0x9f : 0xbf;
        } else if (c >= 0xf0 && c <= 0xf4) {
            more = 3;
            low = c == 0xf0 ? 0x90 : 0x80;
            high = c == 0xf4 ? 0x8f : 0xbf;
        } else {
            return 0;
        }
        if (end - p < more || p[0] < low || p[0] > high)
            return 0;
        for (int i = 1; i < more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return 0;
        p += more;
    }
    return 1;
}

/* Every byte of UTF-8 begins a character, but for continuations. */
static int begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t tt_utf8_count(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (size_t)begins_character(text[i]);
    return count;
}

size_t tt_utf8_cut(const char *text, size_t n, size_t count)
{
    size_t at = 0;

    for (; at < n; at++)
        if (begins_character(text[at]) && count-- == 0)
            break;
    return at;
}

/* Targets of requests: see target.h. */
#include "http/target.h"

#include <string.h>
#include <strings.h>

void tt_target_split(const char *target, size_t n, struct tt_target_parts *parts)
{
    static const char scheme[] = "http://";
    const char *question = memchr(target, '?', n);
    size_t end = question ? (size_t)(question - target) : n, start = 0;

    if (end >= sizeof(scheme) - 1 && !strncasecmp(target, scheme, sizeof(scheme) - 1)) {
        const char *slash = memchr(target + sizeof(scheme) - 1, '/', end - (sizeof(scheme) - 1));
        start = slash ? (size_t)(slash - target) : end;
    }
    *parts = (struct tt_target_parts){start, end - start, question ? end + 1 : n, question ? n - end - 1 : 0};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t decode(char *to, const char *from, size_t n, int in_query)
{
    char *start = to;

    for (size_t i = 0; i < n; i++) {
        char c = from[i];
        if (c == '%' && n - i > 2 && hex_digit(from[i + 1]) >= 0 && hex_digit(from[i + 2]) >= 0) {
            c = (char)(hex_digit(from[i + 1]) << 4 | hex_digit(from[i + 2]));
            i += 2;
        } else if (c == '+' && in_query) {
            c = ' ';
        }
        *to++ = c;
    }
    *to = '\0';
    return (size_t)(to - start);
}

size_t tt_target_decode(char *to, const char *from, size_t n)
{
    return decode(to, from, n, 0);
}

int tt_target_params(const char *query, size_t n, char *room, struct tt_http_param params[TT_HTTP_MAX_PARAMS],
                     size_t *n_params)
{
    const char *end = query + n;
    size_t found = 0;

    for (const char *p = query, *stop; p < end; p = stop + 1) {
        stop = memchr(p, '&', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (stop == p)
            continue;
        if (found == TT_HTTP_MAX_PARAMS)
            return -1;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        struct tt_http_param *param = &params[found++];
        param->name = room;
        param->name_len = decode(room, p, (size_t)((equals ? equals : stop) - p), 1);
        room += param->name_len + 1;
        param->value = "";
        param->value_len = 0;
        if (equals) {
            param->value = room;
            param->value_len = decode(room, equals + 1, (size_t)(stop - equals - 1), 1);
            room += param->value_len + 1;
        }
    }
    *n_params = found;
    return 0;
}

/* Strict numbers from text: see number.h. */
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int tt_parse_u64(const char *text, size_t n, uint64_t *out)
{
    uint64_t value = 0;

    if (n == 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            return -1;
    }
    *out = value;
    return 0;
}

int tt_parse_i64(const char *text, size_t n, int64_t *out)
{
    uint64_t value;
    int negative = n > 0 && text[0] == '-';

    if (tt_parse_u64(text + negative, n - (size_t)negative, &value))
        return -1;
    if (value > (uint64_t)INT64_MAX + (uint64_t)negative)
        return -1;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 0;
}

/* Does the text have the shape [-]digits[.digits][e[+-]digits], with a digit on one side of the point at least? */
static int is_decimal(const char *text, size_t n)
{
    size_t i = 0, digits = 0;

    if (i < n && text[i] == '-')
        i++;
    for (; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        digits++;
    if (i < n && text[i] == '.')
        for (i++; i < n && text[i] >= '0' && text[i] <= '9'; i++)
            digits++;
    if (digits == 0)
        return 0;
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < n && (text[i] == '+' || text[i] == '-'))
            i++;
        size_t from = i;
        while (i < n && text[i] >= '0' && text[i] <= '9')
            i++;
        if (i == from)
            return 0;
    }
    return i == n;
}

int tt_parse_f64(const char *text, size_t n, double *out)
{
    char copy[64]; /* no number that means something is longer */
    int64_t whole;

    if (n < 16 && tt_parse_i64(text, n, &whole) == 0) { /* the common case, exact and many times faster than strtod */
        *out = (double)whole;
        return 0;
    }
    if (n == 0 || n >= sizeof(copy) || !is_decimal(text, n))
        return -1;
    memcpy(copy, text, n);
    copy[n] = '\0';
    double value = strtod(copy, NULL); /* programs never call setlocale: this is the C locale */
    if (!isfinite(value))
        return -1;
    *out = value;
    return 0;
}

int tt_parse_count(const char *text, size_t n, uint64_t *out)
{
    uint64_t value, scale = 1;

    if (n > 1) {
        switch (text[n - 1]) {
        case 'K': scale = 1000; break;
        case 'M': scale = 1000 * 1000; break;
        case 'G': scale = 1000 * 1000 * 1000; break;
        default: break;
        }
    }
    if (tt_parse_u64(text, scale > 1 ? n - 1 : n, &value) || __builtin_mul_overflow(value, scale, &value))
        return -1;
    *out = value;
    return 0;
}

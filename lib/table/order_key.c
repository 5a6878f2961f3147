/* Values that rows can be ordered by: see order_key.h. */
#include "table/order_key.h"

#include <string.h>

#include "base/number.h"

static int64_t real_key(double value)
{
    int64_t bits;

    value += 0.0; /* -0 becomes 0: they are equal, and shall tie */
    memcpy(&bits, &value, sizeof(bits));
    return bits < 0 ? bits ^ INT64_MAX : bits; /* of negative numbers the larger magnitude comes first */
}

int64_t tt_order_key_real(int64_t whole)
{
    return real_key((double)whole);
}

/* n digits at text, or -1. */
static int digits(const char *text, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    return value;
}

/* Days from 1970-01-01 to the date, or INT64_MIN when there is no such day. */
static int64_t days(int year, int month, int day)
{
    static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < 0 || month < 1 || month > 12 || day < 1 ||
        day > before[month] - before[month - 1] + (leap && month == 2))
        return INT64_MIN;
    int last = year - 1; /* whole years since the year 1; before it lies the year 0 with its 366 days */
    int64_t leap_days = year == 0 ? -1 : last / 4 - last / 100 + last / 400;
    return (int64_t)last * 365 + leap_days + before[month - 1] + (leap && month > 2) + day - 1 - 719162;
}

/* Parts of a second: 1 or more digits at *text; those after the sixth must be zeros, for cut times could seem equal. */
static int parse_fraction(const char **text, const char *end, int64_t *micro)
{
    int64_t scale = 1000000;
    const char *from = *text;

    *micro = 0;
    for (; *text < end && **text >= '0' && **text <= '9'; ++*text) {
        int digit = **text - '0';
        scale /= 10;
        if (scale == 0 && digit != 0)
            return -1;
        *micro += digit * scale;
    }
    return *text > from ? 0 : -1;
}

/* Z, +HH, +HHMM or +HH:MM: seconds to subtract. */
static int parse_offset(const char *text, size_t n, int64_t *seconds)
{
    int hours, minutes = 0;

    *seconds = 0;
    if (n == 1 && text[0] == 'Z')
        return 0;
    if ((n != 3 && n != 5 && n != 6) || (text[0] != '+' && text[0] != '-') || (n == 6 && text[3] != ':'))
        return -1;
    hours = digits(text + 1, 2);
    if (n > 3)
        minutes = digits(text + n - 2, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return -1;
    *seconds = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return 0;
}

static int parse_time(const char *text, size_t n, struct tt_order_key *out)
{
    const char *end = text + n;
    int64_t micro = 0, offset = 0;
    int hour, minute, second = 0;

    if (n < 10 || text[4] != '-' || text[7] != '-')
        return -1;
    int64_t day = days(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2));
    if (day == INT64_MIN)
        return -1;
    *out = (struct tt_order_key){TT_KEY_LOCAL, day * 86400 * 1000000};
    if (n == 10)
        return 0;
    if (n < 16 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':')
        return -1;
    hour = digits(text + 11, 2);
    minute = digits(text + 14, 2);
    text += 16;
    if (text < end && *text == ':') {
        if (end - text < 3)
            return -1;
        second = digits(text + 1, 2);
        text += 3;
        if (text < end && *text == '.') {
            text++;
            if (parse_fraction(&text, end, &micro))
                return -1;
        }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return -1;
    if (text < end) {
        if (parse_offset(text, (size_t)(end - text), &offset))
            return -1;
        out->form = TT_KEY_ZONED;
    }
    out->key += (hour * 3600 + minute * 60 + second - offset) * 1000000 + micro;
    return 0;
}

int tt_order_key_parse(const char *text, size_t n, struct tt_order_key *out)
{
    int64_t whole;
    double real;

    if (n >= 10 && text[4] == '-')
        return parse_time(text, n, out);
    if (tt_parse_i64(text, n, &whole) == 0) {
        *out = (struct tt_order_key){TT_KEY_WHOLE, whole};
        return 0;
    }
    if (tt_parse_f64(text, n, &real))
        return -1;
    *out = (struct tt_order_key){TT_KEY_REAL, real_key(real)};
    return 0;
}

static int is_number(enum tt_key_form form)
{
    return form == TT_KEY_WHOLE || form == TT_KEY_REAL;
}

int tt_order_key_fits(enum tt_key_form a, enum tt_key_form b)
{
    return a == b || (is_number(a) && is_number(b));
}

int tt_order_key_compare(struct tt_order_key a, struct tt_order_key b)
{
    if (a.form != b.form) {
        if (a.form == TT_KEY_WHOLE)
            a.key = tt_order_key_real(a.key);
        if (b.form == TT_KEY_WHOLE)
            b.key = tt_order_key_real(b.key);
    }
    return (a.key > b.key) - (a.key < b.key);
}

const char *tt_key_form_name(enum tt_key_form form)
{
    switch (form) {
    case TT_KEY_WHOLE:
    case TT_KEY_REAL: return "a number";
    case TT_KEY_LOCAL: return "a time without an offset";
    case TT_KEY_ZONED: return "a time with an offset";
    case TT_KEY_NONE: break;
    }
    return "a value";
}

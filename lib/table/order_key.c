/* Values that rows can be ordered by: see order_key.h. */
#include "table/order_key.h"

#include <string.h>

#include "base/number.h"
#include "table/time_text.h"

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

static int time_key(const char *text, size_t n, struct tt_order_key *out, const char **what)
{
    struct tt_time time;

    if (tt_time_parse(text, n, &time, what))
        return -1;
    if (time.is_cut) { /* two times that differ would be equal */
        *what = "has a fraction finer than a microsecond";
        return -1;
    }
    *out = (struct tt_order_key){time.is_local ? TT_KEY_LOCAL : TT_KEY_ZONED, time.seconds * 1000000 + time.micro};
    return 0;
}

int tt_order_key_parse(const char *text, size_t n, struct tt_order_key *out, const char **what)
{
    int64_t whole;
    double real;

    if (tt_time_has_date(text, n))
        return time_key(text, n, out, what);
    if (tt_parse_i64(text, n, &whole) == 0) {
        *out = (struct tt_order_key){TT_KEY_WHOLE, whole};
        return 0;
    }
    if (tt_parse_f64(text, n, &real)) {
        *what = "is neither a number nor a time like 2024-03-01T12:34:56+09:00";
        return -1;
    }
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

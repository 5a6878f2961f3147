/* Values that rows can be ordered by, packed into 8 bytes: numbers and times. Of two keys of one form, the smaller or
 * earlier value has the smaller key, and equal values have equal keys.
 *
 * Numbers are those of base/number.h. Whole numbers that fit 64 bits are kept exactly (so are nanoseconds since 1970),
 * others as the nearest double. Seconds since 1970 are numbers here.
 *
 * Times are those of table/time_text.h that begin with a date, to the microsecond; a finer fraction is refused. A time
 * with an offset counts in UTC; one without counts in its own unknown zone: the two do not compare.
 */
#ifndef TT_TABLE_ORDER_KEY_H
#define TT_TABLE_ORDER_KEY_H

#include <stddef.h>
#include <stdint.h>

enum tt_key_form {
    TT_KEY_NONE,   /* no value was seen yet */
    TT_KEY_WHOLE,  /* key: the number */
    TT_KEY_REAL,   /* key: the bits of the double, arranged so that they compare as whole numbers */
    TT_KEY_LOCAL,  /* time without an offset; key: microseconds since 1970 in its zone */
    TT_KEY_ZONED,  /* time with an offset; key: microseconds since 1970 in UTC */
};

struct tt_order_key {
    enum tt_key_form form;
    int64_t key;
};

/* 0; or -1, and *what says what is wrong, to be put after the text: "is not a date that exists". */
int tt_order_key_parse(const char *text, size_t n, struct tt_order_key *out, const char **what);

/* The key of form REAL of a whole number, rounded to the nearest double. */
int64_t tt_order_key_real(int64_t whole);

/* Can keys of the two forms be compared? Whole numbers with reals, after tt_order_key_real; else only the same form. */
int tt_order_key_fits(enum tt_key_form a, enum tt_key_form b);

/* -1, 0 or 1 as a comes before b, with it or after it. The forms must fit. */
int tt_order_key_compare(struct tt_order_key a, struct tt_order_key b);

/* "a number", "a time without an offset", "a time with an offset". */
const char *tt_key_form_name(enum tt_key_form form);

#endif

/* Times as text: the one parser of times, for every program and for the service.
 *
 *     if (tt_time_parse(text, len, &time, &what) == 0)
 *         local = tt_zone_local(zone, &time, &span);           // table/zone.h
 *
 * All of the text must be one of
 *
 *     1709264096   -86400.5               seconds since 1970-01-01T00:00:00 UTC, in the years 1900 to 2200
 *     2024-03-01                          a date, which means its midnight
 *     2024-03-01T12:34                    a date and a time of day; a blank may stand for the T
 *     2024-03-01T12:34:56.789             ... with seconds, and with a fraction of them, of any length
 *     2024-03-01T12:34:56+09:00           ... with an offset from UTC: Z, or + or - and hh, hhmm or hh:mm
 *
 * Dates are of the Gregorian calendar, also before it was introduced, in the years 0000 to 9999 as written. There is no
 * 24:00 and no second 60. Offsets go up to 23:59.
 *
 * The manual says the same under "Times" in tt(7). A new form belongs here and there, and in tests/unit/time_texts.h.
 */
#ifndef TT_TABLE_TIME_TEXT_H
#define TT_TABLE_TIME_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct tt_time {
    int64_t seconds; /* an instant, or local when the text has neither offset nor epoch: calendar.h; rounded down */
    int is_local;
    int32_t micro;   /* 0 ... 999999 microseconds to be added to seconds, rounded down */
    int is_cut;      /* digits of the fraction were lost: a digit after the sixth is not 0 */
};

/* 0; or -1, and *what says what is wrong, to be put after the text: "is not a date that exists". */
int tt_time_parse(const char *text, size_t n, struct tt_time *time, const char **what);

/* Does the text begin as one with a date does? Else tt_time_parse reads it as seconds since 1970. */
static inline int tt_time_has_date(const char *text, size_t n)
{
    return n >= 10 && text[4] == '-'; /* a number has a hyphen at its start only */
}

/* A date alone, as days since 1970-01-01. 0 or -1. */
int tt_date_parse(const char *text, size_t n, int64_t *days);

#endif

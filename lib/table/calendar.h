/* Times as they stand in data, and the calendar.
 *
 *     if (tt_time_parse(text, len, &time, &what) == 0)
 *         local = tt_zone_local(zone, &time, &span);           // table/zone.h
 *         hour = tt_local_hour(local);  tt_date_from_days(tt_local_day(local), &date);
 *
 * Three counts of seconds, all without leap seconds as POSIX has them:
 *     instant  since 1970-01-01T00:00:00 UTC
 *     local    what the wall clock shows, as if it were UTC: instant + offset
 *     offset   of a zone's clock from UTC, positive to the east
 * Days count from 1970-01-01. The calendar is the Gregorian one, also before it was introduced.
 */
#ifndef TT_TABLE_CALENDAR_H
#define TT_TABLE_CALENDAR_H

#include <stdint.h>

#include "base/err.h"

enum { TT_MIN_YEAR = 1900, TT_MAX_YEAR = 2200, TT_HOUR = 3600, TT_DAY = 86400 };

/* ---- dates ---- */

struct tt_date {
    int year, month, day; /* month 1 ... 12, day 1 ... 31 */
};

int64_t tt_days_from_date(int year, int month, int day);
void tt_date_from_days(int64_t days, struct tt_date *date);
int tt_weekday(int64_t days); /* 0 is Monday, 6 Sunday */

static inline int64_t tt_local_day(int64_t local)
{
    return local / TT_DAY - (local % TT_DAY < 0); /* rounds down */
}

static inline int tt_local_hour(int64_t local)
{
    return (int)((local - tt_local_day(local) * TT_DAY) / TT_HOUR);
}

/* ---- times as text ---- */

struct tt_time {
    int64_t seconds; /* an instant, or local when the text named no zone */
    int is_local;
};

/* All of the n bytes must be one of
 *     1709264096   -86400.5                     seconds since 1970 in UTC; a fraction is rounded down
 *     2024-03-01                                midnight
 *     2024-03-01T12:34:56   2024-03-01 12:34    seconds and their fraction may be missing; the fraction is dropped
 *     2024-03-01T12:34:56+09:00  ...Z           the offset as Z, +hh, +hhmm or +hh:mm, at most 18 hours
 * in the years 1900 to 2200 (as written; in UTC for seconds since 1970). A second 60 is refused.
 * 0; or -1, and *what says what is wrong, to be put after the text: "is not a date that exists". */
int tt_time_parse(const char *text, size_t n, struct tt_time *time, const char **what);

/* YYYY-MM-DD alone, as days. 0 or -1. */
int tt_date_parse(const char *text, size_t n, int64_t *days);

#endif

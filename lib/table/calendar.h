/* The calendar: days and dates, and what a clock shows.
 *
 * Three counts of seconds, all without leap seconds as POSIX has them:
 *     instant  since 1970-01-01T00:00:00 UTC
 *     local    what the wall clock shows, as if it were UTC: instant + offset
 *     offset   of a zone's clock from UTC, positive to the east (table/zone.h)
 * Days count from 1970-01-01. The calendar is the Gregorian one, also before it was introduced.
 */
#ifndef TT_TABLE_CALENDAR_H
#define TT_TABLE_CALENDAR_H

#include <stdint.h>

enum { TT_HOUR = 3600, TT_DAY = 86400 };

struct tt_date {
    int year, month, day; /* month 1 ... 12, day 1 ... 31 */
};

int64_t tt_days_from_date(int year, int month, int day);
void tt_date_from_days(int64_t days, struct tt_date *date);
int tt_days_of_month(int year, int month);
int tt_weekday(int64_t days); /* 0 is Monday, 6 Sunday */

static inline int64_t tt_local_day(int64_t local)
{
    return local / TT_DAY - (local % TT_DAY < 0); /* rounds down */
}

static inline int tt_local_hour(int64_t local)
{
    return (int)((local - tt_local_day(local) * TT_DAY) / TT_HOUR);
}

#endif

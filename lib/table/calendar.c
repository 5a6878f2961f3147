/* Days and dates: see calendar.h. */
#include "table/calendar.h"

/* Both conversions begin the year in March, so that the leap day is its last day, and cut time into eras of 400 years,
 * each of 146,097 days (Hinnant 2013, "chrono-Compatible Low-Level Date Algorithms"). */
enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH = 719468 /* days from 0000-03-01 to 1970-01-01 */ };

int64_t tt_days_from_date(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = (y >= 0 ? y : y - (ERA_YEARS - 1)) / ERA_YEARS;
    int year_of_era = y - era * ERA_YEARS;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1; /* 153 days are five months */
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int64_t)era * ERA_DAYS + day_of_era - EPOCH;
}

void tt_date_from_days(int64_t days, struct tt_date *date)
{
    int64_t z = days + EPOCH;
    int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    int day_of_era = (int)(z - era * ERA_DAYS);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153; /* 0 is March */

    date->day = day_of_year - (153 * march_month + 2) / 5 + 1;
    date->month = march_month < 10 ? march_month + 3 : march_month - 9;
    date->year = (int)(year_of_era + era * ERA_YEARS) + (date->month <= 2);
}

int tt_weekday(int64_t days)
{
    int r = (int)((days + 3) % 7); /* 1970-01-01 was a Thursday */

    return r < 0 ? r + 7 : r;
}

int tt_days_of_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

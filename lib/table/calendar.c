/* Dates and times as text: see calendar.h. */
#include "table/calendar.h"

#include <string.h>

static const char not_a_time[] = "is not a time (epoch seconds, or like 2024-03-01T12:34:56+09:00)";
static const char not_a_date[] = "is not a date that exists";
static const char not_a_clock[] = "is not a time of day from 00:00:00 to 23:59:59";
static const char not_an_offset[] = "is not an offset of at most 18:00 from UTC";
static const char not_in_range[] = "is not in the years 1900 to 2200";

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

static int days_of_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits as a number, or -1. */
static int two(const char *p)
{
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* YYYY-MM-DD at p, of which 10 bytes are there. NULL, or what is wrong. */
static const char *parse_date(const char *p, int64_t *days)
{
    int century = two(p), rest = two(p + 2), month = two(p + 5), day = two(p + 8);

    if (century < 0 || rest < 0 || month < 0 || day < 0 || p[4] != '-' || p[7] != '-')
        return not_a_time;
    int year = century * 100 + rest;
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
        return not_a_date;
    if (year < TT_MIN_YEAR || year > TT_MAX_YEAR)
        return not_in_range;
    *days = tt_days_from_date(year, month, day);
    return NULL;
}

int tt_date_parse(const char *text, size_t n, int64_t *days)
{
    return n == 10 && !parse_date(text, days) ? 0 : -1;
}

/* Z, +hh, +hhmm or +hh:mm, all of it. */
static const char *parse_offset(const char *p, const char *end, int64_t *offset)
{
    size_t n = (size_t)(end - p);

    *offset = 0;
    if (n == 1 && *p == 'Z')
        return NULL;
    if ((*p != '+' && *p != '-') || !(n == 3 || n == 5 || (n == 6 && p[3] == ':')))
        return not_a_time;
    int hours = two(p + 1), minutes = n == 3 ? 0 : two(end - 2);
    if (hours < 0 || minutes < 0)
        return not_a_time;
    if (minutes > 59 || hours * 60 + minutes > 18 * 60)
        return not_an_offset;
    *offset = (hours * 60 + minutes) * 60;
    if (*p == '-')
        *offset = -*offset;
    return NULL;
}

static const char *parse_iso(const char *p, const char *end, struct tt_time *time)
{
    int64_t days, offset;
    const char *wrong = parse_date(p, &days);

    if (wrong)
        return wrong;
    *time = (struct tt_time){days * TT_DAY, 1};
    p += 10;
    if (p == end)
        return NULL;
    if (end - p < 6 || (*p != 'T' && *p != ' ') || p[3] != ':')
        return not_a_time;
    int hour = two(p + 1), minute = two(p + 4), second = 0, has_seconds = end - p >= 9 && p[6] == ':';
    p += 6;
    if (has_seconds) {
        second = two(p + 1);
        p += 3;
    }
    if (hour < 0 || minute < 0 || second < 0)
        return not_a_time;
    if (hour > 23 || minute > 59 || second > 59)
        return not_a_clock;
    if (has_seconds && p < end && *p == '.') {
        const char *from = ++p;
        while (p < end && is_digit(*p))
            p++;
        if (p == from)
            return not_a_time;
    }
    time->seconds += hour * TT_HOUR + minute * 60 + second;
    if (p == end)
        return NULL;
    wrong = parse_offset(p, end, &offset);
    time->seconds -= offset;
    time->is_local = 0;
    return wrong;
}

static const char *parse_epoch(const char *p, const char *end, struct tt_time *time)
{
    int negative = p < end && *p == '-', fraction = 0;
    int64_t value = 0;
    const char *from = p += negative;

    for (; p < end && is_digit(*p); p++)
        if (value < INT64_C(100000000000)) /* more is out of range, whatever follows */
            value = value * 10 + (*p - '0');
    if (p == from)
        return not_a_time;
    if (p < end && *p == '.') {
        from = ++p;
        for (; p < end && is_digit(*p); p++)
            fraction |= *p != '0';
        if (p == from)
            return not_a_time;
    }
    if (p != end)
        return not_a_time;
    value = negative ? -value - fraction : value;
    if (value < tt_days_from_date(TT_MIN_YEAR, 1, 1) * TT_DAY ||
        value >= tt_days_from_date(TT_MAX_YEAR + 1, 1, 1) * TT_DAY)
        return not_in_range;
    *time = (struct tt_time){value, 0};
    return NULL;
}

int tt_time_parse(const char *text, size_t n, struct tt_time *time, const char **what)
{
    /* the fifth byte of a date is its hyphen; epoch seconds have none but at the start */
    const char *wrong = n >= 10 && text[4] == '-' ? parse_iso(text, text + n, time) : parse_epoch(text, text + n, time);

    if (wrong)
        *what = wrong;
    return wrong ? -1 : 0;
}

/* Times as text: see time_text.h. */
#include "table/time_text.h"

#include "table/calendar.h"

enum { MIN_EPOCH_YEAR = 1900, MAX_EPOCH_YEAR = 2200, MICRO_DIGITS = 6, MICRO = 1000000 };

static const char not_a_time[] = "is not a time (epoch seconds, or like 2024-03-01T12:34:56+09:00)";
static const char not_a_date[] = "is not a date that exists";
static const char not_a_clock[] = "is not a time of day from 00:00:00 to 23:59:59";
static const char not_an_offset[] = "is not an offset of at most 23:59 from UTC";
static const char not_in_range[] = "as seconds since 1970 is not in the years 1900 to 2200";

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
    if (month < 1 || month > 12 || day < 1 || day > tt_days_of_month(year, month))
        return not_a_date;
    *days = tt_days_from_date(year, month, day);
    return NULL;
}

int tt_date_parse(const char *text, size_t n, int64_t *days)
{
    return n == 10 && !parse_date(text, days) ? 0 : -1;
}

/* The digits after a point at *p, which is moved behind them. */
static const char *parse_fraction(const char **p, const char *end, struct tt_time *time)
{
    const char *from = *p;
    int n = 0;

    for (; *p < end && is_digit(**p); ++*p) {
        if (n < MICRO_DIGITS) {
            time->micro = time->micro * 10 + (**p - '0');
            n++;
        } else if (**p != '0') {
            time->is_cut = 1;
        }
    }
    if (*p == from)
        return not_a_time;
    for (; n < MICRO_DIGITS; n++)
        time->micro *= 10;
    return NULL;
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
    if (hours > 23 || minutes > 59)
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
    time->seconds = days * TT_DAY;
    time->is_local = 1;
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
        p++;
        if ((wrong = parse_fraction(&p, end, time)))
            return wrong;
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
    int negative = p < end && *p == '-';
    int64_t value = 0;
    const char *from = p += negative, *wrong;

    for (; p < end && is_digit(*p); p++)
        if (value < INT64_C(100000000000)) /* more is out of range, whatever follows */
            value = value * 10 + (*p - '0');
    if (p == from)
        return not_a_time;
    if (p < end && *p == '.') {
        p++;
        if ((wrong = parse_fraction(&p, end, time)))
            return wrong;
    }
    if (p != end)
        return not_a_time;
    if (negative && (time->micro || time->is_cut)) { /* down to the whole second, and up again to the microsecond */
        value++;
        time->micro = MICRO - time->micro - time->is_cut;
    }
    time->seconds = negative ? -value : value;
    if (time->seconds < tt_days_from_date(MIN_EPOCH_YEAR, 1, 1) * TT_DAY ||
        time->seconds >= tt_days_from_date(MAX_EPOCH_YEAR + 1, 1, 1) * TT_DAY)
        return not_in_range;
    return NULL;
}

int tt_time_parse(const char *text, size_t n, struct tt_time *time, const char **what)
{
    struct tt_time read = {0};
    const char *wrong =
        tt_time_has_date(text, n) ? parse_iso(text, text + n, &read) : parse_epoch(text, text + n, &read);

    if (wrong) {
        *what = wrong;
        return -1;
    }
    *time = read;
    return 0;
}

/* Features of a time: see time_feature.h. */
#include "table/time_feature.h"

#include <stdio.h>
#include <string.h>

#include "table/calendar.h"

const char *const tt_time_feature_names[TT_TIME_KINDS] = {"meal_time", "hour", "weekday", "weekend", "date", "month"};

static const char *const weekday_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

enum tt_time_kind tt_time_feature_find(const char *name, size_t len)
{
    enum tt_time_kind kind = 0;

    while (kind < TT_TIME_KINDS && !(strlen(tt_time_feature_names[kind]) == len &&
                                    memcmp(tt_time_feature_names[kind], name, len) == 0))
        kind++;
    return kind;
}

static void two_digits(char *p, int n)
{
    p[0] = (char)('0' + n / 10);
    p[1] = (char)('0' + n % 10);
}

/* Make date, month and weekday those of the day. */
static void set_day(struct tt_time_features *f, int64_t day)
{
    struct tt_date date;

    tt_date_from_days(day, &date);
    if (date.year >= 0 && date.year <= 9999) {
        memcpy(f->date, "....-..-..", 11); /* by hand: where days alternate, printf would take half of the time */
        two_digits(f->date, date.year / 100);
        two_digits(f->date + 2, date.year % 100);
        two_digits(f->date + 5, date.month);
        two_digits(f->date + 8, date.day);
    } else { /* the offset led out of the calendar: ISO 8601's expanded form */
        snprintf(f->date, sizeof(f->date), "%+06d-%02d-%02d", date.year, date.month, date.day);
    }
    f->month[0] = (char)('0' + (date.month < 10 ? date.month : 1));
    f->month[1] = (char)(date.month < 10 ? '\0' : '0' + date.month % 10);
    f->month[2] = '\0';
    f->weekday = tt_weekday(day);
    f->day = day;
    f->has_day = 1;
}

const char *tt_time_feature(struct tt_time_features *features, enum tt_time_kind kind, int64_t local, size_t *len)
{
    static const char hours[] = "01234567891011121314151617181920212223";
    int hour = tt_local_hour(local);
    const char *text = "";

    if (kind >= TT_TIME_WEEKDAY && kind < TT_TIME_KINDS && !(features->has_day && features->day == tt_local_day(local)))
        set_day(features, tt_local_day(local));
    switch (kind) {
    case TT_TIME_HOUR:
        *len = hour < 10 ? 1 : 2;
        return hours + (hour < 10 ? hour : 10 + 2 * (hour - 10));
    case TT_TIME_MEAL: text = features->meals.names[features->meals.of_hour[hour]]; break;
    case TT_TIME_WEEKDAY: text = weekday_names[features->weekday]; break;
    case TT_TIME_WEEKEND: text = features->weekday >= 5 ? "1" : "0"; break;
    case TT_TIME_DATE: text = features->date; break;
    case TT_TIME_MONTH: text = features->month; break;
    case TT_TIME_KINDS: break;
    }
    *len = strlen(text);
    return text;
}

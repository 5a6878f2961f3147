/* Meal times: see meal_times.h. */
#include "table/meal_times.h"

#include <stdint.h>

#include "base/number.h"
#include "base/utf8.h"

static int is_name(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c > 127 || c == '_' ||
                    c == '-' || c == '.';
        if (!plain)
            return 0;
    }
    return n > 0 && tt_is_utf8(text, n);
}

static int part_error(const char *part, size_t n, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_USAGE, "'%.*s': %s", n > 100 ? 100 : (int)n, part, what);
}

int tt_meal_times_parse(struct tt_meal_times *meals, const char *text, struct tt_err *err)
{
    int starts[TT_MAX_MEALS];

    *meals = (struct tt_meal_times){0};
    for (const char *part = text;; meals->n++) {
        size_t n = strcspn(part, ",");
        const char *equals = memchr(part, '=', n);
        uint64_t hour;
        if (!equals)
            return part_error(part, n, "expected NAME=HOUR", err);
        size_t len = (size_t)(equals - part);
        if (meals->n == TT_MAX_MEALS)
            return part_error(part, n, "more than 24 meal times", err);
        if (len >= sizeof(meals->names[0]) || !is_name(part, len))
            return part_error(part, n, "a name has 1 to 31 letters, digits, '_', '-' and '.'", err);
        if (tt_parse_u64(equals + 1, n - len - 1, &hour) || hour > 23)
            return part_error(part, n, "the hour is a whole number from 0 to 23", err);
        if (meals->n > 0 && (int)hour <= starts[meals->n - 1])
            return part_error(part, n, "the hours do not rise", err);
        memcpy(meals->names[meals->n], part, len);
        for (int i = 0; i < meals->n; i++)
            if (strcmp(meals->names[i], meals->names[meals->n]) == 0)
                return part_error(part, n, "a name that was given already", err);
        starts[meals->n] = (int)hour;
        if (part[n] == '\0')
            break;
        part += n + 1;
    }
    meals->n++;
    for (int hour = 0; hour < 24; hour++) {
        int meal = meals->n - 1; /* before the first begins, the last one of the day before goes on */
        for (int i = 0; i < meals->n && starts[i] <= hour; i++)
            meal = i;
        meals->of_hour[hour] = (unsigned char)meal;
    }
    return 0;
}

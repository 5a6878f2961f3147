/* Meal times: named parts of the day. Each begins at an hour and lasts until the next begins; the last one runs over
 * midnight to the first. tt-gen, tt-feature and tt-serve share them.
 */
#ifndef TT_TABLE_MEAL_TIMES_H
#define TT_TABLE_MEAL_TIMES_H

#include "base/err.h"

enum { TT_MAX_MEALS = 24 };

struct tt_meal_times {
    int n;                        /* 1 ... TT_MAX_MEALS */
    char names[TT_MAX_MEALS][32]; /* letters, digits, '_', '-', '.' and bytes above 127 */
    unsigned char of_hour[24];    /* the meal time of each hour, 0 ... n-1 */
};

/* breakfast 5-10, lunch 11-14, afternoon 15-16, dinner 17-21, night 22-4 */
#define TT_MEAL_TIMES "breakfast=5,lunch=11,afternoon=15,dinner=17,night=22"

/* From NAME=HOUR,... with rising hours from 0 to 23. Errors (TT_ERR_USAGE) name the part: "'lunch=25': ...". */
int tt_meal_times_parse(struct tt_meal_times *meals, const char *text, struct tt_err *err) TT_CHECKED;

#endif

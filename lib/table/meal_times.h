/* Meal times: names for parts of the day, each beginning at an hour and lasting until the next begins; the last runs
 * over midnight to the first. What tt-gen makes its world from and tt-feature derives from a time, so that both mean
 * the same.
 */
#ifndef TT_TABLE_MEAL_TIMES_H
#define TT_TABLE_MEAL_TIMES_H

#include "base/err.h"

enum { TT_MAX_MEALS = 24 };

struct tt_meal_times {
    int n;                        /* 1 ... TT_MAX_MEALS */
    char names[TT_MAX_MEALS][32]; /* letters, digits, '_', '-', '.' and bytes above 127 */
    unsigned char of_hour[24];    /* which one */
};

/* breakfast 5-10, lunch 11-14, afternoon 15-16, dinner 17-21, night 22-4 */
#define TT_MEAL_TIMES "breakfast=5,lunch=11,afternoon=15,dinner=17,night=22"

/* From NAME=HOUR,... with rising hours from 0 to 23. Errors (TT_ERR_USAGE) name the part: "'lunch=25': ...". */
int tt_meal_times_parse(struct tt_meal_times *meals, const char *text, struct tt_err *err) TT_CHECKED;

#endif

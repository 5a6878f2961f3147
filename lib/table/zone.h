/* The clock of a time zone: local times of instants, and back (table/calendar.h says what these are).
 *
 *     zone = tt_zone_new("Asia/Seoul", getenv("TZDIR"), &err);
 *     struct tt_span span = TT_SPAN_INIT;
 *     local = tt_zone_local(zone, &time, &span);               // for each time; span holds where the last one was
 *
 * Zones come from the system's TZif files (RFC 9636), version 2 and up, with their footer (a POSIX TZ text) for times
 * after the last transition. Nothing here reads or sets TZ: a zone is a value, and all calls may run at once.
 */
#ifndef TT_TABLE_ZONE_H
#define TT_TABLE_ZONE_H

#include "base/err.h"
#include "table/time_text.h"

struct tt_zone;

/* `name`: "UTC", a fixed offset "+09:00", or a name of the tz database, "Asia/Seoul". `folder` holds the database (the
 * environment's TZDIR); NULL: the usual places. Errors: TT_ERR_USAGE for a name that is not there, TT_ERR_SYSTEM when
 * there is no database at all, TT_ERR_INPUT for a damaged file. */
struct tt_zone *tt_zone_new(const char *name, const char *folder, struct tt_err *err) TT_CHECKED;
void tt_zone_free(struct tt_zone *zone);

/* A stretch of time with one offset. Callers keep the last one, as the next time usually falls into it too. */
struct tt_span {
    int64_t from, until; /* instants: from <= t < until */
    int32_t offset;
};

#define TT_SPAN_INIT { 0, 0, 0 } /* holds no time */

/* The span that holds the instant t. */
void tt_zone_span(const struct tt_zone *zone, int64_t t, struct tt_span *span);

/* The local time of a parsed time. *span is in and out: TT_SPAN_INIT at first, and always of the same zone. */
int64_t tt_zone_local(const struct tt_zone *zone, const struct tt_time *time, struct tt_span *span);

/* The first instant at which the clock shows `local`; where the clock jumps over it, the instant of the jump. So a
 * rising local time gives an instant that never falls. *span is then the span of that instant. */
int64_t tt_zone_instant(const struct tt_zone *zone, int64_t local, struct tt_span *span);

#endif

/* Counters of requests for Prometheus, in its text exposition format 0.0.4.
 *
 *     tt_telemetry_count(telemetry, endpoint, status, nanoseconds);    any thread, without a lock
 *     tt_telemetry_print(telemetry, &text, &err);
 *
 * A request is counted under its endpoint, one of the names given at the start, and its status. Names and statuses that
 * are not in the tables are counted as the last name, and as "other".
 */
#ifndef TT_HTTP_TELEMETRY_H
#define TT_HTTP_TELEMETRY_H

#include <stdint.h>

#include "base/buf.h"

struct tt_telemetry;

/* names (n), static, each once; the last one is for all others. */
struct tt_telemetry *tt_telemetry_new(const char *const *names, size_t n, struct tt_err *err) TT_CHECKED;
void tt_telemetry_free(struct tt_telemetry *telemetry);

void tt_telemetry_count(struct tt_telemetry *telemetry, const char *endpoint, unsigned status, uint64_t nanoseconds);

/* Append tt_requests_total{endpoint,code} and the histogram tt_request_seconds{endpoint}. */
int tt_telemetry_print(const struct tt_telemetry *telemetry, struct tt_buf *text, struct tt_err *err) TT_CHECKED;

/* Append another number with its help and type ("gauge", "counter"). */
int tt_telemetry_add(struct tt_buf *text, const char *name, const char *type, const char *help, double value,
                     struct tt_err *err) TT_CHECKED;

#endif

/* Counters of a service, as Prometheus reads them (its text exposition format 0.0.4).
 *
 *     tt_telemetry_count(telemetry, endpoint, status, nanoseconds);    any thread, without a lock
 *     tt_telemetry_print(telemetry, &text, &err);
 *
 * Endpoints are those named at the start; one that is not among them is counted as the last. So are statuses.
 */
#ifndef TT_SERVE_TELEMETRY_H
#define TT_SERVE_TELEMETRY_H

#include <stdint.h>

#include "base/buf.h"

struct tt_telemetry;

/* names (n), static; the last one is for all others. */
struct tt_telemetry *tt_telemetry_new(const char *const *names, size_t n, struct tt_err *err) TT_CHECKED;
void tt_telemetry_free(struct tt_telemetry *telemetry);

void tt_telemetry_count(struct tt_telemetry *telemetry, const char *endpoint, unsigned status, uint64_t nanoseconds);

/* tt_requests_total{endpoint,code} and the histogram tt_request_seconds{endpoint}, appended. */
int tt_telemetry_print(const struct tt_telemetry *telemetry, struct tt_buf *text, struct tt_err *err) TT_CHECKED;

/* One more number with its help and type ("gauge", "counter"). */
int tt_telemetry_add(struct tt_buf *text, const char *name, const char *type, const char *help, double value,
                     struct tt_err *err) TT_CHECKED;

#endif

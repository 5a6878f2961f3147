/* Counters of requests: see telemetry.h. */
#include "http/telemetry.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const unsigned statuses[] = {200, 400, 401, 404, 405, 413, 429, 500, 503, 0}; /* 0: any other */
static const char *const status_names[] = {"200", "400", "401", "404", "405", "413", "429", "500", "503", "other"};
enum { STATUSES = sizeof(statuses) / sizeof(*statuses) };

static const uint64_t limits[] = {20000,   50000,    100000,   200000,   500000,    1000000,   2000000,
                                  5000000, 10000000, 20000000, 50000000, 100000000, 1000000000}; /* nanoseconds */
enum { BUCKETS = sizeof(limits) / sizeof(*limits) + 1 };

struct endpoint {
    const char *name;
    atomic_uint_fast64_t by_status[STATUSES], by_time[BUCKETS], nanoseconds;
};

struct tt_telemetry {
    size_t n;
    struct endpoint *endpoints;
};

struct tt_telemetry *tt_telemetry_new(const char *const *names, size_t n, struct tt_err *err)
{
    struct tt_telemetry *t = tt_alloc_zero(1, sizeof(*t), err);

    if (!t)
        return NULL;
    t->n = n;
    t->endpoints = tt_alloc_zero(n, sizeof(*t->endpoints), err);
    if (!t->endpoints) {
        free(t);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        t->endpoints[i].name = names[i];
    return t;
}

void tt_telemetry_free(struct tt_telemetry *telemetry)
{
    if (!telemetry)
        return;
    free(telemetry->endpoints);
    free(telemetry);
}

void tt_telemetry_count(struct tt_telemetry *telemetry, const char *endpoint, unsigned status, uint64_t nanoseconds)
{
    size_t e = 0, s = 0, b = 0;

    while (e + 1 < telemetry->n && strcmp(telemetry->endpoints[e].name, endpoint) != 0)
        e++;
    while (s + 1 < STATUSES && statuses[s] != status)
        s++;
    while (b + 1 < BUCKETS && nanoseconds > limits[b])
        b++;
    struct endpoint *at = &telemetry->endpoints[e];
    atomic_fetch_add_explicit(&at->by_status[s], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->by_time[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->nanoseconds, nanoseconds, memory_order_relaxed);
}

static unsigned long long get(const atomic_uint_fast64_t *counter)
{
    return (unsigned long long)atomic_load_explicit(counter, memory_order_relaxed);
}

static int print_times(const struct endpoint *e, struct tt_buf *text, struct tt_err *err)
{
    unsigned long long sum = 0, spent = get(&e->nanoseconds);

    for (size_t b = 0; b + 1 < BUCKETS; b++) {
        sum += get(&e->by_time[b]);
        if (tt_buf_printf(text, err, "tt_request_seconds_bucket{endpoint=\"%s\",le=\"%g\"} %llu\n", e->name,
                          (double)limits[b] * 1e-9, sum))
            return -1;
    }
    sum += get(&e->by_time[BUCKETS - 1]);
    return tt_buf_printf(text, err,
                         "tt_request_seconds_bucket{endpoint=\"%s\",le=\"+Inf\"} %llu\n"
                         "tt_request_seconds_sum{endpoint=\"%s\"} %llu.%09llu\n"
                         "tt_request_seconds_count{endpoint=\"%s\"} %llu\n",
                         e->name, sum, e->name, spent / 1000000000, spent % 1000000000, e->name, sum);
}

int tt_telemetry_print(const struct tt_telemetry *telemetry, struct tt_buf *text, struct tt_err *err)
{
    if (tt_buf_add_text(text, "# HELP tt_requests_total Requests by endpoint and status.\n"
                              "# TYPE tt_requests_total counter\n", err))
        return -1;
    for (size_t e = 0; e < telemetry->n; e++)
        for (size_t s = 0; s < STATUSES; s++)
            if (get(&telemetry->endpoints[e].by_status[s]) &&
                tt_buf_printf(text, err, "tt_requests_total{endpoint=\"%s\",code=\"%s\"} %llu\n",
                              telemetry->endpoints[e].name, status_names[s],
                              get(&telemetry->endpoints[e].by_status[s])))
                return -1;
    if (tt_buf_add_text(text, "# HELP tt_request_seconds From a request's arrival to its answer.\n"
                              "# TYPE tt_request_seconds histogram\n", err))
        return -1;
    for (size_t e = 0; e < telemetry->n; e++)
        if (print_times(&telemetry->endpoints[e], text, err))
            return -1;
    return 0;
}

int tt_telemetry_add(struct tt_buf *text, const char *name, const char *type, const char *help, double value,
                     struct tt_err *err)
{
    return tt_buf_printf(text, err, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name, value);
}

/* The counters as a reader of Prometheus' text format sees them, against counters of the test's own. */
#include "http/telemetry.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"
#include "base/rng.h"
#include "unit.h"

static const char *const names[] = {"recommend", "events", "health", "other"};
enum { NAMES = LENGTH(names), SAMPLES = 400, THREADS = 4, EACH = 2000000 };

/* ---- a reader of the format ---- */

struct sample {
    char name[64], labels[2][2][64]; /* name and value of each label */
    size_t n_labels;
    double value;
    char text[64];                   /* the value as it stands there */
};

struct exposition {
    struct sample samples[SAMPLES];
    size_t n;
    char types[SAMPLES][2][64]; /* name and type of each metric */
    size_t n_types;
};

static int is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789");

    return n > 0 && text[n] == '\0' && !(text[0] >= '0' && text[0] <= '9');
}

/* "name{label="value",label="value"} number" */
static void read_sample(struct exposition *x, char *line)
{
    struct sample *s = &x->samples[x->n++];
    char *blank = strrchr(line, ' '), *brace = strchr(line, '{'), *end;
    size_t len;

    assert_true(x->n <= SAMPLES);
    *s = (struct sample){.n_labels = 0};
    assert_non_null(blank);
    *blank = '\0';
    assert_true(blank[1] != '\0');
    s->value = strtod(blank + 1, &end);
    assert_int_equal(*end, '\0');
    snprintf(s->text, sizeof(s->text), "%s", blank + 1);
    if (brace) {
        *brace = '\0';
        char *p = brace + 1;
        while (*p != '}') {
            assert_true(s->n_labels < 2);
            char *equal = strstr(p, "=\"");
            assert_non_null(equal);
            *equal = '\0';
            assert_true(is_name(p));
            char *quote = strchr(equal + 2, '"');
            assert_non_null(quote);
            *quote = '\0';
            assert_null(strchr(equal + 2, '\\'));
            snprintf(s->labels[s->n_labels][0], 64, "%s", p);
            snprintf(s->labels[s->n_labels++][1], 64, "%s", equal + 2);
            p = quote + 1;
            p += *p == ',';
        }
        assert_string_equal(p, "}");
    }
    assert_true(is_name(line));
    snprintf(s->name, sizeof(s->name), "%s", line);
    /* it belongs to the metric that was announced last */
    assert_true(x->n_types > 0);
    const char *metric = x->types[x->n_types - 1][0], *type = x->types[x->n_types - 1][1];
    len = strlen(metric);
    assert_memory_equal(s->name, metric, len);
    if (strcmp(type, "histogram") == 0)
        assert_true(strcmp(s->name + len, "_bucket") == 0 || strcmp(s->name + len, "_sum") == 0 ||
                    strcmp(s->name + len, "_count") == 0);
    else
        assert_string_equal(s->name + len, "");
    for (size_t i = 0; i + 1 < x->n; i++) { /* each once */
        const struct sample *o = &x->samples[i];
        assert_false(strcmp(o->name, s->name) == 0 && o->n_labels == s->n_labels &&
                     memcmp(o->labels, s->labels, sizeof(s->labels)) == 0);
    }
}

static void read_text(struct exposition *x, struct tt_buf *text)
{
    char help[64] = "";

    *x = (struct exposition){.n = 0};
    assert_true(text->len > 0 && text->data[text->len - 1] == '\n');
    assert_int_equal(strlen(text->data), text->len);
    for (char *line = text->data, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line + 7, "%63s", help), 1);
            assert_true(strlen(line) > 8 + strlen(help));
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            char (*type)[64] = x->types[x->n_types];
            assert_int_equal(sscanf(line + 7, "%63s %63s", type[0], type[1]), 2);
            assert_true(is_name(type[0]));
            assert_string_equal(type[0], help);
            assert_true(strcmp(type[1], "counter") == 0 || strcmp(type[1], "gauge") == 0 ||
                        strcmp(type[1], "histogram") == 0);
            for (size_t i = 0; i < x->n_types; i++)
                assert_string_not_equal(x->types[i][0], type[0]);
            x->n_types++;
        } else {
            read_sample(x, line);
        }
    }
}

/* The sample, or NULL. `label` NULL: without a second one. */
static const struct sample *find(const struct exposition *x, const char *name, const char *endpoint, const char *label,
                                 const char *value)
{
    for (size_t i = 0; i < x->n; i++) {
        const struct sample *s = &x->samples[i];
        if (strcmp(s->name, name) == 0 && s->n_labels == (label ? 2 : 1) && strcmp(s->labels[0][0], "endpoint") == 0 &&
            strcmp(s->labels[0][1], endpoint) == 0 &&
            (!label || (strcmp(s->labels[1][0], label) == 0 && strcmp(s->labels[1][1], value) == 0)))
            return s;
    }
    return NULL;
}

static void print(const struct tt_telemetry *t, struct exposition *x)
{
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_telemetry_print(t, &text, &err), 0);
    read_text(x, &text);
    tt_buf_release(&text);
}

/* ---- tests ---- */

struct request {
    size_t endpoint;
    unsigned status;
    uint64_t nanoseconds;
};

/* Buckets are cumulative, their limits rise, and each holds the requests that took no longer. */
static void check_times(const struct exposition *x, size_t e, const struct request *requests, size_t n)
{
    size_t count = 0, buckets = 0;
    uint64_t sum = 0;
    double last = 0;

    for (size_t i = 0; i < n; i++)
        if (requests[i].endpoint == e) {
            count++;
            sum += requests[i].nanoseconds;
        }
    for (size_t k = 0; k < x->n; k++) {
        const struct sample *s = &x->samples[k];
        if (strcmp(s->name, "tt_request_seconds_bucket") != 0 || strcmp(s->labels[0][1], names[e]) != 0)
            continue;
        assert_string_equal(s->labels[1][0], "le");
        double limit = strtod(s->labels[1][1], NULL);
        assert_true(limit > last);
        last = limit;
        size_t within = 0;
        for (size_t i = 0; i < n; i++)
            within += requests[i].endpoint == e && (double)requests[i].nanoseconds <= limit * 1e9 * (1 + 1e-12);
        assert_int_equal((size_t)s->value, within);
        buckets++;
    }
    assert_true(buckets > 5);
    assert_true(isinf(last)); /* "+Inf" */
    assert_int_equal((size_t)find(x, "tt_request_seconds_count", names[e], NULL, NULL)->value, count);
    assert_true(fabs(find(x, "tt_request_seconds_sum", names[e], NULL, NULL)->value - (double)sum * 1e-9) <=
                1e-8 * (double)sum * 1e-9);
}

static void test_telemetry_is_what_was_counted(void **state)
{
    static const unsigned statuses[] = {200, 400, 401, 404, 405, 413, 429, 500, 503, 431, 0, 99999};
    static const uint64_t edges[] = {0, 1, 20000, 20001, 50000, 99999, 100000, 1000000, 1000001, 100000000, 1000000000,
                                     1000000001, 50000000000};
    static struct request requests[2000];
    static struct exposition x;
    struct tt_err err = TT_ERR_INIT;
    struct tt_telemetry *t = tt_telemetry_new(names, NAMES, &err);
    struct tt_rng rng;
    (void)state;

    assert_non_null(t);
    print(t, &x); /* before anything came */
    assert_int_equal(x.n_types, 2);
    for (size_t e = 0; e < NAMES; e++)
        check_times(&x, e, NULL, 0);
    tt_rng_init(&rng, 1, TT_RNG_TEST, 10);
    for (size_t i = 0; i < LENGTH(requests); i++) {
        struct request *r = &requests[i];
        r->endpoint = tt_rng_below(&rng, NAMES);
        r->status = statuses[tt_rng_below(&rng, LENGTH(statuses))];
        r->nanoseconds = tt_rng_below(&rng, 2) ? edges[tt_rng_below(&rng, LENGTH(edges))]
                                               : (uint64_t)pow(10, 3 + 7 * tt_rng_unit(&rng));
        /* names that were not given count as the last */
        const char *name = r->endpoint < NAMES - 1 ? names[r->endpoint] : i % 3 ? "" : "recommend2";
        tt_telemetry_count(t, name, r->status, r->nanoseconds);
    }
    print(t, &x);
    for (size_t e = 0; e < NAMES; e++) {
        size_t other = 0, all = 0;
        for (size_t s = 0; s < LENGTH(statuses); s++) {
            char code[16];
            size_t n = 0;
            for (size_t i = 0; i < LENGTH(requests); i++)
                n += requests[i].endpoint == e && requests[i].status == statuses[s];
            all += n;
            snprintf(code, sizeof(code), "%u", statuses[s]);
            const struct sample *sample = find(&x, "tt_requests_total", names[e], "code", code);
            if (s >= 9)
                other += n;
            else
                assert_int_equal((size_t)(sample ? sample->value : 0), n);
        }
        assert_int_equal((size_t)find(&x, "tt_requests_total", names[e], "code", "other")->value, other);
        assert_true(all > 0);
        check_times(&x, e, requests, LENGTH(requests));
    }
    tt_telemetry_free(t);
    tt_telemetry_free(NULL);
}

/* A sum that has grown for months still shows the next request: rates are differences of sums. */
static void test_telemetry_sums_do_not_lose_requests(void **state)
{
    static struct exposition x;
    struct tt_err err = TT_ERR_INIT;
    struct tt_telemetry *t = tt_telemetry_new(names, NAMES, &err);
    (void)state;

    assert_non_null(t);
    for (int i = 0; i < 1000; i++)
        tt_telemetry_count(t, "recommend", 200, UINT64_C(1000000000000)); /* 1,000,000 s in all */
    print(t, &x);
    double before = find(&x, "tt_request_seconds_sum", "recommend", NULL, NULL)->value;
    tt_telemetry_count(t, "recommend", 200, 30000);
    print(t, &x);
    double after = find(&x, "tt_request_seconds_sum", "recommend", NULL, NULL)->value;
    assert_true(fabs(after - before - 0.00003) < 1e-9);
    tt_telemetry_free(t);
}

static void test_telemetry_adds_numbers(void **state)
{
    static const char first[] = "# HELP tt_items Items of the index.\n# TYPE tt_items gauge\ntt_items 123456789012\n";
    static struct exposition x;
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;

    assert_int_equal(tt_telemetry_add(&text, "tt_items", "gauge", "Items of the index.", 123456789012.0, &err), 0);
    assert_int_equal(tt_telemetry_add(&text, "tt_share", "gauge", "A share.", 0.1, &err), 0);
    assert_int_equal(tt_telemetry_add(&text, "tt_events_total", "counter", "Events.", 0, &err), 0);
    assert_memory_equal(text.data, first, strlen(first));
    read_text(&x, &text);
    assert_int_equal(x.n, 3);
    assert_true(x.samples[1].value == 0.1);
    assert_string_equal(x.samples[2].text, "0");
    tt_buf_release(&text);
}

struct crowd {
    struct tt_telemetry *telemetry;
    atomic_int here;
};

/* Wait until all threads are here, so that they run at once; but not for ever. */
static void gather(atomic_int *here, int threads)
{
    const struct timespec little = {.tv_nsec = 100000};

    atomic_fetch_add(here, 1);
    for (int i = 0; i < 50000 && atomic_load(here) < threads; i++)
        nanosleep(&little, NULL);
}

static void count_many(void *arg, size_t block, int worker)
{
    struct crowd *crowd = arg;
    (void)worker;

    gather(&crowd->here, THREADS);
    for (size_t i = 0; i < EACH; i++)
        tt_telemetry_count(crowd->telemetry, names[i % 64 ? 0 : block % NAMES], i % 2 ? 200 : 404, 1000 * (i % 4));
}

static void test_telemetry_loses_nothing_between_threads(void **state)
{
    static struct exposition x;
    struct tt_err err = TT_ERR_INIT;
    struct crowd crowd = {.telemetry = tt_telemetry_new(names, NAMES, &err)};
    struct tt_pool *pool = tt_pool_new(THREADS, &err);
    double requests = 0, times = 0, seconds = 0;
    (void)state;

    assert_non_null(crowd.telemetry);
    assert_non_null(pool);
    tt_pool_run(pool, THREADS, count_many, &crowd);
    print(crowd.telemetry, &x);
    for (size_t i = 0; i < x.n; i++) {
        requests += strcmp(x.samples[i].name, "tt_requests_total") == 0 ? x.samples[i].value : 0;
        times += strcmp(x.samples[i].name, "tt_request_seconds_count") == 0 ? x.samples[i].value : 0;
        seconds += strcmp(x.samples[i].name, "tt_request_seconds_sum") == 0 ? x.samples[i].value : 0;
    }
    assert_int_equal((size_t)requests, THREADS * EACH);
    assert_int_equal((size_t)times, THREADS * EACH);
    assert_int_equal((size_t)(seconds * 1e6 + 0.5), THREADS * EACH / 4 * (0 + 1 + 2 + 3));
    tt_pool_free(pool);
    tt_telemetry_free(crowd.telemetry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_telemetry_is_what_was_counted),
        cmocka_unit_test(test_telemetry_sums_do_not_lose_requests),
        cmocka_unit_test(test_telemetry_adds_numbers),
        cmocka_unit_test(test_telemetry_loses_nothing_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

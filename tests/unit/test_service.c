/* The life of a service: reloads under load, bad files, the log of events over a night, the end. */
#include "serve/service_internal.h"
#include "tiny_service.h"

static char text[1 << 16];

/* One of the two models' files takes the place of m and i, by renaming, as tt's programs write. */
static void put(const char *model, const char *index)
{
    char command[64];

    snprintf(command, sizeof(command), "cp %s a && cp %s b && mv a m && mv b i", model, index);
    assert_int_equal(system(command), 0);
}

/* The list of a request, with and without the fingerprints. */
struct reference {
    char body[4096];
};

static struct reference reference_of(struct tt_service *service)
{
    struct reference r;

    assert_int_equal(tiny_request(service, "GET /recommend?user=u1&k=5&meal_time=c1", "", r.body, sizeof(r.body)), 200);
    return r;
}

struct load {
    struct tt_service *service;
    struct reference ok[2];
    atomic_int wrong, sent;
};

/* Block 0 reloads now and then, the others send requests all the time: each answer must be from one of the models
 * alone. */
static void request_or_reload(void *arg, size_t block, int worker)
{
    struct load *load = arg;
    char body[4096];

    (void)worker;
    for (int i = 0; i < (block ? 600 : 12); i++) {
        if (block == 0) {
            put(i % 2 ? "c" : "n", i % 2 ? "d" : "j");
            tt_service_reload(load->service);
            continue;
        }
        unsigned status = tiny_request(load->service, "GET /recommend?user=u1&k=5&meal_time=c1", "", body,
                                       sizeof(body));
        if (status != 200 || (strcmp(body, load->ok[0].body) != 0 && strcmp(body, load->ok[1].body) != 0))
            atomic_fetch_add(&load->wrong, 1);
        atomic_fetch_add(&load->sent, 1);
    }
}

static void test_reloads_under_load_mix_nothing(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    struct tt_service_options options = tiny_options();
    struct tt_pool *pool = tt_pool_new(3, &err);
    struct load load = {0};

    put("n", "j");
    load.service = tiny_service(&options);
    load.ok[0] = reference_of(load.service);
    put("c", "d");
    tt_service_reload(load.service);
    load.ok[1] = reference_of(load.service);
    assert_string_not_equal(load.ok[0].body, load.ok[1].body);
    tt_pool_run(pool, 4, request_or_reload, &load);
    assert_int_equal(load.wrong, 0);
    assert_int_equal(load.sent, 1800);
    assert_int_equal(atomic_load(&load.service->reloads), 13);
    tt_pool_free(pool);
    tt_service_free(load.service);
}

static void test_bad_files_leave_the_old_ones_serving(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();

    put("c", "d");
    struct tt_service *service = tiny_service(&options);
    struct reference before = reference_of(service);
    tiny_notes[0] = '\0';
    put("n", "d"); /* an index of another model */
    tt_service_reload(service);
    assert_string_equal(reference_of(service).body, before.body);
    assert_non_null(strstr(tiny_notes,
                           "not reloaded, the earlier files stay in use: i: its vectors were made by another"));
    assert_int_equal(tiny_request(service, "GET /health/ready", "", text, sizeof(text)), 200);
    assert_non_null(strstr(text, "\"last_error\":\"i: its vectors"));
    assert_int_equal(truncate("m", 100), 0);
    tt_service_reload(service);
    unlink("m");
    tt_service_reload(service);
    assert_string_equal(reference_of(service).body, before.body);
    put("c", "d"); /* well again */
    tt_service_reload(service);
    assert_int_equal(tiny_request(service, "GET /health/ready", "", text, sizeof(text)), 200);
    assert_null(strstr(text, "last_error"));
    assert_int_equal(atomic_load(&service->failed_reloads), 3);
    tt_service_free(service);
}

static void test_damaged_files_leave_the_old_ones_serving(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();
    const char *const damaged[] = {"n", "j"};

    put("c", "d");
    struct tt_service *service = tiny_service(&options);
    struct reference before = reference_of(service);
    for (int i = 0; i < 2; i++) {
        tiny_flip(damaged[i], tiny_length(damaged[i]) - 1);
        put("n", "j");
        tiny_flip(damaged[i], tiny_length(damaged[i]) - 1);
        tiny_notes[0] = '\0';
        tt_service_reload(service);
        assert_non_null(strstr(tiny_notes, i ? "earlier files stay in use: i: damaged: the checksum"
                                             : "earlier files stay in use: m: damaged: the checksum"));
        assert_string_equal(reference_of(service).body, before.body);
        assert_int_equal(atomic_load(&service->failed_reloads), i + 1);
    }
    put("n", "j");
    tt_service_reload(service);
    assert_string_not_equal(reference_of(service).body, before.body);
    tt_service_free(service);
}

static void test_changed_files_are_taken_when_they_have_settled(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();

    put("c", "d");
    struct tt_service *service = tiny_service(&options);
    tt_service_tick(service);
    tt_service_tick(service);
    assert_int_equal(atomic_load(&service->reloads), 0);
    put("n", "j");
    tt_service_tick(service); /* they have changed: perhaps they are still being written */
    assert_int_equal(atomic_load(&service->reloads), 0);
    tt_service_tick(service);
    assert_int_equal(atomic_load(&service->reloads), 1);
    put("n", "d"); /* do not belong together: tried once, not every second */
    for (int i = 0; i < 5; i++)
        tt_service_tick(service);
    assert_int_equal(atomic_load(&service->failed_reloads), 1);
    tt_service_free(service);
}

static int is_known(struct tt_service *service)
{
    assert_int_equal(tiny_request(service, "GET /recommend?user=u1&seen=remove&k=41", "", text, sizeof(text)), 200);
    return strstr(text, "\"id\":\"new\"") == NULL;
}

/* An event counts until a model is loaded that was trained with it: one that is loaded after the log was moved away. */
static void test_events_over_a_night(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();

    put("c", "d");
    unlink("e");
    options.events = "e";
    struct tt_service *service = tiny_service(&options);
    assert_false(is_known(service));
    assert_int_equal(tiny_request(service, "POST /events", "{\"user\":\"u1\",\"item\":\"new\"}", text, sizeof(text)),
                     200);
    assert_true(is_known(service));
    put("n", "j"); /* a model while the log is in place: it was not trained with the event */
    tt_service_reload(service);
    assert_true(is_known(service));
    tt_service_free(service); /* nor does a restart forget it */
    service = tiny_service(&options);
    assert_true(is_known(service));
    assert_int_equal(rename("e", "f"), 0); /* the night begins */
    tt_service_reload(service);
    assert_true(is_known(service));
    assert_int_equal(access("e", F_OK), 0);
    put("c", "d"); /* the model of the night */
    tt_service_reload(service);
    assert_false(is_known(service));
    tt_service_free(service);
}

/* A model that comes at once with the new log was trained before: it does not end the old log's events, also when the
 * first try fails. */
static void test_a_log_that_is_moved_away_with_a_new_model(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();

    put("c", "d");
    unlink("e");
    options.events = "e";
    struct tt_service *service = tiny_service(&options);
    assert_int_equal(tiny_request(service, "POST /events", "{\"user\":\"u1\",\"item\":\"new\"}", text, sizeof(text)),
                     200);
    assert_int_equal(rename("e", "f"), 0);
    put("n", "d");
    tt_service_reload(service);
    assert_int_equal(atomic_load(&service->failed_reloads), 1);
    put("n", "j");
    tt_service_reload(service);
    assert_true(is_known(service));
    put("c", "d");
    tt_service_reload(service);
    assert_false(is_known(service));
    tt_service_free(service);
}

static void test_without_a_log_events_are_refused(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();
    struct tt_service *service = tiny_service(&options);

    assert_int_equal(tiny_request(service, "POST /events", "{\"user\":\"u1\",\"item\":\"i1\"}", text, sizeof(text)),
                     503);
    tt_service_drain(service);
    assert_int_equal(tiny_request(service, "GET /health/ready", "", text, sizeof(text)), 503);
    assert_int_equal(tiny_request(service, "GET /health/live", "", text, sizeof(text)), 200);
    tt_service_free(service);
}

static void test_requests_are_counted(void **state)
{
    (void)state;
    struct tt_service_options options = tiny_options();
    struct tt_service *service = tiny_service(&options);

    tt_service_done(service, &(struct tt_http_done){.endpoint = "recommend", .status = 200, .nanoseconds = 30000});
    tt_service_done(service, &(struct tt_http_done){.endpoint = "", .status = 413});
    assert_int_equal(tiny_request(service, "GET /metrics", "", text, sizeof(text)), 200);
    assert_non_null(strstr(text, "tt_requests_total{endpoint=\"recommend\",code=\"200\"} 1\n"));
    assert_non_null(strstr(text, "tt_requests_total{endpoint=\"other\",code=\"413\"} 1\n"));
    tt_service_free(service);
}

static int setup(void **state)
{
    if (tiny_service_setup(state))
        return -1;
    tiny_files("n", "j", 1);
    tiny_files("c", "d", 2);
    return 0;
}

static int teardown(void **state)
{
    tt_zone_free(tiny_zone);
    return tiny_service_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reloads_under_load_mix_nothing),
        cmocka_unit_test(test_bad_files_leave_the_old_ones_serving),
        cmocka_unit_test(test_damaged_files_leave_the_old_ones_serving),
        cmocka_unit_test(test_changed_files_are_taken_when_they_have_settled),
        cmocka_unit_test(test_events_over_a_night),
        cmocka_unit_test(test_a_log_that_is_moved_away_with_a_new_model),
        cmocka_unit_test(test_without_a_log_events_are_refused),
        cmocka_unit_test(test_requests_are_counted),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/* A service on tiny files, called without HTTP, and its answers as JSON. */
#ifndef TT_TESTS_SERVICE_CLIENT_H
#define TT_TESTS_SERVICE_CLIENT_H

#include <jansson.h>

#include "tiny_service.h"

static struct tt_service *service;
static char text[1 << 18];

static inline json_t *answer_of(unsigned status, const char *target, const char *body)
{
    unsigned got = tiny_request(service, target, body, text, sizeof(text));
    json_t *json = json_loads(text, 0, NULL);

    if (got != status || !json)
        fail_msg("%s: %u %s", target, got, text);
    return json;
}

static inline const char *member(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));

    assert_non_null(value);
    return value;
}

static inline size_t length(const json_t *json, const char *name)
{
    assert_true(json_is_array(json_object_get(json, name)));
    return json_array_size(json_object_get(json, name));
}

static inline json_t *element(const json_t *json, const char *name, size_t i)
{
    json_t *found = json_array_get(json_object_get(json, name), i);

    assert_non_null(found);
    return found;
}

static inline void error(unsigned status, const char *target, const char *body, const char *why)
{
    json_t *json = answer_of(status, target, body);

    if (!strstr(member(json, "error"), why))
        fail_msg("%s: '%s' does not say '%s'", target, member(json, "error"), why);
    json_decref(json);
}

static inline int start_service(void **state)
{
    if (tiny_service_setup(state))
        return -1;
    tiny_files("m", "i", 1);
    static struct tt_service_options options;
    options = tiny_options();
    options.events = "e";
    service = tiny_service(&options);
    return 0;
}

static inline int stop_service(void **state)
{
    tt_service_free(service);
    tt_zone_free(tiny_zone);
    return tiny_service_teardown(state);
}

#endif

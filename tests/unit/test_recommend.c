/* Lists against a plain computation: the vector from the tower, every item's score, and what may not be listed. */
#include "serve/recommend.h"
#include <math.h>

#include "math/vec.h"
#include "tiny_snapshot.h"

static struct tt_recommend_settings settings;
static struct tt_recommender *recommender;
static struct tt_recent_events *recent;
static struct tt_cache *cache;
static struct tt_recommend_request request;

static struct tt_list recommend(const struct tt_http_param *params, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_list list;

    NEED(tt_recommend_request_parse(&request, snapshot, params, n, &settings, 0, &err));
    NEED(tt_recommend(recommender, snapshot, recent, cache, &request, &list, &err));
    return list;
}

/* The score of a row for a user of the model with the context c<meal> (0: unknown), visits added to the history. */
static void naive_vector(uint32_t user, uint32_t meal, const float *extra, float vector[DIM])
{
    float weights[ITEMS + 1] = {0};
    double squares = 0;
    const uint32_t *codes;
    const float *w;
    size_t n = user ? tt_snapshot_history(snapshot, user, &codes, &w) : 0;

    for (size_t i = 0; i < n; i++)
        weights[codes[i]] = w[i];
    for (size_t i = 0; i <= ITEMS; i++) {
        weights[i] += extra ? extra[i] : 0;
        squares += (double)weights[i] * (double)weights[i];
    }
    for (size_t k = 0; k < DIM; k++) {
        double x = (double)table_of("user_id")[user * DIM + k] + (double)table_of("meal_time")[meal * DIM + k] +
                   (double)table_of("city")[tiny_code(user) * DIM + k];
        for (size_t i = 0; i <= ITEMS; i++)
            if (weights[i] > 0)
                x += (double)weights[i] / sqrt(squares) * (double)table_of("store_id")[i * DIM + k];
        if (squares <= 0)
            x += (double)table_of("store_id")[k];
        vector[k] = (float)x;
    }
    (void)tt_vec_normalise(vector, DIM);
}

static double score(const float *vector, uint32_t row)
{
    return tt_vec_dot(vector, snapshot->index.vectors + row * DIM, DIM);
}

/* The list must be the best of the rows that `may` has. */
static void check_list(const struct tt_list *list, const float *vector, const unsigned char *may, size_t k)
{
    size_t left = 0;

    for (size_t row = 0; row <= ITEMS; row++)
        left += may[row];
    assert_int_equal(list->n, left < k ? left : k);
    for (size_t i = 0; i < list->n; i++) {
        assert_true(may[list->rows[i]]);
        assert_float_equal(list->scores[i], score(vector, list->rows[i]), 1e-5);
        assert_true(i == 0 || list->scores[i] <= list->scores[i - 1]);
    }
    for (uint32_t row = 0; row <= ITEMS && list->n; row++) {
        int listed = 0;
        for (size_t i = 0; i < list->n; i++)
            listed |= list->rows[i] == row;
        assert_true(listed || !may[row] || score(vector, row) <= (double)list->scores[list->n - 1] + 1e-5);
    }
}

static void test_lists_are_the_best_of_what_may_be_listed(void **state)
{
    (void)state;
    for (uint32_t user = 1; user <= USERS; user++) {
        for (uint32_t meal = 1; meal <= TINY_VALUES; meal++) {
            unsigned char all[ITEMS + 1], unseen[ITEMS + 1], kind[ITEMS + 1];
            float vector[DIM];
            char user_text[16], meal_text[16];
            snprintf(user_text, sizeof(user_text), "u%u", user);
            snprintf(meal_text, sizeof(meal_text), "c%u", meal);
            const struct tt_http_param params[] = {param("user", user_text), param("meal_time", meal_text),
                                                   param("k", "12"), param("seen", "remove"), param("kind", "c2"),
                                                   param("kind", "c3"), param("exclude", "i2")};
            for (uint32_t row = 0; row <= ITEMS; row++) {
                uint32_t item = ITEMS - row;
                all[row] = 1;
                unseen[row] = !tiny_visits(user, item);
                kind[row] = unseen[row] && (tiny_code(item) == 2 || tiny_code(item) == 3) && item && item != 2;
            }
            naive_vector(user, meal, NULL, vector);
            for (int again = 0; again < 2; again++) { /* the second time they come from the cache */
                struct tt_list list = recommend(params, 3);
                check_list(&list, vector, all, 12);
                assert_int_equal(list.source, TT_SOURCE_USER);
                list = recommend(params, 4);
                check_list(&list, vector, unseen, 12);
                list = recommend(params, 7);
                check_list(&list, vector, kind, 12);
                size_t left = 0;
                for (uint32_t row = 0; row <= ITEMS; row++)
                    left += kind[row];
                assert_int_equal(list.left, left < 12 ? left : 0);
            }
        }
    }
}

/* Any of the values of a column will do, but all columns must agree. */
static void test_filters_of_two_columns_must_both_hold(void **state)
{
    (void)state;
    const struct tt_http_param params[] = {param("user", "u1"), param("meal_time", "c1"), param("k", "41"),
                                           param("area", "a1"), param("kind", "c2"), param("area", "a2"),
                                           param("kind", "c3")};
    unsigned char may[ITEMS + 1];
    float vector[DIM];
    size_t both = 0, kind = 0;

    for (uint32_t row = 0; row <= ITEMS; row++) {
        uint32_t item = ITEMS - row;
        int has_kind = item && (tiny_code(item) == 2 || tiny_code(item) == 3);
        may[row] = has_kind && item % 3 != 0;
        kind += (size_t)has_kind;
        both += may[row];
    }
    assert_true(both > 0 && both < kind);
    naive_vector(1, 1, NULL, vector);
    struct tt_list list = recommend(params, 7);
    check_list(&list, vector, may, 41);
    assert_int_equal(list.left, both);
}

static void test_an_event_changes_the_next_list(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    const struct tt_http_param params[] = {param("user", "u4"), param("meal_time", "c1"), param("seen", "remove"),
                                           param("k", "41")};
    struct tt_recent_event event = {.user = "u4", .user_len = 2, .item = "i7", .item_len = 2, .weight = 3, .label = 1,
                                  .time = snapshot->model.entities.users.latest[4]};
    float extra[ITEMS + 1] = {0}, vector[DIM];
    unsigned char may[ITEMS + 1];

    assert_false(tiny_visits(4, 7));
    recommend(params, 4); /* into the cache */
    NEED(tt_recent_events_add(recent, &event, &err));
    extra[7] = 3;
    naive_vector(4, 1, extra, vector);
    for (uint32_t row = 0; row <= ITEMS; row++)
        may[row] = !tiny_visits(4, ITEMS - row) && row != ITEMS - 7;
    struct tt_list list = recommend(params, 4);
    check_list(&list, vector, may, 41);
    event.label = 0; /* a visit that was not liked says nothing for the vector; it is seen, though */
    event.item = "i8";
    NEED(tt_recent_events_add(recent, &event, &err));
    may[ITEMS - 8] = 0;
    list = recommend(params, 4);
    check_list(&list, vector, may, 41);
}

static void test_an_unknown_user_has_what_is_given(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    const struct tt_http_param params[] = {param("user", "stranger"), param("meal_time", "c3"),
                                           param("history", "i3,i5"), param("k", "41"), param("seen", "remove")};
    float extra[ITEMS + 1] = {0}, vector[DIM];
    unsigned char may[ITEMS + 1];

    extra[3] = extra[5] = 1;
    naive_vector(0, 3, extra, vector);
    for (uint32_t row = 0; row <= ITEMS; row++)
        may[row] = row != ITEMS - 3 && row != ITEMS - 5;
    struct tt_list list = recommend(params, 5);
    assert_int_equal(list.source, TT_SOURCE_HISTORY);
    check_list(&list, vector, may, 41);
    list = recommend(params, 2); /* nothing but a context: the popular ones */
    assert_int_equal(list.source, TT_SOURCE_POPULAR);
    assert_int_equal(list.n, 10);
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(list.rows[i], snapshot->popular[i]);
        assert_float_equal(list.scores[i], (float)snapshot->users_of_row[snapshot->popular[i]], 0);
    }
    const struct tt_http_param city[] = {param("user", "stranger"), param("city", "c2")};
    list = recommend(city, 2);
    assert_int_equal(list.source, TT_SOURCE_FEATURES);
    struct tt_recent_event event = {.user = "stranger", .user_len = 8, .item = "i9", .item_len = 2, .weight = 1,
                                  .label = 1};
    NEED(tt_recent_events_add(recent, &event, &err));
    list = recommend(params, 2);
    assert_int_equal(list.source, TT_SOURCE_HISTORY);
    memset(extra, 0, sizeof(extra));
    extra[9] = 1;
    naive_vector(0, 3, extra, vector);
    memset(may, 1, sizeof(may));
    check_list(&list, vector, may, 10);
}

static void test_the_reason_is_the_nearest_of_the_own(void **state)
{
    (void)state;
    const struct tt_http_param params[] = {param("user", "u2"), param("seen", "remove"), param("explain", "1")};
    struct tt_list list = recommend(params, 3);

    assert_non_null(list.because);
    for (size_t i = 0; i < list.n; i++) {
        const float *x = snapshot->index.vectors + list.rows[i] * DIM;
        assert_true(tiny_visits(2, ITEMS - list.because[i]));
        for (uint32_t item = 1; item <= ITEMS; item++)
            assert_true(!tiny_visits(2, item) || score(x, ITEMS - item) <= score(x, list.because[i]));
    }
    list = recommend(params, 2);
    assert_null(list.because);
}

static void test_items_like_an_item(void **state)
{
    (void)state;
    struct tt_err err = TT_ERR_INIT;
    unsigned char may[ITEMS + 1];
    struct tt_list list;

    for (uint32_t row = 0; row <= ITEMS; row++) {
        memset(may, 1, sizeof(may));
        may[row] = 0;
        NEED(tt_recommend_similar(recommender, snapshot, row, 9, &list, &err));
        check_list(&list, snapshot->index.vectors + row * DIM, may, 9);
    }
}

/* Item i is in the area a<i mod 3>. */
static const char *areas(void)
{
    static char text[ITEMS * 16] = "store_id,area\n";
    size_t len = strlen(text);

    for (int item = 1; item <= ITEMS; item++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "i%d,a%d\n", item, item % 3);
    return text;
}

static int setup(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    if (start_snapshot(state, areas()))
        return -1;
    settings.zone = tt_zone_new("UTC", NULL, &err);
    recommender = tt_recommender_new(&err);
    recent = tt_recent_events_new(&err);
    cache = tt_cache_new(100000, &err);
    return !settings.zone || !recommender || !recent || !cache ||
           tt_meal_times_parse(&settings.meals, TT_MEAL_TIMES, &err);
}

static int teardown(void **state)
{
    tt_recommender_free(recommender);
    tt_recent_events_free(recent);
    tt_cache_free(cache);
    tt_zone_free((struct tt_zone *)(uintptr_t)settings.zone);
    return stop_snapshot(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_are_the_best_of_what_may_be_listed),
        cmocka_unit_test(test_filters_of_two_columns_must_both_hold),
        cmocka_unit_test(test_an_event_changes_the_next_list),
        cmocka_unit_test(test_an_unknown_user_has_what_is_given),
        cmocka_unit_test(test_the_reason_is_the_nearest_of_the_own),
        cmocka_unit_test(test_items_like_an_item),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

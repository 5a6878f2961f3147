/* The catalogue: the items that somebody wants, or dislikes. */
#include "train/catalogue.h"

#include "tiny_model.h"

static void check(int keep_disliked, const uint32_t *expected, size_t n)
{
    static const uint32_t wanted[] = {3, 9, 1, 3, 20, 0, 9};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;

    tiny_begin(&base, "user u id\nitem i id\nevent liked label\n", 5, 20);
    for (size_t e = 0; e < LENGTH(wanted); e++)
        tiny_event(&base, (uint32_t)(1 + e % 3), wanted[e], 0, 1, 1, 0);
    tiny_event(&base, 1, 7, 0, 1, 0, 0); /* disliked */
    NEED(tt_queries_init(&queries, &base.entities.dictionary, &base.events, 0, keep_disliked, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, 21, &err));
    assert_int_equal(catalogue.n, n);
    for (uint32_t i = 0, at = 0; i <= 20; i++) {
        int is_in = at < n && expected[at] == i;
        assert_int_equal(catalogue.place[i], is_in ? at : TT_NO_PLACE);
        if (is_in)
            assert_int_equal(catalogue.items[at++], i);
    }
    tt_catalogue_release(&catalogue);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&base);
}

static void test_catalogue_has_what_is_wanted_and_what_is_disliked(void **state)
{
    static const uint32_t expected[] = {1, 3, 7, 9, 20};
    static const uint32_t wanted_alone[] = {1, 3, 9, 20};

    (void)state;
    check(0, wanted_alone, LENGTH(wanted_alone));
    check(1, expected, LENGTH(expected));
}

static void test_catalogue_of_no_events_is_empty(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;

    (void)state;
    tiny_begin(&base, "user u id\nitem i id\n", 2, 2);
    NEED(tt_queries_init(&queries, &base.entities.dictionary, &base.events, 0, 0, &err));
    NEED(tt_catalogue_init(&catalogue, &queries, 3, &err));
    assert_true(catalogue.n == 0 && catalogue.place[2] == TT_NO_PLACE);
    tt_catalogue_release(&catalogue);
    tt_queries_release(&queries);
    tt_examples_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue_has_what_is_wanted_and_what_is_disliked),
        cmocka_unit_test(test_catalogue_of_no_events_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

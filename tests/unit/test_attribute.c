/* Attributes: the most frequent value of an entity wins, held against a naive count. */
#include "table/attribute.h"

#include "base/rng.h"
#include "data_files.h"

static void add(struct tt_attribute *a, uint32_t entity, const char *text)
{
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_attribute_add(a, entity, text, strlen(text), &err), 0);
}

static const char *value(const struct tt_attribute *a, uint32_t entity)
{
    static char text[64];
    uint32_t v = tt_attribute_get(a, entity);
    size_t len;

    if (v == TT_VOCAB_NONE)
        return "";
    const char *found = tt_text_list_get(&a->values.texts, v, &len);
    snprintf(text, sizeof(text), "%.*s", (int)len, found);
    return text;
}

static void test_attribute_majority_wins_and_the_first_shown_among_equals(void **state)
{
    struct tt_attribute a;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    assert_int_equal(tt_attribute_init(&a, &err), 0);
    add(&a, 9, "z"); /* known to the file before the others: must not matter for them */
    add(&a, 1, "x");
    add(&a, 1, ""); /* empty: no word on it */
    add(&a, 1, "y");
    add(&a, 1, "y"); /* y 2, x 1 */
    add(&a, 2, "y");
    add(&a, 2, "x"); /* a tie with the first: y stays */
    add(&a, 3, "x");
    add(&a, 3, "y");
    add(&a, 3, "z");
    add(&a, 3, "z");
    add(&a, 3, "y"); /* x 1, y 2, z 2: y came to this entity before z, though the file showed z first */
    add(&a, 4, "x");
    add(&a, 4, "x"); /* no contradiction */
    add(&a, 5, "");
    assert_int_equal(tt_attribute_resolve(&a), 3);
    assert_string_equal(value(&a, 1), "y");
    assert_string_equal(value(&a, 2), "y");
    assert_string_equal(value(&a, 3), "y");
    assert_string_equal(value(&a, 4), "x");
    assert_string_equal(value(&a, 5), "");
    assert_string_equal(value(&a, 0), "");
    assert_string_equal(value(&a, 1000000), ""); /* never heard of */
    assert_string_equal(value(&a, 9), "z");
    tt_attribute_release(&a);
}

/* 300 entities, up to 12 values, 40,000 rows; the naive truth keeps every count and the order of first showing. */
static void test_attribute_agrees_with_a_naive_count(void **state)
{
    enum { ENTITIES = 300, VALUES = 12, ROWS = 40000 };
    static unsigned count[ENTITIES][VALUES], order[ENTITIES][VALUES], shown[ENTITIES];
    struct tt_attribute a;
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;
    size_t contradicted = 0;

    (void)state;
    tt_rng_init(&rng, 2, TT_RNG_TEST, 0);
    assert_int_equal(tt_attribute_init(&a, &err), 0);
    for (int row = 0; row < ROWS; row++) {
        uint32_t e = (uint32_t)tt_rng_below(&rng, ENTITIES);
        uint32_t v = (uint32_t)tt_rng_below(&rng, e % 3 == 0 ? 1 : VALUES); /* a third never contradict themselves */
        char text[8];
        snprintf(text, sizeof(text), "v%u", (unsigned)((v + e) % VALUES));
        assert_int_equal(tt_attribute_add(&a, e, text, strlen(text), &err), 0);
        v = (v + e) % VALUES;
        if (count[e][v]++ == 0)
            order[e][v] = shown[e]++;
    }
    for (int e = 0; e < ENTITIES; e++)
        contradicted += shown[e] > 1;
    assert_int_equal(tt_attribute_resolve(&a), contradicted);
    for (uint32_t e = 0; e < ENTITIES; e++) {
        int best = 0;
        char text[8];
        for (int v = 1; v < VALUES; v++)
            if (count[e][v] > count[e][best] || (count[e][v] == count[e][best] && order[e][v] < order[e][best]))
                best = v;
        snprintf(text, sizeof(text), "v%d", best);
        assert_string_equal(value(&a, e), text);
    }
    tt_attribute_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribute_majority_wins_and_the_first_shown_among_equals),
        cmocka_unit_test(test_attribute_agrees_with_a_naive_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

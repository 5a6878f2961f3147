/* Features: what each kind learns from its values and what a text becomes. */
#include "encode/feature.h"

#include <math.h>

#include "base/rng.h"
#include "encode/dictionary.h"
#include "data_files.h"

/* A dictionary with one item column of the kind, whose feature learnt the values (NULL: an entity without one). */
struct learnt {
    struct tt_dictionary d;
    struct tt_feature *f;
};

static struct learnt learn(const char *column, const char *const *values, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_attribute attribute;
    struct tt_schema schema;
    struct learnt l;
    char text[300];

    snprintf(text, sizeof(text), "user u id\nitem i id\nitem x %s\n", column);
    parse_schema(&schema, text);
    assert_int_equal(tt_dictionary_init(&l.d, &schema, &err), 0);
    assert_null(schema.columns); /* taken */
    l.f = &l.d.features[2];
    assert_int_equal(tt_attribute_init(&attribute, &err), 0);
    for (size_t e = 0; e < n; e++)
        if (values[e])
            assert_int_equal(tt_attribute_add(&attribute, (uint32_t)e, values[e], strlen(values[e]), &err), 0);
    tt_attribute_resolve(&attribute);
    assert_int_equal(tt_feature_learn(l.f, &attribute, n, &err), 0);
    tt_attribute_release(&attribute);
    return l;
}

/* The row that the text becomes: its codes and weights as text, "3 5@0.5", and how many values were unseen. */
static const char *row(const struct learnt *l, const char *text, uint64_t *unseen)
{
    static char shown[200];
    struct tt_err err = TT_ERR_INIT;
    struct tt_bags bags = {0};
    const uint32_t *codes;
    const float *weights;
    size_t used = 0;

    *unseen = 0;
    assert_null(tt_feature_refuses(l->f, text, strlen(text)));
    assert_int_equal(tt_feature_encode(l->f, text, strlen(text), &bags, unseen, &err), 0);
    assert_int_equal(bags.n_rows, 1);
    assert_int_equal(bags.offsets == NULL, tt_column_is_single(l->f->column));
    size_t n = tt_bags_row(&bags, 0, &codes, &weights);
    shown[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        assert_true(codes[i] < l->f->n_codes);
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%u", i ? " " : "", (unsigned)codes[i]);
        if (weights && weights[i] != 1)
            used += (size_t)snprintf(shown + used, sizeof(shown) - used, "@%.4g", (double)weights[i]);
    }
    tt_bags_release(&bags);
    return shown;
}

static void rows_are(const struct learnt *l, const char *const (*cases)[2], size_t n)
{
    uint64_t unseen;

    for (size_t i = 0; i < n; i++)
        assert_string_equal(row(l, cases[i][0], &unseen), cases[i][1]);
}

static void test_category_is_its_place_by_first_entity(void **state)
{
    static const char *const values[] = {NULL, "bbq", "cafe", "bbq", NULL, "pub"};
    static const char *const cases[][2] = {{"bbq", "1"}, {"cafe", "2"}, {"pub", "3"},
                                           {"", "0"},    {"Bbq", "0"},  {" pub", "0"}};
    struct learnt l = learn("category", values, LENGTH(values));
    uint64_t unseen;

    (void)state;
    assert_int_equal(l.f->n_codes, 4);
    rows_are(&l, cases, LENGTH(cases));
    row(&l, "", &unseen);
    assert_int_equal(unseen, 0); /* empty is unknown, but nothing that was not seen */
    row(&l, "pizza", &unseen);
    assert_int_equal(unseen, 1);
    tt_dictionary_release(&l.d);
}

static void test_bag_drops_repetitions_and_empty_values(void **state)
{
    static const char *const values[] = {"a|b", "b||c|", "|", NULL};
    static const char *const cases[][2] = {
        {"a", "1"},   {"b|a", "2@0.7071 1@0.7071"}, {"a|a|a", "1"}, {"||a||", "1"},          {"", "0"},
        {"|||", "0"}, {"x|y", "0"},                 {"x|c", "3"},   {"a|x|b|c", "1@0.5774 2@0.5774 3@0.5774"},
    };
    struct learnt l = learn("bag", values, LENGTH(values));
    uint64_t unseen;

    (void)state;
    assert_int_equal(l.f->n_codes, 4);
    rows_are(&l, cases, LENGTH(cases));
    row(&l, "x|a|y|x", &unseen);
    assert_int_equal(unseen, 3);
    tt_dictionary_release(&l.d);
    static const char *const blanks[] = {"a|b c"};
    static const char *const by_blank[][2] = {{"c", "2"}, {"a|b  c", "1@0.7071 2@0.7071"}, {"a", "0"}};
    l = learn("bag \"sep= \"", blanks, 1);
    rows_are(&l, by_blank, LENGTH(by_blank));
    tt_dictionary_release(&l.d);
}

static void test_bag_refuses_more_than_4096_values(void **state)
{
    static char text[2 * 4097 + 1];
    struct learnt l = learn("bag", NULL, 0);

    (void)state;
    for (size_t i = 0; i < 4097; i++)
        memcpy(text + 2 * i, "a|", 2);
    assert_string_equal(tt_feature_refuses(l.f, text, 2 * 4097), "holds more than 4096 values");
    assert_null(tt_feature_refuses(l.f, text, 2 * 4096));
    memset(text, '|', 2 * 4097);
    assert_null(tt_feature_refuses(l.f, text, 2 * 4097)); /* none at all */
    tt_dictionary_release(&l.d);
}

static void test_number_quantile_buckets_pass_over_ties(void **state)
{
    /* sorted: 1 1 1 1 1 1 2 3 4 10; quarters begin at places 2, 5, 7: 1, 1, 3 */
    static const char *const values[] = {"10", "1", "1", NULL, "3", "1", "2", "1.0", "1e0", "4", "1"};
    static const char *const cases[][2] = {{"-5", "1"}, {"1", "1"}, {"2.99", "1"}, {"3", "2"}, {"1e9", "2"}, {"", "0"}};
    struct learnt l = learn("number buckets=4", values, LENGTH(values));

    (void)state;
    assert_int_equal(l.f->n_params, 1);
    assert_true(l.f->params[0] == 3);
    assert_int_equal(l.f->n_codes, 3); /* unknown, below, from 3 up */
    rows_are(&l, cases, LENGTH(cases));
    assert_string_equal(tt_feature_refuses(l.f, "3 ", 2), "is not a number");
    assert_string_equal(tt_feature_refuses(l.f, "nan", 3), "is not a number");
    assert_null(tt_feature_refuses(l.f, "", 0));
    tt_dictionary_release(&l.d);
}

/* Without ties each bucket holds n / buckets of the values, give or take one. */
static void test_number_buckets_hold_equal_shares(void **state)
{
    enum { N = 1003, BUCKETS = 7 };
    static char texts[N][8];
    static const char *values[N];
    size_t count[BUCKETS + 1] = {0};
    uint64_t unseen;
    char column[40];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%zu", i * 577 % N); /* 577 and 1003 have no common divisor */
        values[i] = texts[i];
    }
    snprintf(column, sizeof(column), "number buckets=%d", BUCKETS);
    struct learnt l = learn(column, values, N);
    assert_int_equal(l.f->n_codes, BUCKETS + 1);
    for (size_t i = 0; i < N; i++) {
        const char *code = row(&l, values[i], &unseen);
        count[code[0] - '0']++;
    }
    assert_int_equal(count[0], 0);
    for (size_t b = 1; b <= BUCKETS; b++)
        assert_in_range(count[b], N / BUCKETS - 1, N / BUCKETS + 1);
    tt_dictionary_release(&l.d);
}

static void test_number_of_no_or_equal_values_has_one_bucket(void **state)
{
    static const char *const equal[] = {"7", "7", "7"};
    static const char *const cases[][2] = {{"6", "1"}, {"7", "1"}, {"8", "1"}, {"", "0"}};
    struct learnt l = learn("number", equal, 3);

    (void)state;
    assert_int_equal(l.f->n_codes, 2);
    rows_are(&l, cases, LENGTH(cases));
    tt_dictionary_release(&l.d);
    l = learn("number", NULL, 0);
    assert_int_equal(l.f->n_codes, 2);
    rows_are(&l, cases, LENGTH(cases));
    tt_dictionary_release(&l.d);
}

static void test_number_borders_begin_their_bucket(void **state)
{
    static const char *const values[] = {"5"};
    static const char *const cases[][2] = {{"-1", "1"}, {"0", "2"},     {"9.99", "2"},
                                           {"10", "3"}, {"1e300", "3"}, {"", "0"}};
    struct learnt l = learn("number borders=0,10", values, 1);

    (void)state;
    assert_int_equal(l.f->n_codes, 4);
    rows_are(&l, cases, LENGTH(cases));
    tt_dictionary_release(&l.d);
}

static void test_number_scaled_is_cut_at_4_deviations(void **state)
{
    static const char *const values[] = {"2", "4", "4", "4", NULL, "5", "5", "7", "9"}; /* mean 5, deviation 2 */
    static const char *const cases[][2] = {{"5", "1@0"},  {"7", "1"},      {"2", "1@-1.5"},  {"13", "1@4"},
                                           {"14", "1@4"}, {"-99", "1@-4"}, {"1e308", "1@4"}, {"", "0"}};
    static const char *const equal[] = {"3", "3"};
    static const char *const of_equal[][2] = {{"3", "1@0"}, {"4", "1"}, {"9", "1@4"}};
    struct learnt l = learn("number scale=yes", values, LENGTH(values));

    (void)state;
    assert_true(l.f->params[0] == 5 && l.f->params[1] == 2);
    assert_int_equal(l.f->n_codes, 2);
    rows_are(&l, cases, LENGTH(cases));
    tt_dictionary_release(&l.d);
    l = learn("number scale=yes", equal, 2); /* no deviation: 1 */
    rows_are(&l, of_equal, LENGTH(of_equal));
    tt_dictionary_release(&l.d);
}

static void test_number_scaled_survives_the_largest_numbers(void **state)
{
    static const char *const values[] = {"1.7e308", "1.7e308", "-1.7e308", "-1.7e308"};
    struct learnt l = learn("number scale=yes", values, 4);
    uint64_t unseen;

    (void)state;
    assert_true(l.f->params[0] == 0);
    assert_float_equal(l.f->params[1] / 1.7e308, 1, 1e-6);
    assert_string_equal(row(&l, "1.7e308", &unseen), "1");
    assert_string_equal(row(&l, "-1.7e308", &unseen), "1@-1");
    tt_dictionary_release(&l.d);
}

static void test_hash_has_a_slot_for_every_text(void **state)
{
    struct learnt l = learn("hash slots=8", NULL, 0);
    struct tt_bags bags = {0};
    struct tt_err err = TT_ERR_INIT;
    size_t count[9] = {0};
    uint64_t unseen = 0;

    (void)state;
    assert_int_equal(l.f->n_codes, 9);
    for (size_t i = 0; i < 8000; i++) {
        char text[16];
        size_t len = (size_t)snprintf(text, sizeof(text), "t%zu", i);
        assert_int_equal(tt_feature_encode(l.f, text, len, &bags, &unseen, &err), 0);
        assert_int_equal(bags.codes[i], 1 + tt_hash64(text, len, 0) % 8);
        count[bags.codes[i]]++;
    }
    assert_int_equal(count[0], 0); /* 0 is for the empty field alone */
    for (size_t s = 1; s <= 8; s++) /* 1000 each, standard deviation 30 */
        assert_in_range(count[s], 850, 1150);
    assert_int_equal(tt_feature_encode(l.f, "", 0, &bags, &unseen, &err), 0);
    assert_int_equal(bags.codes[8000], 0);
    assert_int_equal(unseen, 0);
    tt_bags_release(&bags);
    tt_dictionary_release(&l.d);
}

/* Load two rows of a column with this content, where a scaled number has 2 codes and others have 11: the error text. */
static const char *load_rows(const char *column_name, const uint64_t offsets[3], const uint32_t *codes,
                             const float *weights, size_t n)
{
    static struct tt_err err;
    struct tt_schema schema;
    size_t c = 0;
    char name[TT_TENSOR_NAME], *copies[3];
    static const char *const what[] = {"codes", "offsets", "weights"};
    struct tt_tensor tensors[3] = {
        {.dtype = TT_U32, .n_dims = 1, .shape = {n, 1}, .data = codes},
        {.dtype = TT_U64, .n_dims = 1, .shape = {3, 1}, .data = offsets},
        {.dtype = TT_F32, .n_dims = 1, .shape = {n, 1}, .data = weights},
    };
    struct tt_segment segment = {.tensors = tensors, .n_tensors = offsets ? 3 : 1, .name = "f"};
    struct tt_bags bags;

    err = (struct tt_err)TT_ERR_INIT;
    parse_schema(&schema, "user u id\nuser i history\nitem i id\nitem k category\nitem b bag\n"
                          "item s number scale=yes\n");
    while (strcmp(schema.columns[c].name, column_name) != 0)
        c++;
    for (size_t i = 0; i < 3; i++) {
        tensors[i].name = copies[i] = malloc(TT_TENSOR_NAME);
        assert_non_null(copies[i]);
        strcpy(copies[i], tt_tensor_name(name, &schema.columns[c], what[i]));
    }
    struct tt_feature feature = {.column = &schema.columns[c]};
    feature.n_codes = schema.columns[c].form == TT_FORM_SCALED ? 2 : 11;
    if (tt_feature_load_rows(&feature, &bags, 2, &segment, &err) == 0)
        assert_int_equal(err.text[0], 0);
    tt_bags_release(&bags);
    for (size_t i = 0; i < 3; i++)
        free(copies[i]);
    tt_schema_release(&schema);
    return err.text;
}

static void test_feature_refuses_hostile_rows(void **state)
{
    static const uint32_t good[] = {1, 10, 0}, high[] = {1, 11, 0};
    static const float ones[] = {1, 1, 1}, with_nan[] = {1, NAN, 1}, infinite[] = {1, 1, -INFINITY};

    (void)state;
    assert_string_equal(load_rows("b", (uint64_t[]){0, 1, 3}, good, ones, 3), "");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 3, 3}, good, ones, 3), "");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 1, 3}, high, ones, 3),
                        "f: tensor 'item.b.codes': a code that the feature does not have");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 4, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("b", (uint64_t[]){1, 2, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 1, 2}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("b", (uint64_t[]){0, UINT64_MAX, 3}, good, ones, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 1, 3}, good, with_nan, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("b", (uint64_t[]){0, 1, 3}, good, infinite, 3),
                        "f: damaged: offsets or weights of 'item.b'");
    assert_string_equal(load_rows("k", NULL, good, NULL, 2), "");
    assert_string_equal(load_rows("k", NULL, high, NULL, 2),
                        "f: tensor 'item.k.codes': a code that the feature does not have");
    assert_string_equal(load_rows("k", NULL, good, NULL, 3),
                        "f: tensor 'item.k.codes' has another type or shape than expected");
    assert_string_equal(load_rows("s", (uint64_t[]){0, 1, 2}, (uint32_t[]){1, 2}, ones, 2),
                        "f: tensor 'item.s.codes': a code that the feature does not have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_category_is_its_place_by_first_entity),
        cmocka_unit_test(test_bag_drops_repetitions_and_empty_values),
        cmocka_unit_test(test_bag_refuses_more_than_4096_values),
        cmocka_unit_test(test_number_quantile_buckets_pass_over_ties),
        cmocka_unit_test(test_number_buckets_hold_equal_shares),
        cmocka_unit_test(test_number_of_no_or_equal_values_has_one_bucket),
        cmocka_unit_test(test_number_borders_begin_their_bucket),
        cmocka_unit_test(test_number_scaled_is_cut_at_4_deviations),
        cmocka_unit_test(test_number_scaled_survives_the_largest_numbers),
        cmocka_unit_test(test_hash_has_a_slot_for_every_text),
        cmocka_unit_test(test_feature_refuses_hostile_rows),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

/* Index files: a round trip, and segments that break a rule. */
#include "index/index_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "index/flat.h"
#include "unit.h"

static void make(struct tt_index *index, const float *data, size_t n)
{
    struct tt_err err = TT_ERR_INIT;

    *index = (struct tt_index){.n = n, .dim = 2, .vectors = data, .item = "store_id", .model = "m", .type = "flat"};
    assert_int_equal(tt_text_list_init(&index->ids, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(tt_text_list_add(&index->ids, "abc" + i, 1, &err), 0);
}

static void test_index_round_trip(void **state)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    (void)state;
    for (size_t n = 0; n <= 3; n += 3) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_index index, back;
        struct tt_segment s;
        size_t len;
        make(&index, data, n);
        assert_int_equal(tt_index_store(&index, &s, &err), 0);
        s.name = "file";
        assert_int_equal(tt_index_view(&back, &s, &err), 0);
        assert_true(back.n == n && back.dim == 2 && back.ids.n == n);
        assert_memory_equal(back.vectors, data, n * 2 * sizeof(float));
        assert_string_equal(back.item, "store_id");
        assert_string_equal(back.model, "m");
        assert_string_equal(back.type, "flat");
        if (n)
            assert_memory_equal(tt_text_list_get(&back.ids, 2, &len), "c", 1);
        tt_segment_release(&s);
        tt_text_list_release(&index.ids);
    }
}

/* Change one metadata text of an index (to "": remove it by renaming) and view it. */
static void refuse(const char *key, const char *value, const char *expected)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_segment s;

    make(&index, data, 3);
    assert_int_equal(tt_index_store(&index, &s, &err), 0);
    s.name = "file";
    for (size_t i = 0; i < s.n_texts; i++) {
        if (strcmp(s.texts[i].key, key) != 0)
            continue;
        if (value) {
            s.texts[i].value = realloc(s.texts[i].value, 32);
            assert_non_null(s.texts[i].value);
            memcpy(s.texts[i].value, value, strlen(value) + 1);
        } else {
            s.texts[i].key[0] = 'X';
        }
    }
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, expected);
    tt_segment_release(&s);
    tt_text_list_release(&index.ids);
}

static void test_index_that_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    refuse("type", NULL, "file: the header has no 'type'");
    refuse("type", "hnsw", "file: an index of type 'hnsw', which this program does not know");
    refuse("item", NULL, "file: the header has no 'item'");
    refuse("item", "", "file: the item column has no name");
    refuse("model", NULL, "file: the header has no 'model'");
    refuse("dim", NULL, "file: the header has no 'dim'");
    refuse("dim", "0", "file: '0' is not a number of dimensions");
    refuse("dim", "2x", "file: '2x' is not a number of dimensions");
    refuse("dim", "18446744073709551615", "file: '18446744073709551615' is not a number of dimensions");
    refuse("dim", "3", "file: tensor 'vectors' has another type or shape than expected");
}

static void test_index_values_must_be_finite(void **state)
{
    float data[] = {1, 2, 3, NAN};
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_segment s;
    (void)state;
    make(&index, data, 2);
    assert_int_equal(tt_index_store(&index, &s, &err), 0);
    s.name = "file";
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, "file: row 2 holds a value that is not finite");
    tt_segment_release(&s);
    tt_text_list_release(&index.ids);
}

/* The coarse rows of a file are those that would be made of its vectors, and give the lists of exact search, also of
 * lists so long that exact search must be made ready first. */
static void test_index_keeps_the_sieve(void **state)
{
    enum { N = 1500, DIM = 10, M = 5, K = 70 };
    static float data[N * DIM];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_index index, back;
    struct tt_segment s;
    struct tt_rng rng;
    char id[16];
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < N * DIM; i++)
        data[i] = (float)(tt_rng_unit(&rng) - 0.5);
    index = (struct tt_index){.n = N, .dim = DIM, .vectors = data, .item = "id", .model = "", .type = "flat"};
    assert_int_equal(tt_text_list_init(&index.ids, &err), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tt_text_list_add(&index.ids, id, (size_t)snprintf(id, sizeof(id), "%zu", i), &err), 0);
    assert_true(tt_sieve_suits(N));
    assert_int_equal(tt_sieve_make(&index.sieve, data, N, DIM, pool, &err), 0);
    assert_int_equal(tt_index_store(&index, &s, &err), 0);
    s.name = "file";
    assert_int_equal(tt_index_view(&back, &s, &err), 0);
    assert_true(back.sieve.n_panels == index.sieve.n_panels && back.sieve.quads == 3);
    assert_memory_equal(back.sieve.bytes, index.sieve.bytes, back.sieve.n_panels * 32 * 12);
    struct tt_ann *anns[] = {tt_flat_new(data, N, DIM, pool, &err),
                             tt_flat_new_sieved(back.vectors, N, DIM, &back.sieve, pool, &err)};
    for (size_t k = 10; k <= K; k += K - 10) {
        uint32_t rows[2][M * K];
        float scores[2][M * K];
        size_t found[2][M];
        for (int a = 0; a < 2; a++) {
            struct tt_ann_request request = {.n = M, .queries = data + 7 * DIM, .k = k};
            struct tt_ann_result result = {rows[a], scores[a], found[a]};
            assert_non_null(anns[a]);
            assert_int_equal(tt_ann_search(anns[a], &request, &result, pool, &err), 0);
        }
        assert_memory_equal(rows[0], rows[1], M * k * sizeof(uint32_t));
        assert_memory_equal(scores[0], scores[1], M * k * sizeof(float));
    }
    for (int a = 0; a < 2; a++)
        tt_ann_free(anns[a]);
    for (size_t i = 0; i < s.n_tensors; i++) { /* a sieve of another shape */
        if (strcmp(s.tensors[i].name, "sieve.begin") == 0)
            s.tensors[i].shape[0]--;
    }
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, "file: tensor 'sieve.begin' has another type or shape than expected");
    tt_segment_release(&s);
    tt_sieve_parts_release(&index.sieve);
    tt_text_list_release(&index.ids);
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_round_trip),
        cmocka_unit_test(test_index_that_breaks_a_rule_is_refused),
        cmocka_unit_test(test_index_values_must_be_finite),
        cmocka_unit_test(test_index_keeps_the_sieve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

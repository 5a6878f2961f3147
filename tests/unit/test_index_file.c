/* Index files: a round trip, and segments that break a rule. */
#include "index/index_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "index/flat.h"
#include "index/quantized_scan.h"
#include "unit.h"

static struct tt_pool *pool;

static void make(struct tt_index *index, const float *data, size_t n)
{
    struct tt_err err = TT_ERR_INIT;

    *index = (struct tt_index){.n = n, .dim = 2, .vectors = data, .item = "store_id", .model = "m",
                               .type = &tt_flat_type};
    assert_int_equal(tt_text_list_init(&index->ids, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(tt_text_list_add(&index->ids, "abc" + i, 1, &err), 0);
}

static void store(const struct tt_index *index, struct tt_ann **ann, struct tt_segment *segment)
{
    struct tt_err err = TT_ERR_INIT;

    *ann = index->type->build(index->vectors, index->n, index->dim, pool, &err);
    assert_non_null(*ann);
    assert_int_equal(tt_index_store(index, *ann, segment, &err), 0);
    segment->name = "file";
}

static void test_index_round_trip(void **state)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    (void)state;
    for (size_t n = 0; n <= 3; n += 3) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_index index, back;
        struct tt_ann *ann;
        struct tt_segment s;
        size_t len;
        make(&index, data, n);
        store(&index, &ann, &s);
        assert_int_equal(tt_index_view(&back, &s, &err), 0);
        assert_true(back.n == n && back.dim == 2 && back.ids.n == n);
        assert_memory_equal(back.vectors, data, n * 2 * sizeof(float));
        assert_string_equal(back.item, "store_id");
        assert_string_equal(back.model, "m");
        assert_ptr_equal(back.type, &tt_flat_type);
        if (n)
            assert_memory_equal(tt_text_list_get(&back.ids, 2, &len), "c", 1);
        tt_segment_release(&s);
        tt_ann_free(ann);
        tt_text_list_release(&index.ids);
    }
}

/* Change one metadata text of an index (to "": remove it by renaming) and view it. */
static void refuse(const char *key, const char *value, const char *expected)
{
    static const float data[] = {1, 2, 3, 4, 5, 6};
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_ann *ann;
    struct tt_segment s;

    make(&index, data, 3);
    store(&index, &ann, &s);
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
    tt_ann_free(ann);
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
    struct tt_ann *ann;
    struct tt_segment s;
    (void)state;
    make(&index, data, 2);
    store(&index, &ann, &s);
    assert_int_equal(tt_index_view(&back, &s, &err), -1);
    assert_string_equal(err.text, "file: row 2 holds a value that is not finite");
    tt_segment_release(&s);
    tt_ann_free(ann);
    tt_text_list_release(&index.ids);
}

/* The quantized rows of a file are those that would be made of its vectors, and an index that is opened gives the lists
 * of the one that was built, also lists so long that the panels must be made first, and without the quantized rows. */
static void test_index_keeps_quantized_rows(void **state)
{
    enum { N = 1500, DIM = 10, M = 5, K = 70 };
    static float data[N * DIM];
    struct tt_err err = TT_ERR_INIT;
    struct tt_index index, back;
    struct tt_quantized made, read;
    struct tt_ann *anns[3];
    struct tt_segment s;
    struct tt_rng rng;
    char id[16];
    (void)state;

    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < N * DIM; i++)
        data[i] = (float)(tt_rng_unit(&rng) - 0.5);
    index = (struct tt_index){.n = N, .dim = DIM, .vectors = data, .item = "id", .model = "", .type = &tt_flat_type};
    assert_int_equal(tt_text_list_init(&index.ids, &err), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tt_text_list_add(&index.ids, id, (size_t)snprintf(id, sizeof(id), "%zu", i), &err), 0);
    store(&index, &anns[0], &s);
    assert_int_equal(tt_index_view(&back, &s, &err), 0);
    assert_int_equal(tt_quantized_make(&made, data, N, DIM, pool, &err), 0);
    assert_int_equal(tt_quantized_view(&read, N, DIM, &s, &err), 0);
    assert_true(read.n_panels == made.n_panels && read.quads == 3);
    assert_memory_equal(read.bytes, made.bytes, read.n_panels * 32 * 12);
    tt_quantized_release(&made);
    anns[1] = tt_index_open(&back, &s, pool, &err);
    struct tt_segment bare = s;
    bare.n_tensors -= 3;
    assert_null(tt_segment_find(&bare, "quantized.bytes"));
    anns[2] = tt_index_open(&back, &bare, pool, &err);
    for (size_t k = 10; k <= K; k += K - 10) {
        uint32_t rows[3][M * K];
        float scores[3][M * K];
        size_t found[3][M];
        for (int a = 0; a < 3; a++) {
            struct tt_ann_request request = {.n = M, .queries = data + 7 * DIM, .k = k};
            struct tt_ann_result result = {rows[a], scores[a], found[a]};
            assert_non_null(anns[a]);
            assert_int_equal(tt_ann_search(anns[a], &request, &result, pool, &err), 0);
            assert_memory_equal(rows[0], rows[a], M * k * sizeof(uint32_t));
            assert_memory_equal(scores[0], scores[a], M * k * sizeof(float));
        }
    }
    for (size_t i = 0; i < s.n_tensors; i++) { /* quantized rows of another shape */
        if (strcmp(s.tensors[i].name, "quantized.begin") == 0)
            s.tensors[i].shape[0]--;
    }
    assert_null(tt_index_open(&back, &s, pool, &err));
    assert_string_equal(err.text, "file: tensor 'quantized.begin' has another type or shape than expected");
    for (int a = 0; a < 3; a++)
        tt_ann_free(anns[a]);
    tt_segment_release(&s);
    tt_text_list_release(&index.ids);
}

static int setup(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    pool = tt_pool_new(2, &err);
    return pool ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tt_pool_free(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_round_trip),
        cmocka_unit_test(test_index_that_breaks_a_rule_is_refused),
        cmocka_unit_test(test_index_values_must_be_finite),
        cmocka_unit_test(test_index_keeps_quantized_rows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* What every index type must do: keep its lists through a file, and be found by its name. */
#include "index/ann.h"

#include <string.h>

#include "base/rng.h"
#include "index/index_file.h"
#include "unit.h"

static void test_types_are_found_by_their_names(void **state)
{
    (void)state;
    assert_non_null(tt_ann_types[0]);
    for (size_t i = 0; tt_ann_types[i]; i++)
        assert_ptr_equal(tt_ann_type_find(tt_ann_types[i]->name), tt_ann_types[i]);
    assert_string_equal(tt_ann_types[0]->name, "flat");
    assert_null(tt_ann_type_find("fla"));
    assert_null(tt_ann_type_find(""));
}

/* The four best rows of n queries. */
static void search(const struct tt_ann *ann, const float *queries, size_t n, struct tt_pool *pool, uint32_t *rows,
                   float *scores)
{
    struct tt_err err = TT_ERR_INIT;
    size_t found[8];
    struct tt_ann_request request = {.n = n, .queries = queries, .k = 4};
    struct tt_ann_result result = {rows, scores, found};

    assert_non_null(ann);
    assert_int_equal(tt_ann_search(ann, &request, &result, pool, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(found[i], 4);
}

static void test_every_type_keeps_its_lists_through_a_file(void **state)
{
    enum { N = 2000, DIM = 9, M = 8 };
    static float data[N * DIM];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_rng rng;
    (void)state;

    assert_non_null(pool);
    tt_rng_init(&rng, 3, TT_RNG_TEST, 0);
    for (size_t i = 0; i < N * DIM; i++)
        data[i] = (float)(tt_rng_unit(&rng) - 0.5);
    for (size_t t = 0; tt_ann_types[t]; t++) {
        struct tt_index index = {.n = N, .dim = DIM, .vectors = data, .item = "id", .model = "",
                                 .type = tt_ann_types[t]};
        struct tt_index back;
        struct tt_segment segment;
        uint32_t rows[2][M * 4];
        float scores[2][M * 4];
        char id[16];
        assert_int_equal(tt_text_list_init(&index.ids, &err), 0);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(tt_text_list_add(&index.ids, id, (size_t)snprintf(id, sizeof(id), "%zu", i), &err), 0);
        struct tt_ann *built = tt_ann_types[t]->build(data, N, DIM, pool, &err);
        search(built, data + 3 * DIM, M, pool, rows[0], scores[0]);
        assert_int_equal(tt_index_store(&index, built, &segment, &err), 0);
        assert_int_equal(tt_index_view(&back, &segment, &err), 0);
        assert_ptr_equal(back.type, tt_ann_types[t]);
        struct tt_ann *opened = tt_index_open(&back, &segment, pool, &err);
        search(opened, data + 3 * DIM, M, pool, rows[1], scores[1]);
        assert_memory_equal(rows[0], rows[1], sizeof(rows[0]));
        assert_memory_equal(scores[0], scores[1], sizeof(scores[0]));
        tt_ann_free(built);
        tt_ann_free(opened);
        tt_segment_release(&segment);
        tt_text_list_release(&index.ids);
    }
    tt_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_found_by_their_names),
        cmocka_unit_test(test_every_type_keeps_its_lists_through_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

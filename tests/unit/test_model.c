/* Embedding against plain sums, and models through files. */
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "encode/history.h"
#include "train/spectral.h"
#include "tiny_model.h"

static const char schema[] = "user u id embed=no\nuser color category\nuser i history count=linear\nuser meal context\n"
                             "item i id\nitem kind bag\nitem price number scale=yes\n";
enum { USERS = 100, ITEMS = 70, DIM = 7, HISTORY = 2 };

static const size_t widths[] = {9, 20};

/* Random tables, and random layers where there are any. */
static void model_begin(struct tt_model *model, size_t n_hidden)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;

    tiny_begin(&base, schema, USERS, ITEMS);
    tiny_clusters(&base, USERS - 5, ITEMS, 4, 1); /* the last users have no history */
    tiny_history(&base, TT_USER, HISTORY);
    tiny_model(model, &base, DIM);
    tt_random_start(model, 3);
    NEED(tt_model_add_layers(model, widths, n_hidden, &err));
    for (int side = TT_USER; side <= TT_ITEM; side++) {
        struct tt_rng rng;
        tt_rng_init(&rng, 4, TT_RNG_TEST, (uint64_t)side);
        for (size_t i = 0; i < model->dense[side].n_params; i++)
            model->dense[side].params[i] = (float)(0.3 * tt_rng_normal(&rng));
    }
}

static void test_model_has_a_table_for_each_embedded_column(void **state)
{
    struct tt_model model;

    (void)state;
    model_begin(&model, 0);
    assert_null(tiny_table(&model, TT_USER, "u")); /* embed=no */
    for (size_t c = 1; c < 7; c++)
        assert_non_null(model.tables[c]);
    tt_model_release(&model);
    tt_model_release(&model);
}

static void test_a_model_that_is_reset_is_new(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model;

    (void)state;
    model_begin(&model, 2);
    NEED(tt_model_reset(&model, 3, &err));
    assert_true(model.dim == 3 && model.n_hidden == 0 && model.dense[TT_USER].n_layers == 0);
    assert_null(tiny_table(&model, TT_USER, "u"));
    for (size_t c = 1; c < 7; c++) {
        assert_int_equal(tt_model_table_size(&model, c), 3 * model.entities.dictionary.features[c].n_codes);
        for (size_t i = 0; i < tt_model_table_size(&model, c); i++)
            assert_true(model.tables[c][i] == 0);
    }
    assert_int_equal(model.entities.users.bags[HISTORY].n_rows, USERS + 1); /* what the base holds stays */
    NEED(tt_model_add_layers(&model, widths, 1, &err));
    tt_model_release(&model);
}

/* z_0 and the layers of dense.h, in double: x += what the output layer gives. */
static void naive_layers(const struct tt_dense *dense, const double *z_0, double x[DIM])
{
    double in[64], out[64];

    memcpy(in, z_0, dense->layers[0].n_in * sizeof(*in));
    for (size_t l = 0; l < dense->n_layers; l++) {
        const struct tt_dense_layer *layer = &dense->layers[l];
        for (size_t j = 0; j < layer->n_out; j++) {
            double sum = (double)dense->params[layer->bias + j];
            for (size_t i = 0; i < layer->n_in; i++)
                sum += in[i] * (double)dense->params[layer->weights + i * layer->n_out + j];
            out[j] = l + 1 < dense->n_layers ? fmax(sum, 0) : sum;
        }
        memcpy(in, out, sizeof(in));
    }
    for (size_t d = 0; d < DIM; d++)
        x[d] += out[d];
}

/* One row by the words of model.h, in double. */
static void naive_row(const struct tt_model *model, const struct tt_tower_input *input, size_t r, double x[DIM])
{
    const struct tt_schema *s = &model->entities.dictionary.schema;
    double length = 0, z_0[7 * DIM] = {0}, *sum = z_0;

    memset(x, 0, DIM * sizeof(*x));
    for (size_t c = 0; c < s->n_columns; c++) {
        const uint32_t *codes;
        const float *weights;
        double squares = 0;
        if (s->columns[c].side != input->side || !model->tables[c])
            continue;
        if (input->bags[c]) {
            size_t n = tt_bags_row(input->bags[c], input->rows[c] ? input->rows[c][r] : r, &codes, &weights);
            for (size_t e = 0; e < n; e++)
                squares += c == HISTORY ? (double)weights[e] * (double)weights[e] : 0;
            for (size_t e = 0; e < n; e++)
                for (size_t d = 0; d < DIM; d++)
                    sum[d] += (weights ? (double)weights[e] : 1) / (squares > 0 ? sqrt(squares) : 1) *
                              (double)model->tables[c][codes[e] * DIM + d];
            for (size_t d = 0; n == 0 && d < DIM; d++)
                sum[d] += (double)model->tables[c][d];
        }
        for (size_t d = 0; d < DIM; d++)
            x[d] += sum[d];
        sum += DIM;
    }
    if (model->n_hidden)
        naive_layers(&model->dense[input->side], z_0, x);
    for (size_t d = 0; d < DIM; d++)
        length += x[d] * x[d];
    for (size_t d = 0; d < DIM && length > 0; d++)
        x[d] /= sqrt(length);
}

static void check_embedding(const struct tt_model *model, const struct tt_table *table, const uint32_t *shared)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_tower_input input;
    float *first = calloc((USERS + 1) * DIM, sizeof(float)), *out = calloc((USERS + 1) * DIM, sizeof(float));

    assert_true(first && out);
    NEED(tt_tower_input_of_table(&input, table, &model->entities.dictionary.schema, &err));
    input.bags[3] = NULL; /* the table has no contexts */
    for (size_t c = 0; shared && c < 7; c++)
        input.rows[c] = shared;
    for (int threads = 1; threads <= 3; threads++) {
        struct tt_pool *pool = tt_pool_new(threads, &err);
        assert_non_null(pool);
        NEED(tt_model_embed(model, &input, pool, out, &err));
        if (threads == 1)
            memcpy(first, out, input.n_rows * DIM * sizeof(float));
        assert_memory_equal(first, out, input.n_rows * DIM * sizeof(float));
        tt_pool_free(pool);
    }
    for (size_t r = 0; r < input.n_rows; r++) {
        double x[DIM];
        naive_row(model, &input, r, x);
        for (size_t d = 0; d < DIM; d++)
            assert_true(fabs(x[d] - (double)out[r * DIM + d]) < 1e-6);
    }
    tt_tower_input_release(&input);
    free(first);
    free(out);
}

static void test_embedding_is_the_normalised_sum_of_bags(void **state)
{
    struct tt_model model;
    uint32_t shared[USERS + 1];

    (void)state;
    for (size_t n_hidden = 0; n_hidden <= LENGTH(widths); n_hidden++) {
        model_begin(&model, n_hidden);
        check_embedding(&model, &model.entities.users, NULL);
        check_embedding(&model, &model.entities.items, NULL);
        for (uint32_t r = 0; r <= USERS; r++)
            shared[r] = r * 7 % (USERS + 1);
        check_embedding(&model, &model.entities.users, shared);
        tt_model_release(&model);
    }
}

/* The same row has the same bits alone and among others, wherever it stands. */
static void test_embedding_of_a_row_does_not_depend_on_its_neighbours(void **state)
{
    enum { MOST = 130 };
    static float all[(USERS + 1) * DIM], out[MOST * DIM];
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(2, &err);
    struct tt_model model;
    struct tt_tower_input input;
    uint32_t rows[MOST];

    (void)state;
    assert_non_null(pool);
    for (size_t n_hidden = 0; n_hidden <= LENGTH(widths); n_hidden++) {
        model_begin(&model, n_hidden);
        NEED(tt_tower_input_of_table(&input, &model.entities.users, &model.entities.dictionary.schema, &err));
        input.bags[3] = NULL; /* the table has no contexts */
        NEED(tt_model_embed(&model, &input, pool, all, &err));
        for (size_t n = 1; n <= MOST; n += 43) {
            for (size_t r = 0; r < n; r++)
                rows[r] = (uint32_t)((r * 31 + n) % (USERS + 1));
            for (size_t c = 0; c < 3; c++)
                input.rows[c] = rows;
            input.n_rows = n;
            NEED(tt_model_embed(&model, &input, pool, out, &err));
            for (size_t r = 0; r < n; r++)
                assert_memory_equal(out + r * DIM, all + rows[r] * DIM, DIM * sizeof(float));
        }
        tt_tower_input_release(&input);
        tt_model_release(&model);
    }
    tt_pool_free(pool);
}

static void test_embedding_of_nothing_is_0(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_tower_input input;
    struct tt_pool *pool = tt_pool_new(1, &err);
    float out[3 * 4] = {1};

    (void)state;
    tiny_begin(&base, "user u id embed=no\nitem i id\n", 2, 1);
    tiny_model(&model, &base, 4);
    NEED(tt_model_add_layers(&model, widths, 1, &err)); /* of zeros; their input has no columns */
    NEED(tt_tower_input_of_table(&input, &model.entities.users, &model.entities.dictionary.schema, &err));
    assert_non_null(pool);
    NEED(tt_model_embed(&model, &input, pool, out, &err));
    for (size_t i = 0; i < 12; i++)
        assert_true(out[i] == 0);
    tt_pool_free(pool);
    tt_tower_input_release(&input);
    tt_model_release(&model);
}

static void write_model(const struct tt_model *model, const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment = {0};
    struct tt_writer writer;

    NEED(tt_model_store(model, &segment, &err));
    NEED(tt_writer_open(&writer, path, NULL, &err));
    NEED(tt_segment_write(&segment, &writer, 0, 1, &err));
    NEED(tt_writer_finish(&writer, NULL, &err));
    tt_segment_release(&segment);
}

static char path[64];

static void test_model_comes_back_from_its_file(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model, back;

    (void)state;
    for (size_t n_hidden = 0; n_hidden <= LENGTH(widths); n_hidden++) {
        model_begin(&model, n_hidden);
        write_model(&model, path);
        NEED(tt_model_load(&back, path, &err));
        assert_string_equal(tt_segment_find_text(&back.entities.segment, "format"), n_hidden ? "2" : "1");
        assert_int_equal(back.dim, DIM);
        for (size_t c = 0; c < 7; c++)
            if (model.tables[c])
                assert_memory_equal(model.tables[c], back.tables[c],
                                    model.entities.dictionary.features[c].n_codes * DIM * sizeof(float));
            else
                assert_null(back.tables[c]);
        assert_int_equal(back.n_hidden, n_hidden);
        for (int side = TT_USER; n_hidden && side <= TT_ITEM; side++) {
            assert_int_equal(back.dense[side].n_params, model.dense[side].n_params);
            assert_memory_equal(back.dense[side].params, model.dense[side].params,
                                model.dense[side].n_params * sizeof(float));
        }
        assert_int_equal(back.entities.users.n_rows, USERS + 1);
        assert_memory_equal(back.entities.users.bags[HISTORY].offsets, model.entities.users.bags[HISTORY].offsets,
                            (USERS + 2) * sizeof(uint64_t));
        check_embedding(&back, &back.entities.users, NULL);
        check_embedding(&back, &back.entities.items, NULL);
        tt_model_release(&back);
        tt_model_release(&model);
    }
}

/* Layers that the widths do not describe, widths that are none, a layer that is not there. */
static void test_model_with_other_layers_is_refused(void **state)
{
    static const struct { const char *hidden, *message; } cases[] = {
        {"9,21", "tensor 'user.hidden.1.weight' has another type or shape than expected"},
        {"9", "tensor 'user.output.weight' has another type or shape than expected"},
        {"9,20,20", "no tensor 'user.hidden.2.weight'"},
        {"4096,4096,4096,4096", "tensor 'user.hidden.0.weight' has another type or shape than expected"},
        {"9,x", "damaged: the widths of the hidden layers"},
        {"1,2,3,4,5", "damaged: the widths of the hidden layers"},
    };
    struct tt_model model, back;

    (void)state;
    model_begin(&model, LENGTH(widths));
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_segment segment = {0};
        struct tt_writer writer;
        char text[300];
        NEED(tt_model_store(&model, &segment, &err));
        for (size_t t = 0; t < segment.n_texts; t++)
            if (strcmp(segment.texts[t].key, "hidden") == 0) {
                free(segment.texts[t].value);
                segment.texts[t].value = tt_copy_text(cases[i].hidden, strlen(cases[i].hidden), &err);
            }
        NEED(tt_writer_open(&writer, path, NULL, &err));
        NEED(tt_segment_write(&segment, &writer, 0, 1, &err));
        NEED(tt_writer_finish(&writer, NULL, &err));
        tt_segment_release(&segment);
        assert_int_equal(tt_model_load(&back, path, &err), -1);
        snprintf(text, sizeof(text), "%s: %s", path, cases[i].message);
        assert_string_equal(err.text, text);
        assert_null(back.tables);
    }
    tt_model_release(&model);
}

/* A layer's number that is not finite is found in the file, and named while training. */
static void test_layer_that_is_not_finite_is_named(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model, back;
    char text[TT_TENSOR_NAME + 200], name[TT_TENSOR_NAME];

    (void)state;
    model_begin(&model, LENGTH(widths));
    assert_null(tt_model_layers_not_finite(&model, name));
    model.dense[TT_ITEM].params[model.dense[TT_ITEM].n_params - 1] = NAN;
    assert_string_equal(tt_model_layers_not_finite(&model, name), "item.output.bias");
    write_model(&model, path);
    assert_int_equal(tt_model_load(&back, path, &err), -1);
    snprintf(text, sizeof(text), "%s: tensor 'item.output.bias' holds a value that is not finite", path);
    assert_string_equal(err.text, text);
    model.dense[TT_USER].params[model.dense[TT_USER].layers[1].weights] = INFINITY;
    assert_string_equal(tt_model_layers_not_finite(&model, name), "user.hidden.1.weight");
    tt_model_release(&model);
}

static void test_model_that_is_not_finite_is_refused(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model, back;
    char text[200];

    (void)state;
    model_begin(&model, 0);
    tiny_table(&model, TT_ITEM, "i")[DIM * (ITEMS + 1) - 1] = INFINITY;
    write_model(&model, path);
    assert_int_equal(tt_model_load(&back, path, &err), -1);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    snprintf(text, sizeof(text), "%s: tensor 'item.i.embedding' holds a value that is not finite", path);
    assert_string_equal(err.text, text);
    tt_model_release(&model);
}

/* A segment of another kind, of no dimension, or of one that the tables do not have. */
static void test_model_of_another_kind_or_shape_is_refused(void **state)
{
    static const char *const dims[] = {"0", "4097", "x", "", "8", "99999999999999999999"};
    struct tt_model model, back;

    (void)state;
    model_begin(&model, 0);
    for (size_t i = 0; i < LENGTH(dims); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_segment segment = {0};
        struct tt_writer writer;
        NEED(tt_model_store(&model, &segment, &err));
        for (size_t t = 0; t < segment.n_texts; t++)
            if (strcmp(segment.texts[t].key, "dim") == 0) {
                free(segment.texts[t].value);
                segment.texts[t].value = tt_copy_text(dims[i], strlen(dims[i]), &err);
            }
        NEED(tt_writer_open(&writer, path, NULL, &err));
        NEED(tt_segment_write(&segment, &writer, 0, 1, &err));
        NEED(tt_writer_finish(&writer, NULL, &err));
        tt_segment_release(&segment);
        assert_int_equal(tt_model_load(&back, path, &err), -1);
        assert_int_equal(err.kind, TT_ERR_INPUT);
        assert_null(back.tables);
    }
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment = {0};
    struct tt_writer writer;
    NEED(tt_segment_init(&segment, "examples", TT_FORMAT, &err));
    NEED(tt_entities_store(&model.entities, TT_WITH_ATTRIBUTES, &segment, &err));
    NEED(tt_writer_open(&writer, path, NULL, &err));
    NEED(tt_segment_write(&segment, &writer, 0, 1, &err));
    NEED(tt_writer_finish(&writer, NULL, &err));
    tt_segment_release(&segment);
    assert_int_equal(tt_model_load(&back, path, &err), -1);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    assert_non_null(strstr(err.text, ": holds 'examples', expected 'model'"));
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model_has_a_table_for_each_embedded_column),
        cmocka_unit_test(test_a_model_that_is_reset_is_new),
        cmocka_unit_test(test_embedding_is_the_normalised_sum_of_bags),
        cmocka_unit_test(test_embedding_of_a_row_does_not_depend_on_its_neighbours),
        cmocka_unit_test(test_embedding_of_nothing_is_0),
        cmocka_unit_test(test_model_comes_back_from_its_file),
        cmocka_unit_test(test_model_with_other_layers_is_refused),
        cmocka_unit_test(test_layer_that_is_not_finite_is_named),
        cmocka_unit_test(test_model_that_is_not_finite_is_refused),
        cmocka_unit_test(test_model_of_another_kind_or_shape_is_refused),
    };

    snprintf(path, sizeof(path), "/tmp/tt-test-model.%ld", (long)getpid());
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}

/* Copies of a model's tables and layers. */
#include "train/parameters.h"

#include "tiny_training.h"

static const char schema[] = "user u id embed=no\nuser i history\nitem i id\nevent at time\n";
enum { USERS = 5, ITEMS = 9 };

static void begin(struct tt_model *model, size_t n_hidden)
{
    static const size_t widths[] = {4};
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;

    tiny_begin(&base, schema, USERS, ITEMS);
    tiny_model(model, &base, TINY_DIM);
    NEED(tt_model_add_layers(model, widths, n_hidden, &err));
}

static void fill(struct tt_model *model, float x)
{
    for (size_t c = 0; c < model->entities.dictionary.schema.n_columns; c++)
        for (size_t i = 0; model->tables[c] && i < tt_model_table_size(model, c); i++)
            model->tables[c][i] = x++;
    for (int side = TT_USER; side <= TT_ITEM; side++)
        for (size_t i = 0; i < model->dense[side].n_params; i++)
            model->dense[side].params[i] = x++;
}

/* With and without layers: a copy stays when the model moves, and can be given back. */
static void test_a_copy_is_apart_from_the_model(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_parameters p;
    struct tt_model model, same;

    (void)state;
    for (size_t n_hidden = 0; n_hidden <= 1; n_hidden++) {
        begin(&model, n_hidden);
        begin(&same, n_hidden);
        fill(&model, 1);
        fill(&same, 1);
        NEED(tt_parameters_init(&p, &model, &err));
        struct tt_model view = tt_parameters_view(&p, &model);
        tt_parameters_assign(&view, &model);
        assert_true(tiny_same_tables(&view, &same));
        fill(&model, 7);
        assert_true(tiny_same_tables(&view, &same));
        assert_false(tiny_same_tables(&model, &same));
        tt_parameters_assign(&model, &view);
        assert_true(tiny_same_tables(&model, &same));
        tt_parameters_assign(&model, &model);
        assert_true(tiny_same_tables(&model, &same));
        tt_parameters_release(&p);
        tt_parameters_release(&p);
        tt_model_release(&model);
        tt_model_release(&same);
    }
}

static void test_state_restores_a_copy(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment = {0};
    struct tt_state save = {.segment = &segment}, restore = {.segment = &segment, .is_restoring = 1};
    struct tt_parameters a, b;
    struct tt_model model;

    (void)state;
    begin(&model, 1);
    NEED(tt_parameters_init(&a, &model, &err));
    NEED(tt_parameters_init(&b, &model, &err));
    struct tt_model from = tt_parameters_view(&a, &model), to = tt_parameters_view(&b, &model);
    fill(&from, 3);
    fill(&to, 5);
    NEED(tt_parameters_state(&a, &model, "kept", &save, &err));
    NEED(tt_parameters_state(&b, &model, "kept", &restore, &err));
    assert_true(tiny_same_tables(&from, &to));
    assert_int_equal(tt_parameters_state(&b, &model, "other", &restore, &err), -1);
    tt_segment_release(&segment);
    tt_parameters_release(&a);
    tt_parameters_release(&b);
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_is_apart_from_the_model),
        cmocka_unit_test(test_state_restores_a_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

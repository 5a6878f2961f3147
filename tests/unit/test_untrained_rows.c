/* Rows that training never saw. */
#include "train/untrained_rows.h"

#include <math.h>
#include <stdlib.h>

#include "tiny_training.h"

static const char schema[] = "user u id\nuser i history\nitem i id\nitem price number scale=yes\n"
                             "item u history\n";
enum { USERS = 4, ITEMS = 3, COLUMNS = 5 };

/* Tables of distinct numbers, marks of 1; users 1 and 2, and items 2 and 3, with a history of one each. */
static void begin(struct tt_model *model, unsigned char **trained)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_bags *histories;

    tiny_clustered_model(model, NULL, schema, USERS, ITEMS);
    histories = &model->entities.users.bags[1];
    tt_bags_release(histories);
    for (uint32_t u = 0; u <= USERS; u++)
        NEED(tt_bags_add(histories, &u, NULL, u == 1 || u == 2, 0, &err));
    histories = &model->entities.items.bags[4];
    tt_bags_release(histories);
    for (uint32_t i = 0; i <= ITEMS; i++)
        NEED(tt_bags_add(histories, &i, NULL, i == 2 || i == 3, 0, &err));
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t i = 0; i < tt_model_table_size(model, c); i++)
            model->tables[c][i] = (float)(100 * c + i);
        trained[c] = tt_alloc(model->entities.dictionary.features[c].n_codes, 1, &err);
        memset(trained[c], 1, model->entities.dictionary.features[c].n_codes);
    }
}

static void end(struct tt_model *model, unsigned char **trained)
{
    for (size_t c = 0; c < COLUMNS; c++)
        free(trained[c]);
    tt_model_release(model);
}

static void test_trained_rows_stay(void **state)
{
    unsigned char *trained[COLUMNS];
    struct tt_model model;

    (void)state;
    begin(&model, trained);
    tt_untrained_rows_fill(&model, trained, &model.entities.users.bags[1]);
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < tt_model_table_size(&model, c); i++)
            assert_true(model.tables[c][i] == (float)(100 * c + i));
    end(&model, trained);
}

static void test_each_kind_has_its_unknown_row(void **state)
{
    unsigned char *trained[COLUMNS];
    struct tt_model model;

    (void)state;
    begin(&model, trained);
    for (size_t c = 0; c < COLUMNS; c++)
        trained[c][0] = 0;
    trained[0][4] = 0; /* user 4 */
    tt_untrained_rows_fill(&model, trained, &model.entities.users.bags[1]);
    const float *users = tiny_table(&model, TT_USER, "u"), *user_items = tiny_table(&model, TT_USER, "i"),
                *items = tiny_table(&model, TT_ITEM, "i"), *prices = tiny_table(&model, TT_ITEM, "price"),
                *item_users = tiny_table(&model, TT_ITEM, "u");
    for (size_t i = 0; i < TINY_DIM; i++) {
        assert_true(users[i] == (float)(2 * TINY_DIM + i)); /* the mean of rows 1 to 3 */
        assert_true(users[4 * TINY_DIM + i] == users[i]);
        assert_true(user_items[i] == (float)(100 + 1.5 * TINY_DIM + (double)i)); /* the mean bag: items 1 and 2 */
        assert_true(items[i] == (float)(200 + 2 * TINY_DIM + i));
        assert_true(prices[i] == 0); /* the mean number */
        assert_true(item_users[i] == (float)(400 + 2.5 * TINY_DIM + (double)i)); /* users 2 and 3 */
    }
    end(&model, trained);
}

static void test_a_trained_unknown_row_fills_others(void **state)
{
    unsigned char *trained[COLUMNS];
    struct tt_model model;

    (void)state;
    begin(&model, trained);
    trained[2][1] = trained[2][3] = 0;
    tt_untrained_rows_fill(&model, trained, &model.entities.users.bags[1]);
    const float *items = tiny_table(&model, TT_ITEM, "i");
    for (size_t i = 0; i < TINY_DIM; i++) {
        assert_true(items[i] == (float)(200 + i));
        assert_true(items[TINY_DIM + i] == (float)(200 + i));
        assert_true(items[2 * TINY_DIM + i] == (float)(200 + 2 * TINY_DIM + i));
        assert_true(items[3 * TINY_DIM + i] == (float)(200 + i));
    }
    end(&model, trained);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trained_rows_stay),
        cmocka_unit_test(test_each_kind_has_its_unknown_row),
        cmocka_unit_test(test_a_trained_unknown_row_fills_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

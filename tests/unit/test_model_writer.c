/* The file of a trained model, and what its metadata say. */
#include "train/model_writer.h"

#include "data_files.h"
#include "tiny_training.h"

static const char schema[] = "user u id\nitem i id\nitem kind category\n";

static int add_lineage(struct tt_segment *segment, struct tt_err *err)
{
    return tt_segment_text(segment, "program", "test", err);
}

static void is_text(const struct tt_model *model, const char *key, const char *text)
{
    const char *found = tt_segment_find_text(&model->entities.segment, key);

    if (!text ? found != NULL : !found || strcmp(found, text) != 0)
        fail_msg("%s is '%s'", key, found ? found : "(none)");
}

static void test_metadata_say_how_the_model_came_about(void **state)
{
    static const struct tt_model_origin alone = {{"aa", "", ""}, NULL, add_lineage};
    static const struct tt_model_origin all = {{"aa", "bb", "cc"}, "temperature 0.1", add_lineage};
    const struct tt_train_report report = {.plan = {.steps = {.candidates = TT_CANDIDATES_MIXED}},
                                           .targets = TT_TARGETS_LATER, .best_epoch = 7};
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model, loaded;

    (void)state;
    tiny_clustered_model(&model, NULL, schema, 20, 10);
    for (int i = 0; i < 2; i++) {
        struct tt_writer writer;
        NEED(tt_writer_open(&writer, "a", NULL, &err));
        NEED(tt_model_write(&model, &report, i ? &all : &alone, &writer, &err));
        NEED(tt_writer_finish(&writer, NULL, &err));
        NEED(tt_model_load(&loaded, "a", &err));
        assert_true(tiny_same_tables(&model, &loaded));
        is_text(&loaded, "program", "test");
        is_text(&loaded, "inputs", i ? "aa bb" : "aa");
        is_text(&loaded, "candidates", "mixed");
        is_text(&loaded, "targets", "later");
        is_text(&loaded, "epoch", "7");
        is_text(&loaded, "tuned", i ? "temperature 0.1" : NULL);
        is_text(&loaded, "warm_start", i ? "cc" : NULL);
        tt_model_release(&loaded);
    }
    tt_model_release(&model);
}

static int add_nothing(struct tt_segment *segment, struct tt_err *err)
{
    (void)segment;
    return tt_err_set(err, TT_ERR_SYSTEM, "no lineage");
}

static void test_a_failure_is_handed_on(void **state)
{
    static const struct tt_model_origin origin = {{"aa", "", ""}, NULL, add_nothing};
    const struct tt_train_report report = {.plan = {.steps = {.candidates = TT_CANDIDATES_ALL}},
                                           .targets = TT_TARGETS_ALL};
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;
    struct tt_model model;

    (void)state;
    tiny_clustered_model(&model, NULL, schema, 20, 10);
    NEED(tt_writer_open(&writer, "b", NULL, &err));
    assert_int_equal(tt_model_write(&model, &report, &origin, &writer, &err), -1);
    assert_string_equal(err.text, "no lineage");
    tt_writer_discard(&writer, NULL);
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata_say_how_the_model_came_about),
        cmocka_unit_test(test_a_failure_is_handed_on),
    };

    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

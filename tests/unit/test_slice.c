/* Values to parts: what is cut where, how parts are called, and where a column may be. */
#include "eval/slice.h"

#include "base/buf.h"
#include "base/rng.h"
#include "data_files.h"

static struct tt_csv open_csv(const char *name, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;

    assert_int_equal(tt_csv_open(&csv, write_file(name, text), TT_CSV_AUTO, &err), 0);
    return csv;
}

/* The parts of one column, as "NAME:EVENTS NAME:EVENTS", and held against each event's part. */
static const char *parts_of(const struct tt_slice *slice)
{
    static char text[4096];
    size_t len = 0, count[64] = {0};

    for (size_t i = 0; i < slice->n_events; i++)
        count[slice->part_of[i]]++;
    for (size_t p = 0; p < slice->n_parts; p++) {
        assert_int_equal(count[p], slice->part[p].n_events);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%zu", p ? " " : "", slice->part[p].name,
                                slice->part[p].n_events);
    }
    return text;
}

/* Slice by column v of a truth with these rows, each text so many times: "a*3 b*1"; "-" is no text. */
static const char *parts_of_texts(const char *rows)
{
    static const char *const names[] = {"v"};
    struct tt_err err = TT_ERR_INIT;
    struct tt_buf text = TT_BUF_INIT;
    struct tt_slices slices;
    const char *parts;

    assert_int_equal(tt_buf_add_text(&text, "u,v\n", &err), 0);
    for (const char *at = rows; *at; at += strspn(at, " ")) {
        int len = (int)strcspn(at, "*"), times = (int)strtol(at + len + 1, NULL, 10);
        for (int i = 0; i < times; i++)
            assert_int_equal(tt_buf_printf(&text, &err, "x,%.*s\n", *at == '-' && len == 1 ? 0 : len, at), 0);
        at += strcspn(at, " ");
    }
    struct tt_csv truth = open_csv("a", text.data);
    assert_int_equal(tt_slices_init(&slices, names, 1, &err), 0);
    assert_int_equal(tt_slices_find(&slices, &(struct tt_slice_sources){.truth = &truth}, &err), 0);
    while (tt_csv_next(&truth, &err) == 1)
        assert_int_equal(tt_slices_add_event(&slices, &truth, 0, 0, 0, &err), 0);
    assert_int_equal(tt_slices_cut(&slices, &err), 0);
    parts = parts_of(&slices.slice[0]);
    tt_slices_release(&slices);
    tt_csv_close(&truth);
    tt_buf_release(&text);
    return parts;
}

static void test_texts_are_parts_by_their_events(void **state)
{
    (void)state;
    assert_string_equal(parts_of_texts("b*2 a*2 z*5"), "z:5 a:2 b:2");
    assert_string_equal(parts_of_texts("b*1 -*3"), "b:1 (none):3");
    assert_string_equal(parts_of_texts("-*3"), "(none):3");
    assert_string_equal(parts_of_texts("ab*1 a*1"), "a:1 ab:1");
}

static void test_many_texts_have_a_rest(void **state)
{
    (void)state;
    assert_string_equal(parts_of_texts("a*2 b*2 c*2 d*2 e*2 f*2 g*2 h*2 i*2 j*2 k*2 l*2"),
                        "a:2 b:2 c:2 d:2 e:2 f:2 g:2 h:2 i:2 j:2 k:2 l:2");
    assert_string_equal(parts_of_texts("n*1 a*2 b*2 c*2 d*2 e*2 f*2 g*2 h*2 i*2 j*2 k*2 l*2 m*1 -*1"),
                        "a:2 b:2 c:2 d:2 e:2 f:2 g:2 h:2 i:2 j:2 k:2 l:2 (other):2 (none):1");
}

static void test_few_numbers_are_parts_by_value(void **state)
{
    (void)state;
    assert_string_equal(parts_of_texts("10*1 9*5 -*1 2*2"), "2:2 9:5 10:1 (none):1");
    assert_string_equal(parts_of_texts("1*1 1.0*2 3*1"), "1:3 3:1");
    assert_string_equal(parts_of_texts("1*1 2*1 3*1 4*1 5*1 6*1 7*1 8*1 9*1 10*1 11*1 12*1"),
                        "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1 12:1");
    assert_string_equal(parts_of_texts("9*1 10*1 x*1"), "10:1 9:1 x:1"); /* one text: all are texts */
}

static void test_many_numbers_are_cut_at_quantiles(void **state)
{
    (void)state;
    assert_string_equal(parts_of_texts("1*1 2*1 3*1 4*1 5*1 6*1 7*1 8*1 9*1 10*1 11*1 12*1 13*1 14*1 15*1 40*1"),
                        "1-4:4 5-8:4 9-12:4 13+:4");
    assert_string_equal(parts_of_texts("1*1 1.0*1 2*1 3*1 4*1 5*1 6*1 7*1 8*1 9*1 10*1 11*1 12*1 13*1 14*1 15*1"),
                        "1-3:4 4-7:4 8-11:4 12+:4");
    assert_string_equal(parts_of_texts("-2*1 -1.5*1 2*1 3*1 4*1 5*1 6*1 7*1 8*1 9*1 10*1 11*1 12*1 13*1 14*1 -*2 15*1"),
                        "-2 to 3:4 4 to 7:4 8 to 11:4 12+:4 (none):2");
    /* one value has most events: its quarters' worth is one part, and those before and after it remain */
    assert_string_equal(parts_of_texts("1*1 2*1 3*1 4*1 5*1 6*60 7*1 8*1 9*1 10*1 11*1 12*1 13*1"),
                        "1-5:5 6:60 7+:7");
    assert_string_equal(parts_of_texts("1*90 2*1 3*1 4*1 5*1 6*1 7*1 8*1 9*1 10*1 11*1 12*1 13*1"),
                        "1:90 2+:12");
}

/* No value in two parts, parts ascending, and each within half of its largest value's events of a quarter. */
static void test_quantiles_of_random_numbers(void **state)
{
    static const char *const names[] = {"activity"};
    struct tt_csv truth = open_csv("a", "u\nx\n");
    struct tt_err err = TT_ERR_INIT;
    struct tt_slice_sources sources = {.truth = &truth, .has_training = 1};
    (void)state;

    assert_int_equal(tt_csv_next(&truth, &err), 1);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        enum { EVENTS = 400, VALUES = 60 };
        size_t events[VALUES] = {0}, most = 0;
        uint32_t value[EVENTS], part_of_value[VALUES];
        struct tt_slices slices;
        struct tt_rng rng;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
        assert_int_equal(tt_slices_init(&slices, names, 1, &err), 0);
        assert_int_equal(tt_slices_find(&slices, &sources, &err), 0);
        for (int i = 0; i < EVENTS; i++) {
            value[i] = (uint32_t)(tt_rng_unit(&rng) * tt_rng_unit(&rng) * VALUES);
            if (++events[value[i]] > most)
                most = events[value[i]];
            assert_int_equal(tt_slices_add_event(&slices, &truth, value[i], 99, 0, &err), 0);
        }
        assert_int_equal(tt_slices_cut(&slices, &err), 0);
        const struct tt_slice *slice = &slices.slice[0];
        assert_int_equal(slice->n_parts, 4);
        for (int i = 0; i < EVENTS; i++)
            part_of_value[value[i]] = slice->part_of[i];
        for (int i = 0; i < EVENTS; i++)
            assert_int_equal(slice->part_of[i], part_of_value[value[i]]);
        for (uint32_t v = 0, last = 0; v < VALUES; v++)
            if (events[v]) {
                assert_true(part_of_value[v] >= last);
                last = part_of_value[v];
            }
        for (size_t p = 0; p < 4; p++)
            assert_true(slice->part[p].n_events + most >= EVENTS / 4 && slice->part[p].n_events <= EVENTS / 4 + most);
        tt_slices_release(&slices);
    }
    tt_csv_close(&truth);
}

static void test_known_and_numbers_of_training(void **state)
{
    static const char *const names[] = {"known", "activity", "popularity"};
    struct tt_csv truth = open_csv("a", "u\nx\n");
    struct tt_err err = TT_ERR_INIT;
    struct tt_slice_sources sources = {.truth = &truth, .has_training = 1};
    struct tt_slices slices;
    (void)state;

    assert_int_equal(tt_csv_next(&truth, &err), 1);
    assert_int_equal(tt_slices_init(&slices, names, LENGTH(names), &err), 0);
    assert_int_equal(tt_slices_find(&slices, &sources, &err), 0);
    for (uint32_t i = 0; i < 8; i++) /* eight values, which are few but are cut */
        assert_int_equal(tt_slices_add_event(&slices, &truth, i, 10 * (i / 4), i < 5, &err), 0);
    assert_int_equal(tt_slices_cut(&slices, &err), 0);
    assert_string_equal(parts_of(&slices.slice[0]), "new:3 known:5");
    assert_string_equal(parts_of(&slices.slice[1]), "0-1:2 2-3:2 4-5:2 6+:2");
    assert_string_equal(parts_of(&slices.slice[2]), "0:4 10:4");
    tt_slices_release(&slices);
    tt_csv_close(&truth);
}

/* Joined by item and by user; two rows that agree win against one; who has no row has no value. */
static void test_columns_of_items_and_users(void **state)
{
    static const char *const names[] = {"kind", "age"};
    struct tt_csv truth = open_csv("a", "u,i\n1,1\n");
    struct tt_csv items = open_csv("b", "i,kind\n0,bbq\n1,bbq\n0,thai\n0,thai\n");
    struct tt_csv users = open_csv("c", "age,u\nold,0\n,1\n");
    struct tt_err err = TT_ERR_INIT;
    struct tt_slice_sources sources = {
        .truth = &truth, .items = &items, .users = &users, .item_column = "i", .user_column = "u",
    };
    struct tt_slices slices;
    static const uint32_t events[][2] = {{0, 0}, {1, 1}, {0, 2}, {2, 0}};
    static const uint32_t item_rows[] = {0, 1, 0, 0}, user_rows[] = {0, 1};
    (void)state;

    assert_int_equal(tt_csv_next(&truth, &err), 1);
    assert_int_equal(tt_slices_init(&slices, names, 2, &err), 0);
    assert_int_equal(tt_slices_find(&slices, &sources, &err), 0);
    assert_true(tt_slices_need(&slices, TT_SLICE_USERS) && !tt_slices_need(&slices, TT_SLICE_TRUTH));
    for (size_t i = 0; i < LENGTH(events); i++)
        assert_int_equal(tt_slices_add_event(&slices, &truth, 0, 0, 0, &err), 0);
    for (size_t i = 0; i < LENGTH(item_rows); i++)
        assert_true(tt_csv_next(&items, &err) == 1 && tt_slices_add_item(&slices, &items, item_rows[i], &err) == 0);
    for (size_t i = 0; i < LENGTH(user_rows); i++)
        assert_true(tt_csv_next(&users, &err) == 1 && tt_slices_add_user(&slices, &users, user_rows[i], &err) == 0);
    for (size_t i = 0; i < LENGTH(events); i++)
        tt_slices_join(&slices, i, events[i][0], events[i][1]);
    assert_int_equal(tt_slices_cut(&slices, &err), 0);
    assert_string_equal(parts_of(&slices.slice[0]), "thai:2 bbq:1 (none):1");
    assert_string_equal(parts_of(&slices.slice[1]), "old:2 (none):2");
    tt_slices_release(&slices);
    tt_csv_close(&truth);
    tt_csv_close(&items);
    tt_csv_close(&users);
}

static void refused(const char *name, int has_training, const char *message)
{
    struct tt_csv truth = open_csv("a", "u,i,when,both,activity\n"), items = open_csv("b", "i,both,u\n");
    struct tt_csv users = open_csv("c", "u,age\n");
    struct tt_err err = TT_ERR_INIT;
    struct tt_slice_sources sources = {
        .truth = &truth, .items = &items, .users = &users, .item_column = "i", .user_column = "u",
        .has_training = has_training,
    };
    struct tt_slices slices;

    assert_int_equal(tt_slices_init(&slices, &name, 1, &err), 0);
    assert_int_equal(tt_slices_find(&slices, &sources, &err), message ? -1 : 0);
    assert_string_equal(err.text, message ? message : "");
    tt_slices_release(&slices);
    tt_csv_close(&truth);
    tt_csv_close(&items);
    tt_csv_close(&users);
}

static void test_a_name_is_of_one_thing(void **state)
{
    (void)state;
    refused("i", 0, NULL); /* the key of the items: the truth's column */
    refused("age", 0, NULL);
    refused("activity", 0, NULL); /* a column like others, without training events */
    refused("activity", 1, "slice 'activity': a has a column of this name, and the training events tell it too");
    refused("both", 0, "slice 'both': a and b both have this column");
    refused("u", 0, "slice 'u': a and b both have this column"); /* of the items it is no key */
    refused("nothing", 1, "slice 'nothing': no such column in a, b, c");
    refused("known", 0, "slice 'known': no file has this column, and the training events are not given");
    refused("known", 1, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_parts_by_their_events),
        cmocka_unit_test(test_many_texts_have_a_rest),
        cmocka_unit_test(test_few_numbers_are_parts_by_value),
        cmocka_unit_test(test_many_numbers_are_cut_at_quantiles),
        cmocka_unit_test(test_quantiles_of_random_numbers),
        cmocka_unit_test(test_known_and_numbers_of_training),
        cmocka_unit_test(test_columns_of_items_and_users),
        cmocka_unit_test(test_a_name_is_of_one_thing),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

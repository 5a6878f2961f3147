/* Attributes of items, from random tables and from the model, against lists of texts. */
#include "serve/item_attributes.h"

#include "base/rng.h"
#include "data_files.h"
#include "tiny_model.h"

/* Items i1 ... iROWS are rows 0 ...; the model's items have the same names, but the rows' codes are mixed. */
enum { ROWS = 75, WORDS = 5, MOST = 8, MODEL_ITEMS = 90 };

static const char schema_text[] = "user u id\nitem store_id id\nitem tags bag sep=;\nitem kind category\n"
                                  "item price number scale=yes\nitem more bag\nuser kind2 category\n";

/* A column as lists of texts, in the order of the file, each once. */
struct plain {
    char separator;
    size_t n[ROWS];
    char texts[ROWS][MOST][8];
};

static void plain_add(struct plain *plain, size_t row, const char *text)
{
    for (size_t i = 0; i < plain->n[row]; i++)
        if (strcmp(plain->texts[row][i], text) == 0)
            return;
    if (text[0])
        snprintf(plain->texts[row][plain->n[row]++], sizeof(plain->texts[row][0]), "%s", text);
}

static void check_column(const struct tt_item_attributes *attributes, const char *name, const struct plain *plain)
{
    const struct tt_item_attribute *column = tt_item_attributes_find(attributes, name, strlen(name));
    uint64_t bits[ROWS / 64 + 1], expected[ROWS / 64 + 1];
    char value[8];

    assert_non_null(column);
    assert_string_equal(column->name, name);
    assert_int_equal(column->separator, plain->separator);
    for (size_t row = 0; row < ROWS; row++) {
        size_t n, len;
        const uint32_t *values = tt_item_attribute_values(column, row, &n);
        assert_int_equal(n, plain->n[row]);
        for (size_t i = 0; i < n; i++) {
            const char *text = tt_text_list_get(&column->values.texts, values[i], &len);
            assert_int_equal(len, strlen(plain->texts[row][i]));
            assert_memory_equal(text, plain->texts[row][i], len);
        }
    }
    for (int v = 0; v <= TINY_VALUES + WORDS; v++) { /* the last one never comes */
        size_t count = 0;
        int len = snprintf(value, sizeof(value), "c%d", v);
        memset(bits, 0, sizeof(bits));
        memset(expected, 0, sizeof(expected));
        bits[ROWS / 64] = expected[ROWS / 64] = UINT64_C(1) << 63; /* what is set stays set */
        for (size_t row = 0; row < ROWS; row++)
            for (size_t i = 0; i < plain->n[row]; i++)
                if (strcmp(plain->texts[row][i], value) == 0) {
                    expected[row / 64] |= UINT64_C(1) << (row % 64);
                    count++;
                }
        assert_int_equal(tt_item_attribute_allow(column, value, (size_t)len, bits), count);
        assert_memory_equal(bits, expected, sizeof(bits));
    }
    assert_int_equal(tt_item_attribute_allow(column, "", 0, bits), 0);
}

static void make_ids(struct tt_vocab *ids)
{
    struct tt_err err = TT_ERR_INIT;
    char text[16];
    uint32_t code;

    NEED(tt_vocab_init(ids, &err));
    for (size_t i = 1; i <= ROWS; i++)
        NEED(tt_vocab_add(ids, text, (size_t)snprintf(text, sizeof(text), "i%zu", i), &code, &err));
}

static const char *any_word(struct tt_rng *rng)
{
    static const char *const words[] = {"", "c0", "c1", "c2", "c3", "c4"};

    return words[tt_rng_below(rng, LENGTH(words))];
}

/* Append a row's field to the text: one word, or with a separator several, some of them empty or twice. What it means
 * goes to `plain`, unless that is NULL. */
static void any_field(struct tt_rng *rng, char separator, struct plain *plain, size_t row, struct tt_buf *text)
{
    struct tt_err err = TT_ERR_INIT;
    size_t n = separator ? tt_rng_below(rng, 5) : 1;

    for (size_t i = 0; i < n; i++) {
        const char *word = any_word(rng);
        NEED(i && tt_buf_add(text, &separator, 1, &err));
        NEED(tt_buf_add_text(text, word, &err));
        if (plain)
            plain_add(plain, row, word);
    }
}

/* A table whose columns stand in some order, of which the id is one; some items are unknown, some stand twice, of which
 * the first counts. Returns how many rows are unknown. */
static size_t any_table(struct tt_rng *rng, const char *path, struct plain columns[3])
{
    static const char *const names[] = {"store_id", "tags", "kind", "plain"};
    struct tt_buf text = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    unsigned char had[ROWS] = {0};
    size_t shift = tt_rng_below(rng, 4), unknown = 0;

    columns[0].separator = ';'; /* "kind" and "plain" are no bags: "a;b" would be one value */
    for (size_t c = 0; c < 4; c++)
        NEED(tt_buf_printf(&text, &err, "%s%s", names[(c + shift) % 4], c < 3 ? "," : "\n"));
    for (size_t r = 0, n = tt_rng_below(rng, 2 * ROWS); r < n; r++) {
        size_t item = 1 + tt_rng_below(rng, ROWS + 10);
        int counts = item <= ROWS && !had[item - 1];
        unknown += item > ROWS;
        if (counts)
            had[item - 1] = 1;
        for (size_t c = 0; c < 4; c++) {
            size_t which = (c + shift) % 4;
            if (which == 0)
                NEED(tt_buf_printf(&text, &err, "i%zu", item));
            else
                any_field(rng, which == 1 ? ';' : 0, counts ? &columns[which - 1] : NULL, item - 1, &text);
            NEED(tt_buf_add(&text, c < 3 ? "," : "\n", 1, &err));
        }
    }
    write_file(path, text.data);
    tt_buf_release(&text);
    return unknown;
}

/* What tiny_attribute gave the model's items. */
static void plain_of_model(struct plain *plain, const uint32_t codes[ROWS], int is_bag)
{
    char text[16];

    for (size_t row = 0; row < ROWS; row++) {
        uint32_t code = codes[row] ? tiny_code(codes[row]) : 0;
        if (is_bag && code > 1)
            plain_add(plain, row, "c1");
        snprintf(text, sizeof(text), "c%u", (unsigned)code);
        if (code)
            plain_add(plain, row, text);
    }
}

static void test_attributes_agrees_with_lists_of_texts(void **state)
{
    static struct plain of_file[3], more, of_model;
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_vocab ids;
    (void)state;

    tiny_begin(&base, schema_text, 4, MODEL_ITEMS);
    make_ids(&ids);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint32_t codes[ROWS];
        struct tt_text_list names;
        struct tt_item_attributes attributes;
        struct tt_rng rng;
        size_t unknown = 99, expected = 0;
        int has_file = seed % 4 != 0;
        tt_rng_init(&rng, seed, TT_RNG_TEST, 3);
        memset(of_file, 0, sizeof(of_file));
        memset(&more, 0, sizeof(more));
        memset(&of_model, 0, sizeof(of_model));
        NEED(tt_text_list_init(&names, &err));
        for (size_t row = 0; row < ROWS; row++) { /* "i0" is not of the model */
            char name[16];
            codes[row] = (uint32_t)tt_rng_below(&rng, MODEL_ITEMS + 1);
            snprintf(name, sizeof(name), "i%u", (unsigned)codes[row]);
            NEED(tt_text_list_add(&names, name, strlen(name), &err));
        }
        NEED(tt_item_attributes_init(&attributes, ROWS, &err));
        if (has_file) {
            expected = any_table(&rng, "a", of_file);
            NEED(tt_item_attributes_read(&attributes, "a", "store_id", &ids, &base.entities.dictionary, &unknown,
                                         &err));
            assert_int_equal(unknown, expected);
        }
        NEED(tt_item_attributes_add_model(&attributes, &base.entities, &names, &err));
        NEED(tt_item_attributes_finish(&attributes, &err));
        plain_of_model(&of_model, codes, 0);
        plain_of_model(&more, codes, 1);
        more.separator = '|';
        assert_int_equal(attributes.n_columns, has_file ? 4 : 3);
        check_column(&attributes, "more", &more);
        if (has_file) { /* its columns go before the model's of the same name */
            check_column(&attributes, "tags", &of_file[0]);
            check_column(&attributes, "kind", &of_file[1]);
            check_column(&attributes, "plain", &of_file[2]);
        } else {
            check_column(&attributes, "kind", &of_model);
            more.separator = ';';
            check_column(&attributes, "tags", &more);
        }
        assert_null(tt_item_attributes_find(&attributes, "price", 5)); /* a number is nothing to filter by */
        assert_null(tt_item_attributes_find(&attributes, "store_id", 8));
        assert_null(tt_item_attributes_find(&attributes, "kind2", 5)); /* the users' */
        assert_null(tt_item_attributes_find(&attributes, "kin", 3));
        tt_item_attributes_release(&attributes);
        tt_text_list_release(&names);
    }
    tt_vocab_release(&ids);
    tt_examples_release(&base);
}

static void test_attributes_keeps_what_is_no_bag_whole(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_vocab ids;
    struct tt_item_attributes attributes;
    size_t unknown, n, len;
    uint64_t bits[2] = {0};
    (void)state;

    tiny_begin(&base, schema_text, 4, MODEL_ITEMS);
    make_ids(&ids);
    NEED(tt_item_attributes_init(&attributes, ROWS, &err));
    write_file("a", "store_id,name,kind,tags\ni3,\"Kim's; \"\"best\"\",\nSeoul\",a;b|c, x ;y\n");
    NEED(tt_item_attributes_read(&attributes, "a", "store_id", &ids, &base.entities.dictionary, &unknown, &err));
    NEED(tt_item_attributes_finish(&attributes, &err));
    const struct tt_item_attribute *name = tt_item_attributes_find(&attributes, "name", 4);
    const uint32_t *values = tt_item_attribute_values(name, 2, &n);
    assert_int_equal(n, 1);
    assert_int_equal(name->separator, 0);
    const char *text = tt_text_list_get(&name->values.texts, values[0], &len);
    assert_int_equal(len, strlen("Kim's; \"best\",\nSeoul"));
    assert_memory_equal(text, "Kim's; \"best\",\nSeoul", len);
    assert_int_equal(tt_item_attribute_allow(tt_item_attributes_find(&attributes, "kind", 4), "a;b|c", 5, bits), 1);
    assert_int_equal(tt_item_attribute_allow(tt_item_attributes_find(&attributes, "tags", 4), " x ", 3, bits), 1);
    assert_int_equal(bits[0], 4);
    tt_item_attributes_release(&attributes);
    tt_vocab_release(&ids);
    tt_examples_release(&base);
}

static void test_attributes_refuses_files(void **state)
{
    static const struct { const char *text, *error; } bad[] = {
        {"id,kind\ni1,a\n", "a: no column 'store_id' (there are: id, kind)"},
        {"store_id,kind\ni1,a\ni2\n", "a:3: expected 2 fields, found 1"},
        {"store_id,kind\ni1,\"a\n", "a:2: a quoted field that is never closed"},
        {"store_id,kind\ni1,\xff\n", "a:2: field 'kind': not valid UTF-8"}, /* an answer shows it */
    };
    struct tt_err ok = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_vocab ids;
    (void)state;

    tiny_begin(&base, schema_text, 4, MODEL_ITEMS);
    make_ids(&ids);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_item_attributes attributes;
        size_t unknown;
        assert_int_equal(tt_item_attributes_init(&attributes, ROWS, &ok), 0);
        write_file("a", bad[i].text);
        assert_int_equal(tt_item_attributes_read(&attributes, "a", "store_id", &ids, &base.entities.dictionary,
                                                 &unknown, &err), -1);
        assert_string_equal(err.text, bad[i].error);
        tt_item_attributes_release(&attributes);
    }
    tt_vocab_release(&ids);
    tt_examples_release(&base);
}

static void test_attributes_may_be_empty(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_item_attributes attributes = {0};
    (void)state;

    tt_item_attributes_release(&attributes);
    assert_int_equal(tt_item_attributes_init(&attributes, (size_t)UINT32_MAX + 1, &err), -1);
    assert_string_equal(err.text, "more items than a row number can name");
    err = (struct tt_err)TT_ERR_INIT;
    NEED(tt_item_attributes_init(&attributes, 0, &err));
    NEED(tt_item_attributes_finish(&attributes, &err));
    assert_null(tt_item_attributes_find(&attributes, "kind", 4));
    tt_item_attributes_release(&attributes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes_agrees_with_lists_of_texts),
        cmocka_unit_test(test_attributes_keeps_what_is_no_bag_whole),
        cmocka_unit_test(test_attributes_refuses_files),
        cmocka_unit_test(test_attributes_may_be_empty),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

/* Rows of one side by a model's dictionary: where each feature comes from, distinct keys, streams, and errors. */
#include "encode/row_encoder.h"

#include <math.h>

#include "encode/example_encoder.h"
#include "encode/history.h"
#include "data_files.h"

/* A model without towers: the dictionary, the attributes and the histories are all that rows need of it. */
static void make_model(struct tt_entities *base, const char *schema_text, const char *events)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_encode_stats stats;
    struct tt_segment segment;
    struct tt_schema schema;
    struct tt_examples x;

    parse_schema(&schema, schema_text);
    assert_int_equal(tt_encode_stats_init(&stats, &schema, &err), 0);
    assert_int_equal(tt_encode_examples(&x, &schema, write_file("e", events), NULL, NULL, TT_CSV_AUTO, &stats, &err),
                     0);
    tt_encode_stats_release(&stats);
    const struct tt_dictionary *d = &x.entities.dictionary;
    struct tt_table *users = &x.entities.users;
    const struct tt_column *history = tt_schema_find(&d->schema, TT_USER, TT_KIND_HISTORY);
    struct tt_visits visits = {.n = x.events.n, .user = x.events.user, .item = x.events.item, .time = x.events.time,
                               .label = x.events.label, .weight = x.events.weight};
    if (history)
        assert_int_equal(tt_history_build(&users->bags[history - d->schema.columns], history, users->n_rows, &visits,
                                          &err), 0);
    assert_int_equal(tt_segment_init(&segment, "model", TT_FORMAT, &err), 0);
    assert_int_equal(tt_entities_store(&x.entities, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, &segment, &err), 0);
    write_segment(&segment, "m");
    tt_segment_release(&segment);
    tt_examples_release(&x);
    assert_int_equal(tt_entities_load(base, "m", &err), 0);
    assert_int_equal(tt_dictionary_index(&base->dictionary, &base->segment, "m", &err), 0);
}

static int no_lineage(struct tt_segment *segment, void *arg, struct tt_err *err)
{
    (void)err;
    *(size_t *)arg += segment != NULL;
    return 0;
}

struct result {
    struct tt_row_stats stats;
    struct tt_err err;
    int status;
    size_t segments; /* how often lineage was asked for */
    struct tt_segment segment;
    struct tt_rows rows;
};

/* Encode the input into the file "r", and, unless it is a stream, load that. */
static struct result encode(const struct tt_entities *base, struct tt_row_options options, const char *input)
{
    struct result r = {.err = TT_ERR_INIT};
    struct tt_writer writer;

    options.input = write_file("n", input);
    r.stats.unseen = calloc(base->dictionary.schema.n_columns, sizeof(*r.stats.unseen));
    assert_non_null(r.stats.unseen);
    assert_int_equal(tt_writer_open(&writer, "r", NULL, &r.err), 0);
    r.status = tt_encode_rows(base, &options, &writer, no_lineage, &r.segments, &r.stats, &r.err);
    if (r.status) {
        tt_writer_discard(&writer, NULL);
        return r;
    }
    assert_int_equal(tt_writer_finish(&writer, NULL, &r.err), 0);
    if (options.chunk == 0) {
        assert_int_equal(tt_container_load("r", "rows", &r.segment, &r.err), 0);
        assert_int_equal(tt_rows_view(&r.rows, &base->dictionary, base->segment.checksum, &r.segment, &r.err), 0);
    }
    return r;
}

static void release(struct result *r, const struct tt_entities *base)
{
    tt_rows_release(&r->rows, &base->dictionary);
    tt_segment_release(&r->segment);
    free(r->stats.unseen);
}

/* The rows' bags of a column: codes joined by +, rows by blanks; weights other than 1 behind @. */
static const char *bags(const struct result *r, const struct tt_entities *base, const char *column)
{
    static char text[400];
    const struct tt_schema *schema = &base->dictionary.schema;
    size_t used = 0, c = 0;

    while (schema->columns[c].side != r->rows.table.side || strcmp(schema->columns[c].name, column) != 0)
        assert_true(++c < schema->n_columns);
    text[0] = '\0';
    for (size_t row = 0; row < r->rows.table.n_rows; row++) {
        const uint32_t *codes;
        const float *weights;
        size_t n = tt_bags_row(&r->rows.table.bags[c], row, &codes, &weights);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", row ? " " : "", n ? "" : "-");
        for (size_t i = 0; i < n; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i ? "+" : "", (unsigned)codes[i]);
            if (weights && weights[i] != 1)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "@%.4g", (double)weights[i]);
        }
    }
    return text;
}

static const char *keys(const struct result *r, size_t k)
{
    static char text[400];
    size_t used = 0, len;

    text[0] = '\0';
    for (size_t i = 0; i < r->rows.keys[k].n; i++) {
        const char *key = tt_text_list_get(&r->rows.keys[k], i, &len);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s", i ? " " : "", (int)len, key);
    }
    return text;
}

static const char users_schema[] =
    "user u id\nuser c context\nuser i history count=linear half_life=1\nuser age number "
    "borders=30,50\nuser tags bag\nitem i id\nevent t time unit=day\nevent w weight\n"
    "event l label\n";
static const char users_events[] = "u,c,age,tags,i,t,w,l\n"
                                   "ann,noon,25,a|b,x,10,1,1\n"
                                   "ann,eve,25,a|b,y,11,1,1\n"
                                   "bob,noon,60,c,y,20,1,1\n";

static void test_rows_are_the_distinct_keys_in_order(void **state)
{
    struct tt_entities base;

    (void)state;
    make_model(&base, users_schema, users_events);
    struct result r = encode(&base, (struct tt_row_options){.side = TT_USER},
                             "c,u\neve,ann\nnoon,bob\neve,ann\n,ann\nnoon,ann\ndawn,zoe\neve,ann\n");
    assert_string_equal(r.err.text, "");
    assert_int_equal(r.rows.table.n_rows, 5);
    assert_int_equal(r.rows.n_keys, 2);
    assert_string_equal(r.rows.key_names[0], "u");
    assert_string_equal(r.rows.key_names[1], "c");
    assert_string_equal(keys(&r, 0), "ann bob ann ann zoe");
    assert_string_equal(keys(&r, 1), "eve noon  noon dawn");
    assert_string_equal(bags(&r, &base, "u"), "1 2 1 1 0");
    assert_string_equal(bags(&r, &base, "c"), "2 1 0 1 0");
    assert_string_equal(bags(&r, &base, "age"), "1 3 1 1 0"); /* all from what the model knows */
    assert_string_equal(bags(&r, &base, "tags"), "1@0.7071+2@0.7071 3 1@0.7071+2@0.7071 1@0.7071+2@0.7071 0");
    assert_string_equal(bags(&r, &base, "i"), "1@0.5+2 2 1@0.5+2 1@0.5+2 -");
    assert_int_equal(r.stats.read, 7);
    assert_int_equal(r.stats.rows, 5);
    assert_int_equal(r.stats.unknown_ids, 1);
    assert_int_equal(r.stats.unseen[1], 1); /* dawn */
    assert_int_equal(r.segments, 1);
    release(&r, &base);
    tt_entities_release(&base);
}

static void test_rows_keys_are_not_run_together(void **state)
{
    struct tt_entities base;

    (void)state;
    make_model(&base, users_schema, users_events);
    struct result r = encode(&base, (struct tt_row_options){.side = TT_USER}, "c,u\nbc,a\nc,ab\n");
    assert_int_equal(r.rows.table.n_rows, 2);
    assert_string_equal(keys(&r, 0), "a ab");
    release(&r, &base);
    tt_entities_release(&base);
}

static void test_rows_take_attributes_from_input_then_side_file_then_model(void **state)
{
    struct tt_row_options options = {.side = TT_USER};
    struct tt_entities base;

    (void)state;
    make_model(&base, users_schema, users_events);
    options.attributes = write_file("s", "u,age,tags\nann,40,c\nzoe,20,\nbob,,x|a\nann,99,a\n");
    struct result r = encode(&base, options, "u,c,age\nann,,\nbob,,\nzoe,,70\nyan,,\nann,noon,99\n");
    assert_string_equal(r.err.text, "");
    /* ann: side file (its first row); bob: empty there, so the model; zoe: input; yan: nobody knows; ann: input */
    assert_string_equal(bags(&r, &base, "age"), "2 3 3 0 3");
    /* ann: side file; bob: side file, x unseen; zoe: empty, and unknown to the model; yan: nothing */
    assert_string_equal(bags(&r, &base, "tags"), "3 1 0 0 3");
    assert_int_equal(r.stats.unseen[4], 1); /* x, once: counted where it is used */
    assert_int_equal(r.stats.missing, 0);
    assert_int_equal(r.stats.other_attributes[0], 0); /* ann of noon is not ann of no time */
    assert_int_equal(r.stats.other_attributes[1], 1); /* ann's second row */
    assert_int_equal(strlen(r.stats.inputs[0]), TT_FINGERPRINT_HEX);
    assert_int_equal(strlen(r.stats.inputs[1]), TT_FINGERPRINT_HEX);
    assert_string_equal(r.stats.inputs[2], "");
    release(&r, &base);
    tt_entities_release(&base);
}

static void test_rows_of_items_need_no_context(void **state)
{
    struct tt_row_options options = {.side = TT_ITEM};
    struct tt_entities base;

    (void)state;
    make_model(&base, "user u id\nuser c context\nitem i id\nitem k category\nitem h hash slots=7\n",
               "u,c,i,k,h\na,n,x,bbq,1\na,n,y,cafe,2\n");
    options.attributes = write_file("s", "i,k\nx,pub\nnew,cafe\n");
    struct result r = encode(&base, options, "i\ny\nx\nnew\ny\n");
    assert_string_equal(r.err.text, "");
    assert_int_equal(r.rows.n_keys, 1);
    assert_int_equal(r.rows.table.side, TT_ITEM);
    assert_string_equal(keys(&r, 0), "y x new");
    assert_string_equal(bags(&r, &base, "i"), "2 1 0");
    assert_string_equal(bags(&r, &base, "k"), "2 0 2"); /* pub is a value that the model never saw: unknown, not bbq */
    assert_int_equal(r.stats.unseen[3], 1);
    release(&r, &base);
    tt_entities_release(&base);
}

/* Of repetitions the first is taken; those that would say otherwise are counted, in each segment of a stream. */
static void test_rows_that_repeat_one_with_other_attributes_are_counted(void **state)
{
    struct tt_row_options options = {.side = TT_ITEM};
    struct tt_entities base;

    (void)state;
    make_model(&base, "user u id\nitem i id\nitem k category\nitem h hash slots=7\n",
               "u,i,k,h\na,x,bbq,1\na,y,cafe,2\n");
    struct result r = encode(&base, options, "k,i,z\nbbq,x,1\ncafe,y,1\nbbq,x,2\ncafe,x,3\n,x,1\ncafe,y,1\n");
    assert_string_equal(r.err.text, "");
    assert_string_equal(bags(&r, &base, "k"), "1 2");
    assert_int_equal(r.stats.other_attributes[0], 2);
    assert_int_equal(r.stats.missing, 1 << 3); /* h */
    release(&r, &base);
    options.attributes = write_file("s", "i,h\nx,1\nx,1\nx,2\n");
    options.chunk = 2;
    r = encode(&base, options, "i\nx\nx\ny\nx\n");
    assert_string_equal(r.err.text, "");
    assert_int_equal(r.stats.other_attributes[0], 0); /* the input has no attributes */
    assert_int_equal(r.stats.other_attributes[1], 1);
    assert_int_equal(r.stats.missing, 1 << 2); /* k */
    release(&r, &base);
    tt_entities_release(&base);
}

static void test_rows_histories_are_replaced_by_the_history_file(void **state)
{
    struct tt_row_options options = {.side = TT_USER};
    struct tt_entities base;

    (void)state;
    make_model(&base, users_schema, users_events);
    /* zoe: y at half its weight of 3, x; a visit that was not liked; one to a store that the model does not know */
    options.history =
        write_file("h", "t,i,u,l,w\n7,y,zoe,1,3\n8,x,zoe,1,1\n9,x,zoe,0,1\n9,new,zoe,1,1\n5,x,bob,1,2\n4,q,tom,1,1\n");
    struct result r = encode(&base, options, "u,c\nann,\nbob,\nzoe,\nyan,\ntom,\n");
    assert_string_equal(r.err.text, "");
    assert_string_equal(bags(&r, &base, "i"), "1@0.5+2 1@2 1+2@1.5 - -");
    assert_int_equal(r.stats.unseen[base.dictionary.item_id], 2);
    assert_int_equal(r.stats.unknown_ids, 3);
    assert_int_equal(r.stats.with_history, 2); /* zoe and tom */
    assert_int_equal(strlen(r.stats.inputs[2]), TT_FINGERPRINT_HEX);
    release(&r, &base);
    options.history = write_file("h", "t,i,u\n8,y,zoe\n"); /* label and weight may be missing: 1 */
    r = encode(&base, options, "u,c\nzoe,\n");
    assert_string_equal(bags(&r, &base, "i"), "2");
    release(&r, &base);
    tt_entities_release(&base);
}

static void test_rows_stream_in_segments_of_at_most_chunk_rows(void **state)
{
    static const struct { const char *input; size_t sizes[4], n; } cases[] = {
        /* a b | a c | a d | e: a repetition is dropped in its segment */
        {"u,c\na,\nb,\na,\nc,\na,\nd,\ne,\n", {2, 2, 2, 1}, 4},
        {"u,c\na,\nb,\nc,\n", {2, 1}, 2},
        {"u,c\na,\nb,\n", {2, 0}, 2}, /* the end is known only after a full segment */
        {"u,c\n", {0}, 1},
    };
    struct tt_entities base;
    struct tt_container container;
    struct tt_segment segment;

    (void)state;
    make_model(&base, users_schema, users_events);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct result r = encode(&base, (struct tt_row_options){.side = TT_USER, .chunk = 2}, cases[i].input);
        size_t n = 0;
        assert_string_equal(r.err.text, "");
        assert_int_equal(tt_container_open(&container, "r", &r.err), 0);
        while (tt_container_next(&container, "rows", &segment, &r.err) == 1) {
            struct tt_rows rows;
            assert_true(n < cases[i].n);
            assert_int_equal(tt_rows_view(&rows, &base.dictionary, base.segment.checksum, &segment, &r.err), 0);
            assert_int_equal(rows.table.n_rows, cases[i].sizes[n]);
            n++;
            tt_rows_release(&rows, &base.dictionary);
            tt_segment_release(&segment);
        }
        assert_string_equal(r.err.text, "");
        assert_int_equal(n, cases[i].n);
        assert_int_equal(r.segments, cases[i].n);
        tt_container_close(&container);
        release(&r, &base);
    }
    tt_entities_release(&base);
}

static void test_rows_errors_name_file_line_and_field(void **state)
{
    static const struct { const char *input, *side, *history, *message; } cases[] = {
        {"u\nann\n", NULL, NULL, "n: no column 'c' (there are: u)"},
        {"c\nann\n", NULL, NULL, "n: no column 'u' (there are: c)"},
        {"u,c\nann,x\n,x\n", NULL, NULL, "n:3: field 'u' is empty"},
        {"u,c,age\nann,x,old\n", NULL, NULL, "n:2: field 'age': 'old' is not a number"},
        {"u,c\nann\n", NULL, NULL, "n:2: expected 2 fields, found 1"},
        {"u,c\nann,x\n", "age\n3\n", NULL, "s: no column 'u' (there are: age)"},
        {"u,c\nann,x\n", "u,age\nann,3\nbob,x\n", NULL, "s:3: field 'age': 'x' is not a number"},
        {"u,c\nann,x\n", "u,age\nann,3\nann,x\n", NULL, "s:3: field 'age': 'x' is not a number"},
        {"u,c\nann,x\n", "u,age\n,3\n", NULL, "s:2: field 'u' is empty"},
        {"u,c\nann,x\n", NULL, "u,t\nann,1\n", "h: no column 'i' (there are: u, t)"},
        {"u,c\nann,x\n", NULL, "u,i\nann,x\n", "h: no column 't' (there are: u, i)"},
        {"u,c\nann,x\n", NULL, "u,i,t\nann,,1\n", "h:2: field 'i' is empty"},
        {"u,c\nann,x\n", NULL, "u,i,t\nann,x,1\n,x,1\n", "h:3: field 'u' is empty"},
        {"u,c\nann,x\n", NULL, "u,i,t\nann,x,now\n",
         "h:2: field 't': 'now' is not a time: a number of the schema's units, 1970 to 2106"},
        {"u,c\nann,x\n", NULL, "u,i,t,w\nann,x,1,-1\n",
         "h:2: field 'w': '-1' is not a weight, a number from 0 to 1e30"},
        {"u,c\nann,x\n", NULL, "u,i,t,l\nann,x,1,yes\n", "h:2: field 'l': 'yes' is not a label, a number"},
    };
    struct tt_entities base;

    (void)state;
    make_model(&base, users_schema, users_events);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct tt_row_options options = {.side = TT_USER};
        if (cases[i].side)
            options.attributes = write_file("s", cases[i].side);
        if (cases[i].history)
            options.history = write_file("h", cases[i].history);
        struct result r = encode(&base, options, cases[i].input);
        assert_string_equal(r.err.text, cases[i].message);
        assert_int_equal(r.status, -1);
        release(&r, &base);
    }
    tt_entities_release(&base);
}

static void test_rows_of_a_schema_without_history_refuse_a_history_file(void **state)
{
    struct tt_entities base;

    (void)state;
    make_model(&base, "user u id\nitem i id\n", "u,i\na,x\n");
    struct result r =
        encode(&base, (struct tt_row_options){.side = TT_USER, .history = write_file("h", "u,i\na,x\n")}, "u\na\n");
    assert_string_equal(r.err.text, "h: the model's schema has no history");
    assert_int_equal(r.err.kind, TT_ERR_MISMATCH);
    release(&r, &base);
    tt_entities_release(&base);
}

/* The rows' segment with one thing changed: the error text of viewing it. */
static const char *view_spoilt(const struct tt_entities *base, const char *tensor, const void *data, size_t rows,
                               const char *key, const char *value)
{
    static struct tt_err err;
    struct result r = encode(base, (struct tt_row_options){.side = TT_USER}, "u,c\nann,noon\nbob,eve\n");
    struct tt_rows view;

    err = (struct tt_err)TT_ERR_INIT;
    assert_string_equal(r.err.text, "");
    if (tensor && data)
        tensor_of(&r.segment, tensor)->data = data;
    if (tensor && rows)
        tensor_of(&r.segment, tensor)->shape[0] = rows;
    for (size_t i = 0; key && i < r.segment.n_texts; i++)
        if (strcmp(r.segment.texts[i].key, key) == 0) {
            free(r.segment.texts[i].value);
            r.segment.texts[i].value = strdup(value);
        }
    if (tt_rows_view(&view, &base->dictionary, base->segment.checksum, &r.segment, &err) == 0) {
        assert_int_equal(view.table.n_rows, 2);
        tt_rows_release(&view, &base->dictionary);
    }
    release(&r, base);
    return err.text;
}

static void test_rows_view_refuses_hostile_content(void **state)
{
    static const uint32_t high[] = {1, 3};
    static const float with_nan[] = {1, NAN, 1};
    static const uint64_t falling[] = {0, 3, 2}, bad_texts[] = {0, 7, 6};
    static const char other[] = "0123456789abcdef0123456789abcdef";
    struct tt_entities base;
    char message[200];

    (void)state;
    make_model(&base, users_schema, users_events);
    assert_string_equal(view_spoilt(&base, NULL, NULL, 0, NULL, NULL), "");
    assert_string_equal(view_spoilt(&base, "user.u.codes", high, 0, NULL, NULL),
                        "r: tensor 'user.u.codes': a code that the feature does not have");
    assert_string_equal(view_spoilt(&base, "user.u.codes", NULL, 1, NULL, NULL),
                        "r: tensor 'user.u.codes' has another type or shape than expected");
    assert_string_equal(view_spoilt(&base, "user.c.codes", high, 0, NULL, NULL),
                        "r: tensor 'user.c.codes': a code that the feature does not have");
    assert_string_equal(view_spoilt(&base, "user.i.offsets", falling, 0, NULL, NULL),
                        "r: damaged: offsets or weights of 'user.i'");
    assert_string_equal(view_spoilt(&base, "user.i.weights", with_nan, 0, NULL, NULL),
                        "r: damaged: offsets or weights of 'user.i'");
    assert_string_equal(view_spoilt(&base, "key.0.offsets", bad_texts, 0, NULL, NULL),
                        "r: damaged: a list of texts whose offsets fall");
    assert_string_equal(view_spoilt(&base, "key.1.offsets", NULL, 2, NULL, NULL),
                        "r: tensor 'key.1.offsets' has another type or shape than expected");
    assert_string_equal(view_spoilt(&base, NULL, NULL, 0, "side", "event"),
                        "r: damaged: rows of neither users nor items");
    assert_string_equal(view_spoilt(&base, NULL, NULL, 0, "side", "item"), "r: no tensor 'item.i.codes'");
    snprintf(message, sizeof(message), "r: encoded like another model (01234567, not %.8s)", base.segment.checksum);
    assert_string_equal(view_spoilt(&base, NULL, NULL, 0, "model", other), message);
    tt_entities_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_the_distinct_keys_in_order),
        cmocka_unit_test(test_rows_keys_are_not_run_together),
        cmocka_unit_test(test_rows_take_attributes_from_input_then_side_file_then_model),
        cmocka_unit_test(test_rows_of_items_need_no_context),
        cmocka_unit_test(test_rows_that_repeat_one_with_other_attributes_are_counted),
        cmocka_unit_test(test_rows_histories_are_replaced_by_the_history_file),
        cmocka_unit_test(test_rows_stream_in_segments_of_at_most_chunk_rows),
        cmocka_unit_test(test_rows_errors_name_file_line_and_field),
        cmocka_unit_test(test_rows_of_a_schema_without_history_refuse_a_history_file),
        cmocka_unit_test(test_rows_view_refuses_hostile_content),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

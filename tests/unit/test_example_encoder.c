/* From rows to examples: codes by first appearance, attributes from events and side files, a dictionary applied, and
 * errors that name file, line and field. */
#include "encode/example_encoder.h"

#include "encode/history.h"
#include "data_files.h"

struct result {
    struct tt_examples x;
    struct tt_encode_stats stats;
    struct tt_err err;
    int status;
};

static struct result encode(const char *schema_text, const char *events, const char *users, const char *items)
{
    struct result r = {.err = TT_ERR_INIT};
    struct tt_schema schema;

    parse_schema(&schema, schema_text);
    assert_int_equal(tt_encode_stats_init(&r.stats, &schema, &r.err), 0);
    r.status = tt_encode_examples(&r.x, &schema, write_file("e", events), users ? write_file("u", users) : NULL,
                                  items ? write_file("i", items) : NULL, TT_CSV_AUTO, &r.stats, &r.err);
    if (r.status)
        assert_null(r.x.events.contexts); /* nothing is left behind */
    return r;
}

static void release(struct result *r)
{
    tt_encode_stats_release(&r->stats);
    if (r->status == 0)
        tt_examples_release(&r->x);
}

static void good(const struct result *r)
{
    assert_string_equal(r->err.text, "");
    assert_int_equal(r->status, 0);
}

static void refuse(const char *schema_text, const char *events, const char *users, const char *items,
                   const char *message)
{
    struct result r = encode(schema_text, events, users, items);

    assert_string_equal(r.err.text, message);
    assert_int_equal(r.status, -1);
    assert_int_equal(r.err.kind, TT_ERR_INPUT);
    release(&r);
}

/* The codes of a single-code column, one digit a row. */
static const char *codes(const struct tt_bags *bags)
{
    static char text[64];

    assert_true(bags->n_rows < sizeof(text));
    for (size_t r = 0; r < bags->n_rows; r++)
        text[r] = (char)('0' + bags->codes[r]);
    text[bags->n_rows] = '\0';
    return text;
}

static void test_encoder_numbers_by_first_appearance(void **state)
{
    struct result r =
        encode("user u id\nitem i id\nuser c context\nevent w weight\nevent l label min=4\nevent t time unit=day",
               "t,l,w,c,i,u\n1,4,0.5,x,b,p\n2,3,1,,a,q\n2.5,5,0,y,b,p\n0,-1,3,x,c,q\n", NULL, NULL);

    (void)state;
    good(&r);
    assert_int_equal(r.stats.events, 4);
    assert_memory_equal(r.x.events.user, ((uint32_t[]){1, 2, 1, 2}), 16);
    assert_memory_equal(r.x.events.item, ((uint32_t[]){1, 2, 1, 3}), 16);
    assert_memory_equal(r.x.events.weight, ((float[]){0.5f, 1, 0, 3}), 16);
    assert_memory_equal(r.x.events.label, ((uint8_t[]){1, 0, 1, 0}), 4);
    assert_memory_equal(r.x.events.time, ((uint32_t[]){86400, 172800, 216000, 0}), 16);
    assert_int_equal(tt_narrow_get(&r.x.events.contexts[2], 0), 1);
    assert_int_equal(tt_narrow_get(&r.x.events.contexts[2], 1), 0); /* empty */
    assert_int_equal(tt_narrow_get(&r.x.events.contexts[2], 2), 2);
    assert_int_equal(r.x.entities.dictionary.features[2].n_codes, 3);
    assert_int_equal(r.x.entities.users.n_rows, 3);
    assert_int_equal(r.x.entities.items.n_rows, 4);
    assert_string_equal(codes(&r.x.entities.items.bags[1]), "0123");
    release(&r);
}

static const char with_category[] = "user u id\nitem i id\nitem k category\n";

static void test_encoder_settles_and_counts_contradictions(void **state)
{
    struct result r = encode(
        with_category, "u,i,k\nu1,a,bbq\nu2,a,cafe\nu3,a,cafe\nu1,b,pub\nu2,b,\nu1,c,pub\nu1,c,bbq\n", NULL, NULL);

    (void)state;
    good(&r);
    assert_int_equal(r.stats.contradicted[2], 2);
    assert_string_equal(codes(&r.x.entities.items.bags[2]), "0122"); /* a: cafe (learnt first), b and c: pub */
    assert_int_equal(r.x.entities.dictionary.features[2].n_codes, 3);
    release(&r);
}

static void test_encoder_takes_attributes_from_the_side_file_first(void **state)
{
    struct result r =
        encode(with_category, "u,i,k\nu1,a,bbq\nu2,b,cafe\n", NULL, "k,i,more\npub,b,1\n,a,2\ngrill,z,3\n");

    (void)state;
    good(&r);
    assert_string_equal(codes(&r.x.entities.items.bags[2]), "0012"); /* a: empty in the side file; z */
    assert_int_equal(r.stats.side_only[TT_ITEM], 1);
    assert_int_equal(r.stats.side_only[TT_USER], 0);
    assert_int_equal(r.x.entities.items.n_rows, 4);
    assert_int_equal(tt_vocab_find(&r.x.entities.dictionary.features[1].vocab, "z", 1), 2); /* after the events' */
    assert_int_equal(strlen(r.stats.inputs[0]), TT_FINGERPRINT_HEX);
    assert_string_equal(r.stats.inputs[1], "");
    assert_int_equal(strlen(r.stats.inputs[2]), TT_FINGERPRINT_HEX);
    release(&r);
    r = encode(with_category, "u,i\nu1,a\n", NULL, "i,k\na,pub\n"); /* the events need not have the column */
    good(&r);
    assert_string_equal(codes(&r.x.entities.items.bags[2]), "01");
    release(&r);
    r = encode(with_category, "u,i,k\nu1,a,bbq\n", NULL, "i,name\na,pub\n"); /* the side file lacks it: the events' */
    good(&r);
    assert_string_equal(codes(&r.x.entities.items.bags[2]), "01");
    release(&r);
    r = encode(with_category, "u,i,k\nu1,a,bbq\n", "u\nu9\nu1\nu9\n", NULL);
    good(&r);
    assert_int_equal(r.x.entities.users.n_rows, 3);
    assert_int_equal(r.stats.side_only[TT_USER], 1);
    release(&r);
}

static void test_encoder_of_a_header_alone_gives_unknown_rows(void **state)
{
    struct result r = encode("user u id\nuser n number scale=yes\nitem i id\nitem b bag\nitem k number\nuser c context",
                             "u,i,b,k,n,c\n", NULL, NULL);

    (void)state;
    good(&r);
    assert_int_equal(r.x.events.n, 0);
    assert_int_equal(r.x.entities.users.n_rows, 1);
    assert_int_equal(r.x.entities.items.n_rows, 1);
    release(&r);
}

static void test_encoder_errors_name_file_line_and_field(void **state)
{
    static const char weighted[] = "user u id\nitem i id\nevent w weight\n",
                      labelled[] = "user u id\nitem i id\nevent w label\n";
    static const char timed[] = "user u id\nitem i id\nevent w time\n",
                      days[] = "user u id\nitem i id\nevent w time unit=day\n";
    static const char aged[] = "user u id\nuser n number\nitem i id\n";
    static const struct { const char *schema, *events, *items, *message; } cases[] = {
        {with_category, "u,i\na,b\n", NULL, "e: no column 'k' (there are: u, i), and no file of items is given"},
        {with_category, "u,i\na,b\n", "i\nb\n", "e: no column 'k' (there are: u, i)"},
        {aged, "u,i\na,b\n", "i\nb\n", "e: no column 'n' (there are: u, i), and no file of users is given"},
        {with_category, "u,k\na,b\n", NULL, "e: no column 'i' (there are: u, k)"},
        {with_category, "u,i,k\na,b,c\n,b,c\n", NULL, "e:3: field 'u' is empty"},
        {with_category, "u,i,k\na,b,c\n\na,\"\",c\n", NULL, "e:4: field 'i' is empty"},
        {with_category, "u,i,k\na,b\n", NULL, "e:2: expected 3 fields, found 2"},
        {with_category, "u,i,k\na,\xff,c\n", NULL, "e:2: field 'i': not valid UTF-8"},
        {with_category, "", NULL, "e:1: empty: a header line with the columns' names is needed"},
        {with_category, "u,i,k\na,b,c\n", "k\nx\n", "i: no column 'i' (there are: k)"},
        {with_category, "u,i,k\na,b,c\n", "i,k\nx,y\n,z\n", "i:3: field 'i' is empty"},
        {with_category, "u,i,k\na,b,c\n", "i,k\nx\n", "i:2: expected 2 fields, found 1"},
        {weighted, "u,i,w\na,b,\n", NULL, "e:2: field 'w': '' is not a weight, a number from 0 to 1e30"},
        {weighted, "u,i,w\na,b,-0.5\n", NULL, "e:2: field 'w': '-0.5' is not a weight, a number from 0 to 1e30"},
        {weighted, "u,i,w\na,b,1e31\n", NULL, "e:2: field 'w': '1e31' is not a weight, a number from 0 to 1e30"},
        {weighted, "u,i,w\na,b,1\na,b,x\n", NULL, "e:3: field 'w': 'x' is not a weight, a number from 0 to 1e30"},
        {labelled, "u,i,w\na,b,good\n", NULL, "e:2: field 'w': 'good' is not a label, a number"},
        {labelled, "u,i,w\na,b,\n", NULL, "e:2: field 'w': '' is not a label, a number"},
        {timed, "u,i,w\na,b,\n", NULL,
         "e:2: field 'w': '' is not a time: seconds since 1970 or ISO 8601, 1970 to 2106"},
        {timed, "u,i,w\na,b,-1\n", NULL,
         "e:2: field 'w': '-1' is not a time: seconds since 1970 or ISO 8601, 1970 to 2106"},
        {timed, "u,i,w\na,b,4294967296\n", NULL,
         "e:2: field 'w': '4294967296' is not a time: seconds since 1970 or ISO 8601, 1970 to 2106"},
        {timed, "u,i,w\na,b,2024-02-30\n", NULL,
         "e:2: field 'w': '2024-02-30' is not a time: seconds since 1970 or ISO 8601, 1970 to 2106"},
        {days, "u,i,w\na,b,2024-02-28\n", NULL,
         "e:2: field 'w': '2024-02-28' is not a time: a number of the schema's units, 1970 to 2106"},
        {days, "u,i,w\na,b,50000\n", NULL,
         "e:2: field 'w': '50000' is not a time: a number of the schema's units, 1970 to 2106"},
        {aged, "u,i,n\na,b,30\na,b,x\n", NULL, "e:3: field 'n': 'x' is not a number"},
        {aged, "u,i,n\na,b, 30\n", NULL, "e:2: field 'n': ' 30' is not a number"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        refuse(cases[i].schema, cases[i].events, NULL, cases[i].items, cases[i].message);
}

static void test_encoder_like_counts_what_the_dictionary_lacks(void **state)
{
    struct result r = encode("user u id\nitem i id\nitem k category\nuser c context\nevent w weight",
                             "u,i,k,c,w\na,x,bbq,noon,1\nb,y,pub,eve,2\n", NULL, NULL);
    struct tt_encode_stats stats;
    struct tt_events like;
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    good(&r);
    assert_int_equal(tt_encode_stats_init(&stats, &r.x.entities.dictionary.schema, &err), 0);
    write_file("l", "w,c,i,u\n3,eve,y,a\n4,dawn,z,c\n5,,x,c\n6,noon,z,b\n"); /* no category: those are known */
    assert_int_equal(tt_encode_like(&like, &r.x.entities.dictionary, "l", TT_CSV_AUTO, &stats, &err), 0);
    assert_int_equal(stats.events, 4);
    assert_memory_equal(like.user, ((uint32_t[]){1, 0, 0, 2}), 16);
    assert_memory_equal(like.item, ((uint32_t[]){2, 0, 1, 0}), 16);
    assert_memory_equal(like.weight, ((float[]){3, 4, 5, 6}), 16);
    assert_int_equal(tt_narrow_get(&like.contexts[3], 0), 2);
    assert_int_equal(tt_narrow_get(&like.contexts[3], 1), 0);
    assert_int_equal(tt_narrow_get(&like.contexts[3], 2), 0);
    assert_int_equal(tt_narrow_get(&like.contexts[3], 3), 1);
    assert_int_equal(stats.unseen[0], 2);
    assert_int_equal(stats.unseen[1], 2);
    assert_int_equal(stats.unseen[2], 0);
    assert_int_equal(stats.unseen[3], 1); /* dawn; an empty field is not counted */
    assert_int_equal(r.x.entities.dictionary.features[0].vocab.texts.n, 2); /* nothing was learnt */
    tt_encode_stats_release(&stats);
    tt_events_release(&like);
    release(&r);
}

/* Every array of the events, and the attributes' of the entities, grows as rows come. */
static void test_encoder_keeps_every_column_of_many_rows(void **state)
{
    enum { N = 5000, STORES = 1009, KINDS = 13 };
    char *text = malloc(N * 50);
    size_t n = 0;

    (void)state;
    assert_non_null(text);
    n = (size_t)snprintf(text, 50, "u,i,k,t,w,l\n");
    for (size_t e = 0; e < N; e++)
        n += (size_t)snprintf(text + n, 50, "u%zu,i%zu,k%zu,%zu,%zu,%zu\n", e, e * 7 % STORES, e * 7 % STORES % KINDS,
                              e, e, e % 2);
    struct result r =
        encode("user u id\nitem i id\nitem k category\nevent t time\nevent w weight\nevent l label", text, NULL, NULL);
    good(&r);
    assert_int_equal(r.x.events.n, N);
    assert_int_equal(r.x.entities.items.n_rows, STORES + 1);
    assert_int_equal(r.stats.contradicted[2], 0);
    const struct tt_feature *features = r.x.entities.dictionary.features;
    const struct tt_vocab *stores = &features[1].vocab, *kinds = &features[2].vocab;
    for (size_t e = 0; e < N; e++) {
        char store[16], kind[16];
        size_t store_len = (size_t)snprintf(store, sizeof(store), "i%zu", e * 7 % STORES);
        size_t kind_len = (size_t)snprintf(kind, sizeof(kind), "k%zu", e * 7 % STORES % KINDS);
        assert_int_equal(r.x.events.user[e], e + 1);
        assert_int_equal(r.x.events.item[e], tt_vocab_find(stores, store, store_len) + 1);
        assert_int_equal(r.x.entities.items.bags[2].codes[r.x.events.item[e]],
                         tt_vocab_find(kinds, kind, kind_len) + 1);
        assert_int_equal(r.x.events.time[e], e);
        assert_true(r.x.events.weight[e] == (float)e);
        assert_int_equal(r.x.events.label[e], e % 2);
    }
    release(&r);
    free(text);
}

/* Rows wait in a block until they are 64 or their texts are long: an error, the end and long texts come at any place of
 * it. */
static void test_encoder_ends_its_blocks_anywhere(void **state)
{
    enum { LONG = 400000, ROWS = 7 };
    char *text = malloc(ROWS * (LONG + 40) + 40);
    size_t n = 0;

    (void)state;
    assert_non_null(text);
    n = (size_t)snprintf(text, 40, "u,i,k\n");
    for (size_t e = 0; e < ROWS; e++) {
        n += (size_t)snprintf(text + n, 40, "u%zu,", e % 3);
        memset(text + n, 'a' + (int)(e % 2), LONG);
        n += LONG;
        n += (size_t)snprintf(text + n, 40, ",k%zu\n", e % 2);
    }
    struct result r = encode(with_category, text, NULL, NULL);
    good(&r);
    assert_memory_equal(r.x.events.user, ((uint32_t[]){1, 2, 3, 1, 2, 3, 1}), 28);
    assert_memory_equal(r.x.events.item, ((uint32_t[]){1, 2, 1, 2, 1, 2, 1}), 28);
    assert_string_equal(codes(&r.x.entities.items.bags[2]), "012");
    release(&r);
    for (size_t rows = 60; rows < 70; rows++) {
        char message[40];
        n = (size_t)snprintf(text, 40, "u,i,k\n");
        for (size_t e = 0; e < rows; e++)
            n += (size_t)snprintf(text + n, 40, "u%zu,i,k\n", e);
        r = encode(with_category, text, NULL, NULL);
        good(&r);
        assert_int_equal(r.x.events.n, rows);
        assert_int_equal(r.x.events.user[rows - 1], rows);
        release(&r);
        snprintf(text + n, 40, "u,,k\n");
        snprintf(message, sizeof(message), "e:%zu: field 'i' is empty", rows + 2);
        refuse(with_category, text, NULL, NULL, message);
    }
    free(text);
}

/* Store examples as a file of examples or, by its kind, of a model, and load that to be extended. */
static void reload(struct tt_examples *x, int as_model, struct tt_examples *base)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;

    if (as_model) {
        struct tt_entities *e = &x->entities;
        const struct tt_schema *schema = &e->dictionary.schema;
        for (size_t c = 0; c < schema->n_columns; c++)
            if (schema->columns[c].kind == TT_KIND_HISTORY)
                assert_int_equal(tt_history_build(&e->users.bags[c], &schema->columns[c], e->users.n_rows,
                                                  &(struct tt_visits){0}, &err), 0);
        assert_int_equal(tt_segment_init(&segment, "model", TT_FORMAT, &err), 0);
        assert_int_equal(tt_entities_store(e, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, &segment, &err), 0);
    } else {
        assert_int_equal(tt_examples_store(x, &segment, &err), 0);
    }
    write_segment(&segment, "b");
    tt_segment_release(&segment);
    assert_int_equal(tt_examples_load_base(base, "b", &err), 0);
    assert_int_equal(tt_entities_are_model(&base->entities), as_model);
}

/* Encode by a schema, store it, and extend that. */
static struct result extend(const char *schema_text, const char *before, int as_model, const char *events,
                            const char *users, const char *items)
{
    struct result first = encode(schema_text, before, NULL, NULL), r = {.err = TT_ERR_INIT};
    struct tt_examples base;

    good(&first);
    reload(&first.x, as_model, &base);
    release(&first);
    assert_int_equal(tt_encode_stats_init(&r.stats, &base.entities.dictionary.schema, &r.err), 0);
    r.status = tt_encode_extending(&r.x, &base, write_file("e", events), users ? write_file("u", users) : NULL,
                                   items ? write_file("i", items) : NULL, TT_CSV_AUTO, &r.stats, &r.err);
    if (r.status == 0 && as_model)
        assert_string_equal(r.x.entities.extends, base.entities.segment.checksum);
    else if (r.status == 0)
        assert_string_equal(r.x.entities.extends, "");
    else
        assert_null(r.x.events.contexts);
    tt_examples_release(&base); /* nothing of it is borrowed */
    return r;
}

static const char many_kinds[] = "user u id\nuser i history half_life=3\nuser c context\nuser d context\n"
                                 "user n number buckets=4\nitem i id\nitem k category\nitem b bag\n"
                                 "item h hash slots=8\n"
                                 "item x number scale=yes\nevent w weight\nevent l label min=4\nevent t time\n";
static const char many_columns[] = "u,i,c,d,n,k,b,h,x,w,l,t\n";
static const char early[] = "p,a,noon,mon,5,bbq,x|y,q,1,1,5,100\nq,b,eve,,7,pub,y,r,2.5,0.5,3,200\n"
                            "p,b,,tue,5,pub,y,r,2.5,2,4,300\n";
static const char late[] = "r,c,dawn,mon,5,cafe,z|x,s,1,1,4,400\np,a,noon,wed,5,bbq,x|y,q,1,3,2,500\n";

/* Tensor for tensor what encoding all events at once gives, but for what numbers learn. */
static void test_extended_examples_are_those_of_all_events(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    char all[1024], before[512], after[512];
    struct tt_segment a, b;

    (void)state;
    snprintf(all, sizeof(all), "%s%s%s", many_columns, early, late);
    snprintf(before, sizeof(before), "%s%s", many_columns, early);
    snprintf(after, sizeof(after), "%s%s", many_columns, late);
    struct result whole = encode(many_kinds, all, NULL, NULL), r = extend(many_kinds, before, 0, after, NULL, NULL);
    good(&whole);
    good(&r);
    assert_int_equal(r.stats.events, 2);
    assert_int_equal(r.stats.missing, 0);
    assert_int_equal(tt_examples_store(&whole.x, &a, &err), 0);
    assert_int_equal(tt_examples_store(&r.x, &b, &err), 0);
    assert_int_equal(a.n_tensors, b.n_tensors);
    for (size_t t = 0; t < a.n_tensors; t++) {
        assert_string_equal(a.tensors[t].name, b.tensors[t].name);
        if (strncmp(a.tensors[t].name, "user.n", 6) == 0 || strncmp(a.tensors[t].name, "item.x", 6) == 0)
            continue;
        assert_true(a.tensors[t].dtype == b.tensors[t].dtype && a.tensors[t].shape[0] == b.tensors[t].shape[0]);
        if (a.tensors[t].shape[0])
            assert_memory_equal(a.tensors[t].data, b.tensors[t].data,
                                a.tensors[t].shape[0] * tt_dtype_size(a.tensors[t].dtype));
    }
    tt_segment_release(&a);
    tt_segment_release(&b);
    release(&whole);
    release(&r);
}

static void test_extending_a_model_brings_new_events_alone(void **state)
{
    char before[512], after[512];

    (void)state;
    snprintf(before, sizeof(before), "%s%s", many_columns, early);
    snprintf(after, sizeof(after), "%s%s", many_columns, late);
    struct result r = extend(many_kinds, before, 1, after, NULL, NULL);
    good(&r);
    assert_int_equal(r.x.events.n, 2);
    assert_memory_equal(r.x.events.user, ((uint32_t[]){3, 1}), 8);
    assert_memory_equal(r.x.events.item, ((uint32_t[]){3, 1}), 8);
    assert_int_equal(tt_narrow_get(&r.x.events.contexts[2], 0), 3);
    assert_int_equal(tt_narrow_get(&r.x.events.contexts[2], 1), 1);
    assert_int_equal(r.x.entities.users.n_rows, 4);
    assert_int_equal(r.x.entities.items.n_rows, 4);
    assert_string_equal(codes(&r.x.entities.items.bags[6]), "0123"); /* b's category is the model's */
    const double *scale = r.x.entities.dictionary.features[9].params; /* of 1 and 2.5, not of 1 alone */
    assert_true(scale[0] == 1.75);
    release(&r);
}

static void test_extending_takes_new_values_over_known_ones(void **state)
{
    (void)state;
    for (int as_model = 0; as_model < 2; as_model++) {
        struct result r = extend(with_category, "u,i,k\np,a,bbq\np,b,pub\np,c,\n", as_model,
                                 "u,i,k\np,a,cafe\nq,b,\nq,c,pub\nq,a,bbq\nq,a,cafe\nq,d,\n", NULL, NULL);
        good(&r);
        assert_string_equal(codes(&r.x.entities.items.bags[2]), "03220"); /* b: no field, as it was; c: known now */
        assert_int_equal(r.stats.contradicted[2], 1);
        release(&r);
        r = extend(with_category, "u,i,k\np,a,bbq\n", as_model, "u,i\nq,b\n", "u\nz\np\n", "i,k\nc,bbq\nb,new\n");
        good(&r);
        assert_string_equal(codes(&r.x.entities.items.bags[2]), "0121");
        assert_int_equal(r.stats.side_only[TT_USER], 1); /* z: p was known */
        assert_int_equal(r.stats.side_only[TT_ITEM], 1);
        release(&r);
        r = extend(with_category, "u,i,k\np,a,bbq\n", as_model, "u,i\nq,a\nq,b\n", NULL, NULL);
        good(&r);
        assert_string_equal(codes(&r.x.entities.items.bags[2]), "010");
        assert_int_equal(r.stats.missing, 1 << 2);
        release(&r);
    }
}

static void test_extending_refuses_what_encoding_refuses(void **state)
{
    struct result r = extend("user u id\nuser n number\nitem i id", "u,i,n\np,a,1\n", 1, "u,i,n\np,a,x\n", NULL, NULL);

    (void)state;
    assert_int_equal(r.status, -1);
    assert_string_equal(r.err.text, "e:2: field 'n': 'x' is not a number");
    release(&r);
    r = extend("user u id\nitem i id\nevent w weight", "u,i,w\np,a,1\n", 0, "u,i\np,a\n", NULL, NULL);
    assert_int_equal(r.status, -1);
    assert_non_null(strstr(r.err.text, "'w'"));
    release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoder_numbers_by_first_appearance),
        cmocka_unit_test(test_encoder_settles_and_counts_contradictions),
        cmocka_unit_test(test_encoder_takes_attributes_from_the_side_file_first),
        cmocka_unit_test(test_encoder_of_a_header_alone_gives_unknown_rows),
        cmocka_unit_test(test_encoder_errors_name_file_line_and_field),
        cmocka_unit_test(test_encoder_like_counts_what_the_dictionary_lacks),
        cmocka_unit_test(test_encoder_keeps_every_column_of_many_rows),
        cmocka_unit_test(test_encoder_ends_its_blocks_anywhere),
        cmocka_unit_test(test_extended_examples_are_those_of_all_events),
        cmocka_unit_test(test_extending_a_model_brings_new_events_alone),
        cmocka_unit_test(test_extending_takes_new_values_over_known_ones),
        cmocka_unit_test(test_extending_refuses_what_encoding_refuses),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

/* The schema language: what each line becomes, every error, and a fingerprint that depends on the meaning alone. */
#include "encode/schema.h"

#include "data_files.h"
#include "mutate.h"

#define IDS "user u id\nitem i id\n"

static void refuse(const char *text, const char *message)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema schema;

    assert_int_equal(tt_schema_parse(&schema, text, strlen(text), "s", &err), -1);
    assert_string_equal(err.text, message);
    assert_int_equal(err.kind, TT_ERR_INPUT);
    assert_null(schema.columns); /* nothing is left behind */
    assert_null(schema.text);
}

static void test_schema_reads_every_kind_and_option(void **state)
{
    struct tt_schema s;
    const struct tt_column *c;

    (void)state;
    parse_schema(&s, "# a comment\n"
                     "user user_id id embed=no # another\n"
                     "user store_id history count=log half_life=30.5\n"
                     "user meal_time context\n"
                     "user age number buckets=5\n"
                     "\n"
                     "item store_id id\n"
                     "item \"the category\" category\n"
                     "item tags bag sep=,\n"
                     "item price number borders=1,2.5,1e3\n"
                     "item stars number scale=yes\n"
                     "item street hash slots=4K\n"
                     "event w weight\n"
                     "event rating label min=4\n"
                     "event day time unit=day");
    assert_int_equal(s.n_columns, 13);
    c = s.columns;
    assert_int_equal(c[0].kind, TT_KIND_ID);
    assert_int_equal(c[0].is_embedded, 0);
    assert_int_equal(c[0].line, 2);
    assert_int_equal(c[1].count, TT_COUNT_LOG);
    assert_true(c[1].half_life == 30.5);
    assert_int_equal(c[3].buckets, 5);
    assert_int_equal(c[4].line, 7);
    assert_int_equal(c[4].is_embedded, 1);
    assert_string_equal(c[5].name, "the category");
    assert_int_equal(c[6].separator, ',');
    assert_int_equal(c[7].n_borders, 3);
    assert_int_equal(c[7].buckets, 0);
    assert_true(c[7].borders[2] == 1000);
    assert_int_equal(c[8].n_borders, 0);
    assert_int_equal(c[8].buckets, 0);
    assert_int_equal(c[9].slots, 4000);
    assert_true(c[11].min == 4);
    assert_true(c[12].unit == 86400);
    assert_ptr_equal(tt_schema_find(&s, TT_EVENT, TT_KIND_TIME), &c[12]);
    assert_null(tt_schema_find(&s, TT_ITEM, TT_KIND_CONTEXT));
    tt_schema_release(&s);
}

static void test_schema_canonical_text_spells_out_defaults(void **state)
{
    struct tt_schema s;

    (void)state;
    parse_schema(&s, "user u id\nuser i history\nuser c context\nuser n number\nuser s number scale=yes\nitem i id\n"
                     "item \"a b\" category\nitem \"#x\" bag\nitem b number borders=0.1,2\nitem h hash\n"
                     "event w weight\nevent l label\nevent t time");
    assert_string_equal(s.text, "user u id embed=yes\n"
                                "user i history count=sqrt half_life=0\n"
                                "user c context\n"
                                "user n number buckets=10\n"
                                "user s number scale=yes\n"
                                "item i id embed=yes\n"
                                "item \"a b\" category\n"
                                "item \"#x\" bag sep=|\n"
                                "item b number borders=0.10000000000000001,2\n"
                                "item h hash slots=65536\n"
                                "event w weight\n"
                                "event l label min=1\n"
                                "event t time unit=second\n");
    tt_schema_release(&s);
}

/* What a file says of its schema must be read by the program that wrote it. */
static void test_schema_canonical_text_reads_as_itself(void **state)
{
    static const char *const texts[] = {
        IDS,
        "user \"u v\" id embed=no\nitem \"#\" id\n",
        IDS "item tags bag \"sep= \"\n",
        IDS "item tags bag \"sep=\t\"\n",
        IDS "item tags bag sep=#\n",
        IDS "item a#b category\n",
        IDS "item \xea\xb0\x80 category\n",
        IDS "item n number borders=-1.5,-0,1e-300,0.3\n",
        IDS "user i history\nitem u history count=log\n",
        IDS "user i history half_life=0.1 count=one\nevent t time unit=week\nevent l label min=-0.7\n",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct tt_schema a, b;
        parse_schema(&a, texts[i]);
        parse_schema(&b, a.text);
        assert_string_equal(a.text, b.text);
        assert_string_equal(a.fingerprint, b.fingerprint);
        assert_int_equal(a.n_columns, b.n_columns);
        for (size_t c = 0; c < a.n_columns; c++) {
            assert_string_equal(a.columns[c].name, b.columns[c].name);
            assert_int_equal(a.columns[c].separator, b.columns[c].separator);
        }
        tt_schema_release(&a);
        tt_schema_release(&b);
    }
}

/* The same of whatever is accepted, of schemas that were changed at random. */
static void test_schema_changed_at_random_is_refused_or_reads_as_itself(void **state)
{
    static const char *const words[] = {
        "user ", "item ", "event ", "\"", " ", "\t", "\r", "#", "=", ",", "|", "x", "y.vocab", "\xea\xb0\x80", "id",
        "category ", "bag ", "number ", "hash ", "weight ", "label ", "time ", "sep=", "borders=", "1", "-0", ".5",
        "e9", "buckets=", "scale=yes", "slots=", "min=", "unit=hour ", "\"sep= \"", "item k category ",
        "item b bag ", "item n number ",
    };
    static const char good[] = IDS "item tags bag sep=|\nitem \"a b\" number borders=1,2.5\nuser i history count=log\n"
                               "event t time unit=week\nevent l label min=3\n";
    struct mutator m = {.words = words, .n_words = LENGTH(words), .max_repeats = 70};
    struct tt_buf text = TT_BUF_INIT;
    size_t accepted = 0;

    (void)state;
    tt_rng_init(&m.rng, 4, TT_RNG_TEST, 0);
    for (int i = 0; i < 100000; i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_schema a, b;
        mutate(&m, &text, good, sizeof(good) - 1, 1 + tt_rng_below(&m.rng, 4));
        if (tt_schema_parse(&a, text.data, text.len, "s", &err)) {
            assert_memory_equal(err.text, "s:", 2);
            continue;
        }
        accepted++;
        parse_schema(&b, a.text);
        assert_string_equal(a.text, b.text);
        assert_int_equal(a.n_columns, b.n_columns);
        tt_schema_release(&a);
        tt_schema_release(&b);
    }
    assert_true(accepted > 2000);
    tt_buf_release(&text);
}

static void test_schema_fingerprint_depends_on_the_meaning_alone(void **state)
{
    static const char *const same[] = {
        "user u id\nitem i id\nuser i history count=sqrt\nevent l label min=0\n",
        "user u id embed=yes\nitem i id\nuser i history\nevent l label min=0\n",
        "\xef\xbb\xbfuser u id\r\nitem i id\r\nuser i history\r\nevent l label min=0",
        "  user\t\"u\"   id # who\n\n\n#x\n\"item\" i id\nuser i history half_life=0.0\nevent l label min=0e5\n",
        "user u id\nitem i id\nuser i history half_life=-0 count=sqrt\nevent l label min=-0.0\n",
    };
    static const char *const other[] = {
        "user u id\nitem i id\nuser i history count=log\nevent l label min=0\n",
        "item i id\nuser u id\nuser i history\nevent l label min=0\n",
        "user u id embed=no\nitem i id\nuser i history\nevent l label min=0\n",
        "user u id\nitem i id\nuser i history\nevent l label\n",
    };
    struct tt_schema a, b;

    (void)state;
    parse_schema(&a, same[0]);
    /* written into files: must never change */
    assert_string_equal(
        a.text,
        "user u id embed=yes\nitem i id embed=yes\nuser i history count=sqrt half_life=0\nevent l label min=0\n");
    assert_string_equal(a.fingerprint, "22cb5817b733aeb77b68bfb288769124");
    for (size_t i = 1; i < LENGTH(same); i++) {
        parse_schema(&b, same[i]);
        assert_string_equal(a.fingerprint, b.fingerprint);
        tt_schema_release(&b);
    }
    for (size_t i = 0; i < LENGTH(other); i++) {
        parse_schema(&b, other[i]);
        assert_string_not_equal(a.fingerprint, b.fingerprint);
        tt_schema_release(&b);
    }
    tt_schema_release(&a);
}

static void test_schema_errors_name_file_and_line(void **state)
{
    static const struct { const char *text, *message; } cases[] = {
        {"", "s: no id on the user side"},
        {"user u id\n", "s: no id on the item side"},
        {"item i id\n# x", "s: no id on the user side"},
        {"user", "s:1: expected: side column kind [option=value]..."},
        {"\n\nuser u # id", "s:3: expected: side column kind [option=value]..."},
        {IDS "shop x id", "s:3: the side is one of user, item, event, not 'shop'"},
        {IDS "item x colour",
         "s:3: the kind is one of id, category, bag, number, hash, context, history, weight, label, "
         "time, not 'colour'"},
        {IDS "item x context", "s:3: the item side has no kind 'context'"},
        {IDS "item x weight", "s:3: the item side has no kind 'weight'"},
        {IDS "event x category", "s:3: the event side has no kind 'category'"},
        {IDS "event x id", "s:3: the event side has no kind 'id'"},
        {IDS "event i history", "s:3: the event side has no kind 'history'"},
        {IDS "item \"\" category", "s:3: a column's name has 1 to 200 bytes and no control character, not ''"},
        {IDS "item \"a\tb\" category",
         "s:3: a column's name has 1 to 200 bytes and no control character, not 'a\\x09b'"},
        {IDS "item \"a\rb\" category",
         "s:3: a column's name has 1 to 200 bytes and no control character, not 'a\\x0db'"},
        {IDS "item \"x category", "s:3: a quote that is not closed, or inside a word, in 'item \"x category'"},
        {IDS "item \"x\"y category", "s:3: a quote that is not closed, or inside a word, in 'item \"x\"y category'"},
        {IDS "item x\"#y category", "s:3: a quote that is not closed, or inside a word, in 'item x\"#y category'"},
        {IDS "item x bag \"sep", "s:3: a quote that is not closed, or inside a word, in 'item x bag \"sep'"},
        {IDS "item x bag sep=\"", "s:3: a quote that is not closed, or inside a word, in 'item x bag sep=\"'"},
        {IDS "item x bag sep", "s:3: an option is NAME=VALUE, not 'sep'"},
        {IDS "item x bag slots=3", "s:3: this kind has no option 'slots'"},
        {IDS "item x bag =3", "s:3: this kind has no option ''"},
        {IDS "item x category sep=,", "s:3: this kind has no option 'sep'"},
        {IDS "item x bag sep=", "s:3: sep is one character of ASCII, not 'sep='"},
        {IDS "item x bag sep=ab", "s:3: sep is one character of ASCII, not 'sep=ab'"},
        {IDS "item x bag sep=\xc2\xb7", "s:3: sep is one character of ASCII, not 'sep=\xc2\xb7'"},
        {IDS "item x bag sep=\x01", "s:3: sep is one character of ASCII, not 'sep=\\x01'"},
        {IDS "item x bag \"sep=\r\"", "s:3: sep is one character of ASCII, not 'sep=\\x0d'"},
        {IDS "item x bag sep=, sep=;", "s:3: an option that is given twice: 'sep'"},
        {IDS "item x number buckets=1", "s:3: buckets is a whole number from 2 to 1000, not 'buckets=1'"},
        {IDS "item x number buckets=1001", "s:3: buckets is a whole number from 2 to 1000, not 'buckets=1001'"},
        {IDS "item x number buckets=5x", "s:3: buckets is a whole number from 2 to 1000, not 'buckets=5x'"},
        {IDS "item x number borders=", "s:3: borders are rising numbers joined by commas, not 'borders='"},
        {IDS "item x number borders=1,1", "s:3: borders are rising numbers joined by commas, not 'borders=1,1'"},
        {IDS "item x number borders=2,1", "s:3: borders are rising numbers joined by commas, not 'borders=2,1'"},
        {IDS "item x number borders=1,", "s:3: borders are rising numbers joined by commas, not 'borders=1,'"},
        {IDS "item x number borders=1,nan", "s:3: borders are rising numbers joined by commas, not 'borders=1,nan'"},
        {IDS "item x number borders=1,2,3 buckets=2",
         "s:3: only one of buckets, borders, scale: a second one is 'buckets'"},
        {IDS "item x number scale=yes borders=1",
         "s:3: only one of buckets, borders, scale: a second one is 'borders'"},
        {IDS "item x number borders=1,2 borders=3", "s:3: an option that is given twice: 'borders'"},
        {IDS "item x number scale=1", "s:3: scale is yes or no, not 'scale=1'"},
        {IDS "item x hash slots=0", "s:3: slots is a whole number from 1 to 16777216, not 'slots=0'"},
        {IDS "item x hash slots=16777217", "s:3: slots is a whole number from 1 to 16777216, not 'slots=16777217'"},
        {IDS "item x hash slots=1T", "s:3: slots is a whole number from 1 to 16777216, not 'slots=1T'"},
        {"user u id embed=maybe", "s:1: embed is yes or no, not 'embed=maybe'"},
        {"user u id embed=no embed=no", "s:1: an option that is given twice: 'embed'"},
        {IDS "user i history count=cube", "s:3: count is one of one, log, sqrt, linear, not 'count=cube'"},
        {IDS "user i history half_life=-1", "s:3: half_life is a number of days, 0 for none, not 'half_life=-1'"},
        {IDS "user i history half_life=inf", "s:3: half_life is a number of days, 0 for none, not 'half_life=inf'"},
        {IDS "user i history half_life=1", "s:3: half_life needs an event column of kind 'time'"},
        {IDS "user x history", "s:3: a history is of the item's id, 'i', not of 'x'"},
        {IDS "item i2 history", "s:3: a history is of the user's id, 'u', not of 'i2'"},
        {IDS "item u history half_life=1", "s:3: half_life needs an event column of kind 'time'"},
        {IDS "event x time unit=month", "s:3: unit is one of second, minute, hour, day, week, not 'unit=month'"},
        {IDS "event x label min=", "s:3: min is a number, not 'min='"},
        {IDS "event x weight min=1", "s:3: this kind has no option 'min'"},
        {"user u id\nuser v id\n", "s:2: a second id on the user side"},
        {IDS "item j id", "s:3: a second id on the item side"},
        {IDS "event a time\nevent b time", "s:4: a second column of kind 'time'"},
        {IDS "event a weight\nevent b weight", "s:4: a second column of kind 'weight'"},
        {IDS "event a label\nevent b label", "s:4: a second column of kind 'label'"},
        {IDS "item x category\nitem x bag", "s:4: item column 'x' stands in line 3 already"},
        {IDS "item x category\nitem x.vocab bag", "s:4: the names 'x.vocab' and 'x' (line 3) cannot stand in one file"},
        {IDS "item x.vocab bag\nitem x category", "s:4: the names 'x' and 'x.vocab' (line 3) cannot stand in one file"},
        {IDS "item \xff category", "s: not a text in UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        refuse(cases[i].text, cases[i].message);
}

static void test_schema_refuses_long_names_nul_bytes_and_too_many_columns(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema s;
    char text[4000], name[202];
    size_t n = 0;

    (void)state;
    assert_int_equal(tt_schema_parse(&s, IDS "\0", sizeof(IDS), "s", &err), -1);
    assert_string_equal(err.text, "s: not a text in UTF-8");
    memset(name, 'x', 201);
    name[201] = '\0';
    snprintf(text, sizeof(text), IDS "item %s category", name);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_schema_parse(&s, text, strlen(text), "s", &err), -1);
    assert_non_null(strstr(err.text, "s:3: a column's name has 1 to 200 bytes"));
    name[200] = '\0';
    snprintf(text, sizeof(text), IDS "item %s category", name);
    parse_schema(&s, text);
    tt_schema_release(&s);
    n = (size_t)snprintf(text, sizeof(text), IDS);
    for (int i = 0; i < 59; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "item c%d category\n", i);
    refuse(text, "s:61: more than 60 columns");
    text[n - strlen("item c58 category\n")] = '\0';
    parse_schema(&s, text);
    assert_int_equal(s.n_columns, 60);
    tt_schema_release(&s);
    n = (size_t)snprintf(text, sizeof(text), IDS);
    for (int i = 0; i < 16; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "user c%d context\n", i);
    refuse(text, "s:18: more than 15 contexts"); /* a query has at most 16 keys: its user and these */
    text[n - strlen("user c15 context\n")] = '\0';
    parse_schema(&s, text);
    assert_int_equal(s.n_columns, 17);
    tt_schema_release(&s);
}

static void test_schema_loads_a_file_of_at_most_a_mebibyte(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_schema s;
    char *big = malloc((1 << 20) + 1);

    (void)state;
    assert_int_equal(tt_schema_load(&s, write_file("a", IDS), &err), 0);
    assert_int_equal(s.n_columns, 2);
    tt_schema_release(&s);
    assert_int_equal(tt_schema_load(&s, write_file("a", IDS "x"), &err), -1);
    assert_string_equal(err.text, "a:3: expected: side column kind [option=value]...");
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_schema_load(&s, "b", &err), -1);
    assert_string_equal(err.text, "b: No such file or directory");
    err = (struct tt_err)TT_ERR_INIT;
    assert_non_null(big);
    memset(big, '#', 1 << 20);
    big[1 << 20] = '\0';
    assert_int_equal(tt_schema_load(&s, write_file("a", big), &err), -1);
    assert_string_equal(err.text, "a: longer than a schema of 1048576 bytes");
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_reads_every_kind_and_option),
        cmocka_unit_test(test_schema_canonical_text_spells_out_defaults),
        cmocka_unit_test(test_schema_canonical_text_reads_as_itself),
        cmocka_unit_test(test_schema_changed_at_random_is_refused_or_reads_as_itself),
        cmocka_unit_test(test_schema_fingerprint_depends_on_the_meaning_alone),
        cmocka_unit_test(test_schema_errors_name_file_and_line),
        cmocka_unit_test(test_schema_refuses_long_names_nul_bytes_and_too_many_columns),
        cmocka_unit_test(test_schema_loads_a_file_of_at_most_a_mebibyte),
    };
    return cmocka_run_group_tests(tests, enter_data_folder, leave_data_folder);
}

/* The warm start: rows matched by text whatever their codes, new rows where their company is, and models that are
 * refused. */
#include "train/warm_start.h"

#include <math.h>

#include "encode/history.h"
#include "train/run.h"
#include "tiny_training.h"

static const char plain[] = "user u id\nuser i history\nuser meal context\nuser age number scale=yes\nitem i id\n"
                            "item kind category\nitem tags bag\nitem h hash slots=6\nitem u history\n";
enum { U, HISTORY, MEAL, AGE, I, KIND, TAGS, HASH, VISITORS, COLUMNS };
enum { USERS = 80, ITEMS = 60, NEW_ITEMS = 6, DIM = TINY_DIM };

/* A model trained on the world of two clusters; its last two items and last user have no event. */
static void train_earlier(struct tt_model *model, const char *schema)
{
    struct tt_run_options o = tiny_options.run;
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_train_report report;
    struct tt_run run;
    struct tt_events events;

    assert_non_null(pool);
    tiny_clustered_model(model, &events, schema, USERS, ITEMS);
    o.stopping.epochs = 12;
    o.trainer.shape.n_hidden = 1;
    o.trainer.shape.hidden[0] = 6;
    NEED(tt_run_init(&run, model, &events, NULL, &o, pool, &err));
    NEED(tt_trainer_start(&run.trainer, &err));
    NEED(tt_run_go(&run, &(struct tt_run_hooks){0}, &err));
    NEED(tt_run_finish(&run, &report, &err));
    tt_run_release(&run);
    tt_events_release(&events);
    tt_pool_free(pool);
}

/* The texts of a vocabulary in the other order. */
static void turn_vocab(struct tt_feature *f)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vocab turned;
    uint32_t code;

    NEED(tt_vocab_init(&turned, &err));
    for (size_t t = f->vocab.texts.n; t > 0; t--) {
        size_t len;
        const char *text = tt_text_list_get(&f->vocab.texts, t - 1, &len);
        NEED(tt_vocab_add(&turned, text, len, &code, &err));
    }
    tt_vocab_release(&f->vocab);
    f->vocab = turned;
}

/* The world of another day: NEW_ITEMS more items, which a cluster's users like each; `turned`: all texts have other
 * codes: what had code c has now(t, column, c). */
struct today {
    struct tt_model model;
    struct tt_events events;
    struct tt_bags visits;
    unsigned char *carried[COLUMNS];
    int turned;
};

static uint32_t now(const struct today *t, size_t column, uint32_t code)
{
    size_t n = t->model.entities.dictionary.features[column].n_codes;

    return t->turned && code ? (uint32_t)(n - code) : code;
}

static void today_begin(struct today *t, int turned)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    static const struct tt_column history = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};

    *t = (struct today){.turned = turned};
    tiny_begin(&base, plain, USERS, ITEMS + NEW_ITEMS);
    for (size_t c = 0; turned && c < COLUMNS; c++)
        if (c == U || c == I || c == KIND || c == TAGS || c == MEAL)
            turn_vocab(&base.entities.dictionary.features[c]);
    size_t users = USERS + 1, items = ITEMS + NEW_ITEMS + 1;
    for (uint32_t u = 1; u <= USERS; u++)
        for (uint32_t e = 0; e < 6; e++) {
            uint32_t i = e < 4 ? 1 + (u * 7 + e * 10 + u % 2 * 5) % (ITEMS - 2) : ITEMS + 1 + (u / 2 + e) % 3 * 2;
            i += i % 2 != u % 2; /* of the own cluster */
            tiny_event(&base, turned ? (uint32_t)(users - u) : u, turned ? (uint32_t)(items - i) : i, 1, 1, 1, 0);
        }
    NEED(tt_model_init(&t->model, &base.entities, DIM, &err));
    t->events = base.events;
    NEED(tt_model_add_layers(&t->model, (size_t[]){6}, 1, &err));
    struct tt_visits v = {.n = t->events.n, .user = t->events.user, .item = t->events.item};
    NEED(tt_history_build(&t->visits, &history, users, &v, &err));
    NEED(tt_history_build(&t->model.entities.users.bags[HISTORY], &history, users, &v, &err));
    struct tt_visits back = {.n = v.n, .user = v.item, .item = v.user};
    NEED(tt_history_build(&t->model.entities.items.bags[VISITORS], &history, items, &back, &err));
    for (size_t c = 0; c < COLUMNS; c++)
        t->carried[c] = tt_alloc_zero(t->model.entities.dictionary.features[c].n_codes, 1, &err);
}

static void today_start(struct today *t, const struct tt_model *earlier, int threads, double noise)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);

    assert_non_null(pool);
    NEED(tt_warm_start(&t->model, earlier, &t->events, &t->visits, 1, noise, t->carried, pool, &err));
    tt_pool_free(pool);
}

static void today_release(struct today *t)
{
    for (size_t c = 0; c < COLUMNS; c++)
        free(t->carried[c]);
    tt_bags_release(&t->visits);
    tt_events_release(&t->events);
    tt_model_release(&t->model);
}

static void test_rows_are_carried_over_by_text(void **state)
{
    struct tt_model earlier;

    (void)state;
    train_earlier(&earlier, plain);
    for (int turned = 0; turned < 2; turned++) {
        struct today t;
        today_begin(&t, turned);
        today_start(&t, &earlier, 1, 0.01);
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t n = earlier.entities.dictionary.features[c].n_codes;
            for (uint32_t code = 0; code < n; code++) {
                const float *was = earlier.tables[c] + code * DIM;
                int is_text = c != AGE && c != HASH;
                uint32_t is = is_text ? now(&t, c, code) : code;
                int trained = code == 0 || memcmp(was, earlier.tables[c], DIM * sizeof(float)) != 0;
                assert_int_equal(t.carried[c][is], trained);
                if (trained)
                    assert_memory_equal(t.model.tables[c] + is * DIM, was, DIM * sizeof(float));
            }
        }
        for (int i = 1; i <= NEW_ITEMS; i++) {
            assert_int_equal(t.carried[I][now(&t, I, (uint32_t)(ITEMS + i))], 0);
            assert_int_equal(t.carried[HISTORY][now(&t, I, (uint32_t)(ITEMS + i))], 0);
        }
        assert_int_equal(t.carried[I][now(&t, I, ITEMS)], 0); /* it was there, but never trained */
        for (int side = TT_USER; side <= TT_ITEM; side++)
            assert_memory_equal(t.model.dense[side].params, earlier.dense[side].params,
                                earlier.dense[side].n_params * sizeof(float));
        today_release(&t);
    }
    tt_model_release(&earlier);
}

static double dot(const float *a, const float *b)
{
    double sum = 0;

    for (size_t d = 0; d < DIM; d++)
        sum += (double)a[d] * (double)b[d];
    return sum;
}

/* A new item is nearer to the users of its cluster than to the others, before any training. */
static void test_new_items_begin_near_their_visitors(void **state)
{
    struct tt_model earlier;
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    static float u[(USERS + 1) * DIM], v[(ITEMS + NEW_ITEMS + 1) * DIM];

    (void)state;
    assert_non_null(pool);
    train_earlier(&earlier, plain);
    for (int turned = 0; turned < 2; turned++) {
        struct today t;
        struct tt_tower_input users, items;
        today_begin(&t, turned);
        today_start(&t, &earlier, 1, 0.001);
        NEED(tt_tower_input_of_table(&users, &t.model.entities.users, &t.model.entities.dictionary.schema, &err));
        NEED(tt_tower_input_of_table(&items, &t.model.entities.items, &t.model.entities.dictionary.schema, &err));
        users.bags[MEAL] = NULL;
        NEED(tt_model_embed(&t.model, &users, pool, u, &err));
        NEED(tt_model_embed(&t.model, &items, pool, v, &err));
        for (uint32_t i = ITEMS + 1; i <= ITEMS + NEW_ITEMS; i++) {
            double own = 0, other = 0;
            for (uint32_t w = 1; w < USERS; w++)
                *(w % 2 == i % 2 ? &own : &other) += dot(u + now(&t, U, w) * DIM, v + now(&t, I, i) * DIM);
            assert_true(own > other + 0.2 * USERS / 2); /* as old items are; without a place of its own: 0 */
        }
        tt_tower_input_release(&users);
        tt_tower_input_release(&items);
        today_release(&t);
    }
    tt_model_release(&earlier);
    tt_pool_free(pool);
}

static void test_a_warm_start_has_the_same_bits_for_any_pool(void **state)
{
    struct tt_model earlier;
    struct today one, other;

    (void)state;
    train_earlier(&earlier, plain);
    today_begin(&one, 0);
    today_start(&one, &earlier, 1, 0.01);
    for (int threads = 2; threads <= 3; threads++) {
        today_begin(&other, 0);
        today_start(&other, &earlier, threads, 0.01);
        assert_true(tiny_same_tables(&one.model, &other.model));
        today_release(&other);
    }
    today_begin(&other, 0);
    today_start(&other, &earlier, 1, 0.5); /* noise only moves what is new */
    assert_false(tiny_same_tables(&one.model, &other.model));
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t code = 0; code < one.model.entities.dictionary.features[c].n_codes; code++)
            if (one.carried[c][code])
                assert_memory_equal(one.model.tables[c] + code * DIM, other.model.tables[c] + code * DIM,
                                    DIM * sizeof(float));
    today_release(&other);
    today_release(&one);
    tt_model_release(&earlier);
}

/* Rows of known values in the place of a training: bucket or scale b of the earlier model has row b, b, b ... */
static void fill_rows(struct tt_model *model, size_t column)
{
    for (size_t i = 0; i < tt_model_table_size(model, column); i++)
        model->tables[column][i] = (float)(i / DIM);
}

static struct tt_model number_model(const char *schema, const double *params, size_t n, size_t n_codes)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;

    tiny_begin(&base, schema, 3, 3);
    struct tt_feature *f = &base.entities.dictionary.features[1];
    free(f->params);
    f->params = tt_alloc(n, sizeof(*params), &err);
    memcpy(f->params, params, n * sizeof(*params));
    f->n_params = n;
    f->n_codes = n_codes;
    for (size_t r = 0; r < base.entities.users.bags[1].n_rows; r++)
        base.entities.users.bags[1].codes[r] = 0;
    tiny_model(&model, &base, DIM);
    return model;
}

static void test_numbers_are_matched_by_value(void **state)
{
    static const char buckets[] = "user u id\nuser age number buckets=9\nitem i id\n";
    static const char scaled[] = "user u id\nuser age number scale=yes\nitem i id\n";
    static const double borders[] = {10, 20, 30}, others[] = {10, 14, 29, 50}, scale[] = {5, 2}, wider[] = {7, 6};
    static const uint32_t old_of[] = {0, 1, 2, 3, 4, 4}; /* below 10; 10-14; 14-29, its middle in 20-30; 29-50; above */
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(1, &err);
    struct tt_events no_events = {0};
    struct tt_bags none = {0};
    static unsigned char marks[3][16];
    unsigned char *carried[] = {marks[0], marks[1], marks[2]};

    (void)state;
    assert_non_null(pool);
    none.n_rows = 0;
    struct tt_model old = number_model(buckets, borders, 3, 5), new = number_model(buckets, others, 4, 6);
    fill_rows(&old, 1);
    NEED(tt_warm_start(&new, &old, &no_events, &none, 1, 0.01, carried, pool, &err));
    for (size_t code = 0; code < 6; code++)
        assert_true(tiny_table(&new, TT_USER, "age")[code * DIM] == (float)old_of[code] && marks[1][code]);
    tt_model_release(&old);
    tt_model_release(&new);
    old = number_model(scaled, scale, 2, 2);
    new = number_model(scaled, wider, 2, 2);
    fill_rows(&old, 1);
    NEED(tt_warm_start(&new, &old, &no_events, &none, 1, 0.01, carried, pool, &err));
    const float *ages = tiny_table(&new, TT_USER, "age");
    assert_true(ages[DIM] == 3 && ages[0] == 0); /* one deviation is three times as much now */
    tt_model_release(&old);
    tt_model_release(&new);
    tt_pool_free(pool);
}

static void is_refused(const struct tt_model *model, const struct tt_model *earlier, const char *message)
{
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_warm_check(model, earlier, &err), -1);
    assert_string_equal(err.text, message);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
}

static void test_models_that_do_not_fit_are_refused(void **state)
{
    static const char base_text[] = "user u id\nuser i history half_life=7\nitem i id\nitem k category\nevent t time\n";
    static const char less[] = "user u id\nuser i history half_life=7\nitem i id\nevent t time\n";
    static const char other[] = "user u id\nuser i history half_life=8\nitem i id\nitem k category\nevent t time\n";
    static const char order[] = "item i id\nuser u id\nuser i history half_life=7\nitem k category\nevent t time\n";
    struct tt_err err = TT_ERR_INIT;
    struct tt_model model, earlier;
    uint32_t latest[4] = {0};

    (void)state;
    tiny_clustered_model(&model, NULL, base_text, 3, 3);
    model.entities.segment.name = "x.tt";
    tiny_clustered_model(&earlier, NULL, base_text, 3, 3);
    earlier.entities.segment.name = "m.tt";
    NEED(tt_warm_check(&model, &earlier, &err));
    earlier.dim = 16;
    is_refused(&model, &earlier, "m.tt: has 16 dimensions, not 8");
    earlier.dim = DIM;
    memset(model.entities.extends, 'a', TT_FINGERPRINT_HEX);
    memset(earlier.entities.segment.checksum, 'b', TT_FINGERPRINT_HEX);
    is_refused(&model, &earlier, "x.tt: extends another model (aaaaaaaa, not bbbbbbbb)");
    memset(earlier.entities.segment.checksum, 'a', TT_FINGERPRINT_HEX);
    is_refused(&model, &earlier, "m.tt: does not say when its users were last seen: made by an earlier version");
    earlier.entities.users.latest = latest;
    NEED(tt_warm_check(&model, &earlier, &err));
    earlier.entities.users.latest = NULL;
    model.entities.extends[0] = '\0';
    NEED(tt_warm_check(&model, &earlier, &err)); /* all events are there: no need of what was before */
    tt_model_release(&earlier);
    tiny_clustered_model(&earlier, NULL, less, 3, 3);
    earlier.entities.segment.name = "m.tt";
    is_refused(&model, &earlier, "m.tt: another schema: it lacks 'item k category', which the examples have");
    is_refused(&earlier, &model, "x.tt: another schema: it has 'item k category', the examples have not");
    tt_model_release(&earlier);
    tiny_clustered_model(&earlier, NULL, other, 3, 3);
    earlier.entities.segment.name = "m.tt";
    is_refused(&model, &earlier,
               "m.tt: another schema: it has 'user i history count=sqrt half_life=8', the examples have not");
    tt_model_release(&earlier);
    tiny_clustered_model(&earlier, NULL, order, 3, 3);
    earlier.entities.segment.name = "m.tt";
    is_refused(&model, &earlier, "m.tt: another schema: its columns are in another order");
    tt_model_release(&earlier);
    tt_model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_carried_over_by_text),
        cmocka_unit_test(test_new_items_begin_near_their_visitors),
        cmocka_unit_test(test_a_warm_start_has_the_same_bits_for_any_pool),
        cmocka_unit_test(test_numbers_are_matched_by_value),
        cmocka_unit_test(test_models_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

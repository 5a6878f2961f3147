/* The decomposition against exact cases, and what the tables begin with. */
#include "train/spectral.h"

#include <math.h>
#include <stdlib.h>

#include "encode/history.h"
#include "tiny_model.h"

enum { USERS = 90, ITEMS = 60 };

struct world {
    struct tt_bags visits;
    double a[USERS * ITEMS]; /* D_u^-1/2 R D_i^-1/2 */
};

static void normalise(struct world *w, const double *r)
{
    double rows[USERS] = {0}, columns[ITEMS] = {0};

    for (size_t u = 0; u < USERS; u++)
        for (size_t i = 0; i < ITEMS; i++) {
            rows[u] += r[u * ITEMS + i];
            columns[i] += r[u * ITEMS + i];
        }
    for (size_t u = 0; u < USERS; u++)
        for (size_t i = 0; i < ITEMS; i++)
            w->a[u * ITEMS + i] = r[u * ITEMS + i] > 0 ? r[u * ITEMS + i] / sqrt(rows[u] * columns[i]) : 0;
}

/* Visits of `blocks` groups of users, each to its own group of items with equal weight: a of rank `blocks`, all s = 1.
 * Or, with blocks 0, at random. */
static void world_init(struct world *w, size_t blocks)
{
    struct tt_err err = TT_ERR_INIT;
    static double r[USERS * ITEMS];
    struct tt_rng rng;

    memset(r, 0, sizeof(r));
    w->visits = (struct tt_bags){0};
    tt_rng_init(&rng, 9, TT_RNG_TEST, 0);
    for (size_t u = 0; u < USERS; u++) {
        uint32_t codes[ITEMS];
        float weights[ITEMS];
        size_t n = 0;
        for (uint32_t i = 0; i < ITEMS; i++) {
            int visited = blocks ? u % blocks == i % blocks : tt_rng_below(&rng, 6) == 0 && u > 0 && i > 0;
            if (!visited)
                continue;
            codes[n] = i;
            weights[n] = blocks ? 1 : (float)(1 + tt_rng_below(&rng, 3));
            r[u * ITEMS + i] = (double)weights[n++];
        }
        NEED(tt_bags_add(&w->visits, codes, weights, n, 0, &err));
    }
    normalise(w, r);
}

static void decompose(const struct world *w, size_t rank, int threads, float *u, float *v, double *s)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);

    assert_non_null(pool);
    NEED(tt_spectral_svd(&w->visits, USERS, ITEMS, rank, 1, pool, u, v, s, &err));
    tt_pool_free(pool);
}

/* The largest |x' x - 1| of columns with s > 0, and that columns with s = 0 are 0. */
static double orthogonality(const float *x, size_t n, size_t rank, const double *s)
{
    double worst = 0;

    for (size_t a = 0; a < rank; a++)
        for (size_t b = 0; b <= a; b++) {
            double inner = 0;
            for (size_t r = 0; r < n; r++)
                inner += (double)x[r * rank + a] * (double)x[r * rank + b];
            worst = fmax(worst, fabs(inner - (a == b && s[a] > 0)));
        }
    return worst;
}

/* The largest |u s v' - a|. */
static double error_of(const struct world *w, size_t rank, const float *u, const float *v, const double *s)
{
    double worst = 0;

    for (size_t r = 0; r < USERS; r++)
        for (size_t i = 0; i < ITEMS; i++) {
            double back = 0;
            for (size_t j = 0; j < rank; j++)
                back += (double)u[r * rank + j] * s[j] * (double)v[i * rank + j];
            worst = fmax(worst, fabs(back - w->a[r * ITEMS + i]));
        }
    return worst;
}

static void test_svd_of_separate_groups(void **state)
{
    static struct world w;
    static float u[USERS * 20], v[ITEMS * 20];
    double s[20];

    (void)state;
    for (size_t blocks = 1; blocks <= 6; blocks++) {
        world_init(&w, blocks);
        for (size_t rank = blocks; rank <= 20; rank += 7) { /* more than there is to find, too */
            decompose(&w, rank, 1, u, v, s);
            for (size_t j = 0; j < rank; j++)
                if (fabs(s[j] - (j < blocks)) > 1e-4 || (j >= blocks && s[j] != 0))
                    fail_msg("s[%zu] of %zu is %g with %zu groups", j, rank, s[j], blocks);
            assert_true(orthogonality(u, USERS, rank, s) < 1e-3);
            assert_true(orthogonality(v, ITEMS, rank, s) < 1e-3);
            assert_true(error_of(&w, rank, u, v, s) < 1e-4);
        }
        tt_bags_release(&w.visits);
    }
}

static void test_svd_of_full_rank_rebuilds_the_matrix(void **state)
{
    static struct world w;
    static float u[USERS * ITEMS], v[ITEMS * ITEMS];
    double s[ITEMS];

    (void)state;
    world_init(&w, 0);
    decompose(&w, ITEMS, 2, u, v, s);
    assert_true(fabs(s[0] - 1) < 1e-4); /* of a matrix normalised so */
    for (size_t j = 1; j < ITEMS; j++)
        assert_true(s[j] <= s[j - 1]);
    assert_true(error_of(&w, ITEMS, u, v, s) < 2e-3);
    assert_true(orthogonality(v, ITEMS, ITEMS, s) < 1e-3);
    tt_bags_release(&w.visits);
}

/* A truncated one has the largest values of the whole one. */
static void test_svd_finds_the_largest_values(void **state)
{
    static struct world w;
    static float u[USERS * ITEMS], v[ITEMS * ITEMS];
    double all[ITEMS], s[8];

    (void)state;
    world_init(&w, 0);
    decompose(&w, ITEMS, 1, u, v, all);
    decompose(&w, 8, 1, u, v, s);
    for (size_t j = 0; j < 8; j++)
        assert_true(fabs(s[j] - all[j]) < 2e-3);
    tt_bags_release(&w.visits);
}

static void test_svd_has_the_same_bits_for_any_pool(void **state)
{
    static struct world w;
    static float u[3][USERS * 12], v[3][ITEMS * 12];
    double s[3][12];

    (void)state;
    world_init(&w, 0);
    for (int threads = 1; threads <= 3; threads++)
        decompose(&w, 12, threads, u[threads - 1], v[threads - 1], s[threads - 1]);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(u[0], u[i], sizeof(u[0]));
        assert_memory_equal(v[0], v[i], sizeof(v[0]));
        assert_memory_equal(s[0], s[i], sizeof(s[0]));
    }
    tt_bags_release(&w.visits);
}

/* ---- tables ---- */

static const char schema[] =
    "user u id\nuser i history\nuser meal context\nitem i id\nitem kind category\nitem price number scale=yes\n"
    "item u history\n";

static double cosine(const float *a, const float *b, size_t dim)
{
    double ab = 0, aa = 0, bb = 0;

    for (size_t d = 0; d < dim; d++) {
        ab += (double)a[d] * (double)b[d];
        aa += (double)a[d] * (double)a[d];
        bb += (double)b[d] * (double)b[d];
    }
    return ab / sqrt(aa * bb);
}

/* The world by a spectral start. events: get those of the world, or NULL. */
static void start(struct tt_model *model, struct tt_events *events, size_t dim, double noise, uint64_t seed)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_pool *pool = tt_pool_new(2, &err);

    assert_non_null(pool);
    tiny_begin(&base, schema, 40, 30);
    tiny_clusters(&base, 40, 28, 9, 1); /* items 29 and 30 have no event */
    tiny_history(&base, TT_USER, 1);
    tiny_history(&base, TT_ITEM, 6);
    NEED(tt_model_init(model, &base.entities, dim, &err));
    NEED(tt_spectral_start(model, &base.events, &model->entities.users.bags[1], seed, noise, pool, &err));
    if (events)
        *events = base.events;
    else
        tt_events_release(&base.events);
    tt_pool_free(pool);
}

/* For rows 1 to n of two tables (., 2): a history points where its row of ids points, and its mean length is 1. */
static void check_histories(const struct tt_bags *bags, size_t n, const float *history, const float *id)
{
    double lengths = 0;

    for (size_t r = 1; r <= n; r++) {
        const uint32_t *codes;
        const float *weights;
        float bag[2] = {0};
        size_t size = tt_bags_row(bags, r, &codes, &weights);
        for (size_t e = 0; e < size; e++)
            for (size_t d = 0; d < 2; d++)
                bag[d] += weights[e] / tt_history_length(weights, size) * history[codes[e] * 2 + d];
        assert_true(cosine(bag, id + r * 2, 2) > 0.99);
        lengths += sqrt((double)bag[0] * (double)bag[0] + (double)bag[1] * (double)bag[1]) / (double)n;
    }
    assert_true(fabs(lengths - 1) < 1e-4);
}

static void test_spectral_start_puts_clusters_apart(void **state)
{
    struct tt_model model;
    double near = 0, far = 0;

    (void)state;
    start(&model, NULL, 2, 0, 1);
    const float *users = tiny_table(&model, TT_USER, "u"),
                *user_items = tiny_table(&model, TT_USER, "i"),
                *items = tiny_table(&model, TT_ITEM, "i");
    for (size_t u = 1; u <= 40; u++)
        for (size_t i = 1; i <= 28; i++) {
            double c = cosine(users + u * 2, items + i * 2, 2);
            *(u % 2 == i % 2 ? &near : &far) += c / (40 * 14);
        }
    assert_true(near > 0.85 && far < 0.6);
    check_histories(&model.entities.users.bags[1], 40, user_items, users);
    check_histories(&model.entities.items.bags[6], 28, tiny_table(&model, TT_ITEM, "u"), items);
    for (size_t i = 29; i <= 30; i++)
        assert_true(items[i * 2] == 0 && user_items[i * 2] == 0);
    tt_model_release(&model);
}

static void test_spectral_start_takes_means_for_attributes(void **state)
{
    struct tt_model model;
    enum { DIM = 6 };

    (void)state;
    start(&model, NULL, DIM, 0, 1);
    const float *items = tiny_table(&model, TT_ITEM, "i"),
                *kinds = tiny_table(&model, TT_ITEM, "kind"),
                *prices = tiny_table(&model, TT_ITEM, "price");
    for (uint32_t code = 1; code <= TINY_VALUES; code++)
        for (size_t d = 0; d < DIM; d++) {
            double sum = 0, n = 0;
            for (size_t i = 1; i <= 30; i++)
                if (tiny_code(i) == code) {
                    sum += (double)items[i * DIM + d];
                    n++;
                }
            assert_true(fabs((double)kinds[code * DIM + d] - sum / n) < 1e-6);
        }
    for (size_t d = 0; d < DIM; d++) { /* a scaled number's weights are signed: small and large prices pull apart */
        double sum = 0, n = 0;
        for (size_t i = 1; i <= 30; i++)
            if (tiny_code(i)) {
                double x = (double)(i % TINY_VALUES) - 2;
                sum += x * (double)items[i * DIM + d];
                n += fabs(x);
            }
        assert_true(fabs((double)prices[DIM + d] - sum / n) < 1e-6);
    }
    tt_model_release(&model);
}

/* A context begins with what its events' items have in common, less what all have. */
static void test_spectral_start_centres_contexts(void **state)
{
    struct tt_model model;
    struct tt_events events;
    enum { DIM = 6 };
    size_t differing = 0;

    (void)state;
    start(&model, &events, DIM, 0, 1);
    const float *meals = tiny_table(&model, TT_USER, "meal"), *items = tiny_table(&model, TT_ITEM, "i");
    for (uint32_t code = 1; code <= TINY_VALUES; code++)
        for (size_t d = 0; d < DIM; d++) {
            double sum = 0, n = 0, all = 0;
            for (size_t e = 0; e < events.n; e++) {
                double x = (double)items[events.item[e] * DIM + d];
                int is_own = tt_narrow_get(&events.contexts[2], e) == code;
                sum += is_own ? x : 0;
                n += is_own;
                all += x / (double)events.n;
            }
            double expected = n > 0 ? sum / n - all : 0;
            assert_true(fabs((double)meals[code * DIM + d] - expected) < 1e-6);
            differing += fabs(all) > 1e-3 && n > 0;
        }
    assert_true(differing > 0);
    tt_events_release(&events);
    tt_model_release(&model);
}

static void test_spectral_start_fills_no_more_than_the_rank(void **state)
{
    struct tt_model model;

    (void)state;
    start(&model, NULL, 100, 0, 1); /* 31 items with row 0 */
    const float *users = tiny_table(&model, TT_USER, "u"),
                *user_items = tiny_table(&model, TT_USER, "i"),
                *items = tiny_table(&model, TT_ITEM, "i");
    for (size_t i = 0; i <= 30; i++)
        for (size_t d = 31; d < 100; d++)
            assert_true(items[i * 100 + d] == 0);
    for (size_t u = 1; u <= 40; u++)
        for (size_t d = 0; d < 100; d++)
            assert_true(isfinite(users[u * 100 + d]) && fabsf(users[u * 100 + d]) <= 1.0001f);
    for (size_t i = 0; i < 31 * 100; i++)
        assert_true(isfinite(user_items[i]) && fabsf(user_items[i]) < 50);
    tt_model_release(&model);
}

static void test_starts_have_the_stated_noise(void **state)
{
    struct tt_model plain, noisy, random;
    struct tt_examples base;
    double squares = 0;

    (void)state;
    start(&plain, NULL, 8, 0, 1);
    start(&noisy, NULL, 8, 0.01, 1);
    const float *items = tiny_table(&plain, TT_ITEM, "i"), *noisy_items = tiny_table(&noisy, TT_ITEM, "i");
    for (size_t i = 0; i < 31 * 8; i++)
        squares += pow((double)noisy_items[i] - (double)items[i], 2) / (31 * 8);
    assert_true(sqrt(squares) > 0.008 && sqrt(squares) < 0.012);
    tiny_begin(&base, schema, 400, 30);
    tiny_model(&random, &base, 16);
    tt_random_start(&random, 1);
    squares = 0;
    for (size_t i = 0; i < 401 * 16; i++)
        squares += pow((double)tiny_table(&random, TT_USER, "u")[i], 2) / 401;
    assert_true(fabs(squares - 1) < 0.05); /* rows of mean length 1 */
    assert_true(tiny_table(&random, TT_USER, "u")[0] != tiny_table(&random, TT_ITEM, "i")[0]);
    tt_model_release(&plain);
    tt_model_release(&noisy);
    tt_model_release(&random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svd_of_separate_groups),
        cmocka_unit_test(test_svd_of_full_rank_rebuilds_the_matrix),
        cmocka_unit_test(test_svd_finds_the_largest_values),
        cmocka_unit_test(test_svd_has_the_same_bits_for_any_pool),
        cmocka_unit_test(test_spectral_start_puts_clusters_apart),
        cmocka_unit_test(test_spectral_start_takes_means_for_attributes),
        cmocka_unit_test(test_spectral_start_centres_contexts),
        cmocka_unit_test(test_spectral_start_fills_no_more_than_the_rank),
        cmocka_unit_test(test_starts_have_the_stated_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

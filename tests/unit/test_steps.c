/* What steps are made of; and that the loss over sampled candidates estimates the loss over all of them, and becomes it
 * as more are sampled. */
#include "train/steps.h"

#include <math.h>
#include <stdlib.h>

#include "encode/history.h"
#include "tiny_model.h"

static const char schema[] = "user u id\nitem i id\nevent liked label\nevent at time\n";
enum { USERS = 60, ITEMS = 40, DIM = 5 };
static const enum tt_candidates kinds[] = {TT_CANDIDATES_ALL, TT_CANDIDATES_SAMPLED, TT_CANDIDATES_BATCH,
                                          TT_CANDIDATES_MIXED};

/* By query or by entry. */
static void steps_init(struct tt_steps *s, const struct tt_queries *queries, const struct tt_catalogue *catalogue,
                       enum tt_candidates kind, int by_entry, size_t batch, size_t negatives)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_steps_options o = {kind, by_entry, batch, negatives, NULL};

    NEED(tt_steps_init(s, queries, catalogue, &o, &err));
}

struct world {
    struct tt_examples base;
    struct tt_queries queries;
    struct tt_catalogue catalogue;
};

/* Popular and rare items; user 1 has one event, of item 1; users from 57 up want nothing. User 1 and some others
 * dislike items, item 40 is only disliked; item 39 has no event. */
static void world_init(struct world *w, int keep_disliked)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;

    tiny_begin(&w->base, schema, USERS, ITEMS);
    tt_rng_init(&rng, 4, TT_RNG_TEST, 0);
    tiny_event(&w->base, 1, 1, 0, 1, 1, 0);
    tiny_event(&w->base, 1, 7, 0, 1, 0, 0);
    tiny_event(&w->base, 1, 40, 0, 1, 0, 0);
    tiny_event(&w->base, 58, 0, 0, 1, 1, 0); /* wants nothing that is known */
    tiny_event(&w->base, 59, 3, 0, 1, 0, 0); /* wants nothing, dislikes something */
    for (size_t e = 0; e < 400; e++) {
        double x = tt_rng_unit(&rng);
        tiny_event(&w->base, (uint32_t)(2 + tt_rng_below(&rng, 55)), (uint32_t)(1 + x * x * 38), 0, 1, e % 9 > 0,
                   (uint32_t)e / 3);
    }
    NEED(tt_queries_init(&w->queries, &w->base.entities.dictionary, &w->base.events, 0, keep_disliked, &err));
    NEED(tt_catalogue_init(&w->catalogue, &w->queries, ITEMS + 1, &err));
}

static void world_release(struct world *w)
{
    tt_catalogue_release(&w->catalogue);
    tt_queries_release(&w->queries);
    tt_examples_release(&w->base);
}

static int has(const struct tt_bags *bags, uint32_t row, uint32_t code, uint64_t *at)
{
    for (uint64_t e = bags->n_rows ? bags->offsets[row] : 0; bags->n_rows && e < bags->offsets[row + 1]; e++)
        if (bags->codes[e] == code) {
            *at = e;
            return 1;
        }
    return 0;
}

/* The step's pairs are what its queries want, each entry not met before, and all that they dislike. */
static void check_pairs(const struct world *w, const struct tt_steps *s, unsigned char *met)
{
    uint64_t e = 0;

    for (size_t r = 0; r < s->n_rows; r++) {
        for (uint32_t k = s->positives.starts[r]; k < s->positives.starts[r + 1]; k++) {
            assert_true(has(&w->queries.positives, s->rows[r], s->candidates[s->positives.item[k]], &e));
            assert_int_equal(met[e]++, 0);
            assert_int_equal(s->positives.query[k], r);
            assert_true(s->positives.weight[k] == w->queries.positives.weights[e]);
        }
        size_t n = w->queries.disliked.n_rows
                       ? (size_t)(w->queries.disliked.offsets[s->rows[r] + 1] - w->queries.disliked.offsets[s->rows[r]])
                       : 0;
        assert_int_equal(s->disliked.starts ? s->disliked.starts[r + 1] - s->disliked.starts[r] : 0, n);
        for (uint32_t k = n ? s->disliked.starts[r] : 0; n && k < s->disliked.starts[r + 1]; k++) {
            assert_true(has(&w->queries.disliked, s->rows[r], s->candidates[s->disliked.item[k]], &e));
            assert_int_equal(s->disliked.query[k], r);
        }
    }
}

/* The candidates are distinct; the shared ones are those of the kind, and all others are somebody's own. */
static void check_candidates(const struct world *w, const struct tt_steps *s)
{
    size_t least = s->kind == TT_CANDIDATES_ALL ? w->catalogue.n : s->negatives, in_pairs = 0;

    assert_true(s->n_rows > 0 && s->n_rows <= s->batch_size && s->n_candidates <= s->max_candidates);
    assert_true(s->n_shared >= least && s->n_shared <= s->n_candidates && s->n_shared <= s->max_shared);
    if (s->kind == TT_CANDIDATES_SAMPLED || s->kind == TT_CANDIDATES_ALL)
        assert_int_equal(s->n_shared, least);
    for (size_t c = 0; c < s->n_candidates; c++) {
        for (size_t other = 0; other < c; other++)
            assert_int_not_equal(s->candidates[c], s->candidates[other]);
        assert_int_not_equal(w->catalogue.place[s->candidates[c]], TT_NO_PLACE);
        if (c < s->n_shared)
            assert_true(!s->log_p || (isfinite(s->log_p[c]) && s->log_p[c] <= 0));
        int is_in_pair = 0, is_positive = 0;
        for (size_t k = 0; k < s->positives.starts[s->n_rows]; k++)
            is_positive |= s->positives.item[k] == c;
        for (size_t k = 0; s->disliked.starts && k < s->disliked.starts[s->n_rows]; k++)
            is_in_pair |= s->disliked.item[k] == c;
        if (c >= s->n_shared)
            assert_true(is_in_pair || (is_positive && !tt_candidates_include_batch(s->kind)));
        in_pairs += is_positive;
    }
    if (s->kind == TT_CANDIDATES_BATCH)
        assert_int_equal(s->n_shared, in_pairs);
}

static void check_epoch(struct world *w, enum tt_candidates kind, int by_entry, size_t batch, size_t negatives)
{
    struct tt_steps s;
    size_t n = tt_steps_entries(&w->queries);
    unsigned char *met = calloc(n, 1);
    double weight = 0;

    steps_init(&s, &w->queries, &w->catalogue, kind, by_entry, batch, negatives);
    tt_steps_shuffle(&s, 1, 1);
    for (size_t i = 0; i < s.n_steps; i++) {
        tt_steps_make(&s, i);
        check_candidates(w, &s);
        check_pairs(w, &s, met);
        weight += s.weight;
    }
    for (size_t e = 0; e < n; e++)
        assert_int_equal(met[e], 1);
    assert_true(fabs(weight - w->queries.weight) < 1e-6);
    free(met);
    tt_steps_release(&s);
}

static void test_steps_bring_each_entry_once_an_epoch(void **state)
{
    static const size_t batches[] = {1, 2, 7, 56, 57, 100, 10000};
    struct world w;

    (void)state;
    for (int keep_disliked = 0; keep_disliked < 2; keep_disliked++) {
        world_init(&w, keep_disliked);
        assert_int_equal(tt_steps_queries(&w.queries), w.queries.n - 2);
        assert_int_equal(w.queries.disliked.n_rows, keep_disliked ? w.queries.n : 0);
        assert_int_equal(w.catalogue.place[40] == TT_NO_PLACE, !keep_disliked);
        for (size_t i = 0; i < LENGTH(batches); i++)
            for (size_t l = 0; l < LENGTH(kinds); l++)
                for (size_t negatives = 1; negatives < 100; negatives = negatives * 3 + 1)
                    for (int by_entry = 0; by_entry < 2; by_entry++)
                        check_epoch(&w, kinds[l], by_entry, batches[i], negatives);
        world_release(&w);
    }
}

static void test_steps_depend_on_seed_epoch_and_number(void **state)
{
    struct world w;
    static const uint64_t names[][3] = {{1, 1, 0}, {1, 2, 0}, {2, 1, 0}, {1, 1, 1}, {1, 1, 0}};

    (void)state;
    world_init(&w, 1);
    for (size_t l = 0; l < 2 * LENGTH(kinds); l++) {
        enum tt_candidates kind = kinds[l / 2];
        struct tt_steps s;
        uint32_t rows[LENGTH(names)][8], candidates[LENGTH(names)][8];
        steps_init(&s, &w.queries, &w.catalogue, kind, l % 2, 16, 8);
        for (size_t i = 0; i < LENGTH(names); i++) {
            tt_steps_shuffle(&s, names[i][0], names[i][1]);
            tt_steps_make(&s, (size_t)names[i][2]);
            memcpy(rows[i], s.rows, sizeof(rows[i]));
            memcpy(candidates[i], s.candidates, sizeof(candidates[i]));
        }
        assert_memory_equal(rows[0], rows[4], sizeof(rows[0]));
        assert_memory_equal(candidates[0], candidates[4], sizeof(rows[0]));
        for (size_t i = 1; i < 4; i++) {
            assert_memory_not_equal(rows[0], rows[i], sizeof(rows[0]));
            if (kind != TT_CANDIDATES_ALL)
                assert_memory_not_equal(candidates[0], candidates[i], sizeof(rows[0]));
        }
        tt_steps_release(&s);
    }
    world_release(&w);
}

/* What a step wants given a timeline: weight 0 for what the user did not come back to, all else as without; every
 * OLD-th user has no event. */
enum { OLD = 11 };

static void check_moments(const struct world *w, const struct tt_timeline *timeline, enum tt_candidates kind,
                          int by_entry)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_steps_options o = {kind, by_entry, 16, 8, timeline};
    struct tt_steps s, plain;
    size_t later = 0, earlier = 0, changes = 0, rows = 0, old = 0;
    uint32_t moments[USERS + 1] = {0};

    NEED(tt_steps_init(&s, &w->queries, &w->catalogue, &o, &err));
    steps_init(&plain, &w->queries, &w->catalogue, kind, by_entry, 16, 8);
    for (uint64_t epoch = 1; epoch <= 8; epoch++) {
        tt_steps_shuffle(&s, 1, epoch);
        tt_steps_shuffle(&plain, 1, epoch);
        for (size_t i = 0; i < s.n_steps; i++) {
            double weight = 0;
            tt_steps_make(&s, i);
            tt_steps_make(&plain, i);
            assert_int_equal(s.n_rows, plain.n_rows);
            assert_int_equal(s.n_candidates, plain.n_candidates);
            assert_memory_equal(s.rows, plain.rows, s.n_rows * sizeof(*s.rows));
            assert_memory_equal(s.candidates, plain.candidates, s.n_candidates * sizeof(*s.candidates));
            for (uint32_t k = 0; k < s.positives.starts[s.n_rows]; k++) {
                uint32_t row = s.positives.query[k], user = w->queries.user[s.rows[row]];
                int is_later = tt_timeline_is_later(timeline, user, s.candidates[s.positives.item[k]], s.moments[row]);
                assert_int_equal(s.positives.item[k], plain.positives.item[k]);
                assert_true(is_later || user % OLD);
                old += user % OLD == 0;
                assert_true(s.positives.weight[k] == (is_later ? plain.positives.weight[k] : 0));
                weight += (double)s.positives.weight[k];
                later += (size_t)is_later;
                earlier += (size_t)!is_later;
            }
            for (size_t r = 0; r < s.n_rows; r++) {
                uint32_t *last = &moments[w->queries.user[s.rows[r]]];
                changes += *last != s.moments[r];
                rows += w->queries.user[s.rows[r]] % OLD > 0;
                *last = s.moments[r];
            }
            assert_true(fabs(s.weight - weight) < 1e-9);
        }
    }
    assert_true(later > earlier && earlier > later / 4); /* of n items, (n + 1) / 2 n on average are later */
    assert_true(old > 0);
    assert_true(by_entry || 2 * changes > rows); /* an epoch draws other moments than the last, one a query */
    tt_steps_release(&s);
    tt_steps_release(&plain);
}

static void test_steps_with_a_timeline_want_what_is_later(void **state)
{
    static const struct tt_column column = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_SQRT};
    struct tt_err err = TT_ERR_INIT;
    struct world w;
    struct tt_bags bags;
    struct tt_timeline timeline;

    (void)state;
    world_init(&w, 1);
    const struct tt_events *e = &w.base.events;
    struct tt_visits visits = {.n = e->n, .user = e->user, .item = e->item, .time = e->time, .label = e->label};
    NEED(tt_history_build(&bags, &column, w.base.entities.users.n_rows, &visits, &err));
    NEED(tt_timeline_init(&timeline, &bags, e, &err));
    for (size_t u = OLD; u < w.base.entities.users.n_rows; u += OLD)
        for (uint64_t i = bags.offsets[u]; i < bags.offsets[u + 1]; i++)
            timeline.first[i] = timeline.last[i] = 0;
    for (size_t l = 0; l < LENGTH(kinds); l++)
        for (int by_entry = 0; by_entry < 2; by_entry++)
            check_moments(&w, &timeline, kinds[l], by_entry);
    tt_timeline_release(&timeline);
    tt_bags_release(&bags);
    world_release(&w);
}

/* C(n, k) as a double. */
static double choose(double n, double k)
{
    double product = 1;

    if (k > n)
        return 0;
    for (double i = 0; i < k; i++)
        product *= (n - i) / (k - i);
    return product;
}

static void test_log_p_is_that_of_drawing_without_replacement(void **state)
{
    static const double drawn[] = {0, 0.001, 0.3, 1};

    (void)state;
    for (size_t entries = 1; entries <= 14; entries++)
        for (size_t batch = 2; batch <= entries; batch++)
            for (size_t m = 1; m < entries; m++)
                for (size_t i = 0; i < LENGTH(drawn); i++) {
                    double absent = choose((double)(entries - 1 - m), (double)(batch - 1)) /
                                    choose((double)(entries - 1), (double)(batch - 1));
                    double p = 1 - absent * (1 - drawn[i]);
                    assert_true(fabs(exp(tt_steps_log_p(entries, batch, m, drawn[i])) - p) < 1e-12);
                }
    assert_true(tt_steps_log_p(1000, 1, 5, 0) == 0);
    assert_true(tt_steps_log_p(1000, 1000, 1, 0) == 0);
    assert_true(fabs(exp(tt_steps_log_p(1000, 1, 5, 0.25)) - 0.25) < 1e-12);
    assert_true(fabs(exp(tt_steps_log_p(1000, 10, 0, 0.25)) - 0.25) < 1e-12);
    double p = exp(tt_steps_log_p((size_t)1 << 40, 1024, 1, 0)); /* small, and not lost to rounding */
    assert_true(fabs(p / (1023.0 / 1099511627775.0) - 1) < 1e-6);
}

static void random_vectors(float *x, size_t n, uint64_t index)
{
    struct tt_rng rng;

    tt_rng_init(&rng, 5, TT_RNG_TEST, index);
    for (size_t r = 0; r < n; r++) {
        double squares = 0;
        for (size_t d = 0; d < DIM; d++) {
            x[r * DIM + d] = (float)tt_rng_normal(&rng);
            squares += (double)x[r * DIM + d] * (double)x[r * DIM + d];
        }
        for (size_t d = 0; d < DIM; d++)
            x[r * DIM + d] /= (float)sqrt(squares);
    }
}

static const double temperature = 0.3, dislike = 3;
static float users[(USERS + 1) * DIM], items[(ITEMS + 1) * DIM];

static double score_of(uint32_t user, uint32_t item)
{
    double score = 0;

    for (size_t d = 0; d < DIM; d++)
        score += (double)users[user * DIM + d] * (double)items[item * DIM + d];
    return score / temperature;
}

/* What a step comes to, by the reference: the loss, gradients by user and item row, and each user's Z. */
struct result {
    double loss, z[USERS + 1], d_users[(USERS + 1) * DIM], d_items[(ITEMS + 1) * DIM];
};

static void run_step(const struct world *w, const struct tt_steps *s, struct result *result)
{
    static float u[USERS * DIM], v[ITEMS * DIM];
    static double d_u[USERS * DIM], d_v[ITEMS * DIM], e[USERS * ITEMS];
    struct tt_softmax_step step = {.n_queries = s->n_rows, .n_shared = s->n_shared, .n_items = s->n_candidates, .u = u,
                                   .v = v, .positives = s->positives, .disliked = s->disliked, .log_p = s->log_p,
                                   .loss = {.temperature = temperature, .negative_weight = 1,
                                            .disliked_weight = dislike}};

    *result = (struct result){0};
    for (size_t r = 0; r < s->n_rows; r++)
        memcpy(u + r * DIM, users + w->queries.user[s->rows[r]] * DIM, DIM * sizeof(*u));
    for (size_t c = 0; c < s->n_candidates; c++)
        memcpy(v + c * DIM, items + s->candidates[c] * DIM, DIM * sizeof(*v));
    result->loss = tt_softmax_loss_ref(DIM, &step, d_u, d_v, e);
    for (size_t r = 0; r < s->n_rows; r++)
        for (size_t c = 0; c < s->n_candidates; c++)
            result->z[w->queries.user[s->rows[r]]] += e[r * s->n_candidates + c];
    for (size_t r = 0; r < s->n_rows; r++)
        memcpy(result->d_users + w->queries.user[s->rows[r]] * DIM, d_u + r * DIM, DIM * sizeof(*d_u));
    for (size_t c = 0; c < s->n_candidates; c++)
        memcpy(result->d_items + s->candidates[c] * DIM, d_v + c * DIM, DIM * sizeof(*d_v));
}

/* The first step of an epoch, which holds all queries or entries. */
static void run_whole(const struct world *w, enum tt_candidates kind, int by_entry, size_t negatives, uint64_t epoch,
                      struct result *result)
{
    struct tt_steps s;

    steps_init(&s, &w->queries, &w->catalogue, kind, by_entry, 1 << 20, negatives);
    assert_int_equal(s.n_steps, 1);
    tt_steps_shuffle(&s, 1, epoch);
    tt_steps_make(&s, 0);
    run_step(w, &s, result);
    tt_steps_release(&s);
}

/* The distance of two gradients. */
static double distance(const struct result *a, const struct result *b)
{
    double squares = 0;

    for (size_t i = 0; i < (USERS + 1) * DIM; i++)
        squares += pow(a->d_users[i] - b->d_users[i], 2);
    for (size_t i = 0; i < (ITEMS + 1) * DIM; i++)
        squares += pow(a->d_items[i] - b->d_items[i], 2);
    return sqrt(squares);
}

static void test_whole_samples_give_the_loss_over_all_candidates(void **state)
{
    static struct result full, other;
    struct world w;

    (void)state;
    random_vectors(users, USERS + 1, 1);
    random_vectors(items, ITEMS + 1, 2);
    for (int way = 0; way < 4; way++) {
        int keep_disliked = way % 2, by_entry = way / 2;
        world_init(&w, keep_disliked);
        run_whole(&w, TT_CANDIDATES_ALL, 0, 0, 1, &full);
        run_whole(&w, TT_CANDIDATES_SAMPLED, by_entry, 1000, 1, &other); /* all are sampled */
        assert_true(fabs(full.loss - other.loss) < 1e-9 && distance(&full, &other) < 1e-9);
        run_whole(&w, TT_CANDIDATES_MIXED, by_entry, 1000, 1, &other);
        assert_true(fabs(full.loss - other.loss) < 1e-9 && distance(&full, &other) < 1e-9);
        if (!keep_disliked) { /* else there is an item that is only disliked */
            run_whole(&w, TT_CANDIDATES_MIXED, by_entry, 1, 1, &other); /* all entries are there */
            assert_true(fabs(full.loss - other.loss) < 1e-9 && distance(&full, &other) < 1e-9);
            run_whole(&w, TT_CANDIDATES_BATCH, by_entry, 0, 1, &other);
            assert_true(fabs(full.loss - other.loss) < 1e-9 && distance(&full, &other) < 1e-9);
        }
        world_release(&w);
    }
}

/* The error of loss and gradient, root mean square over many draws, falls as more is drawn, to 0 when all are. */
static void test_the_sampled_loss_tends_to_that_over_all_candidates(void **state)
{
    static const size_t negatives[] = {2, 8, 20, 35, 39};
    static struct result full, other;
    double last = INFINITY, last_gradient = INFINITY, first = 0;
    struct world w;

    (void)state;
    world_init(&w, 1);
    random_vectors(users, USERS + 1, 1);
    random_vectors(items, ITEMS + 1, 2);
    assert_int_equal(w.catalogue.n, 39);
    run_whole(&w, TT_CANDIDATES_ALL, 0, 0, 1, &full);
    for (size_t i = 0; i < LENGTH(negatives); i++) {
        double error = 0, gradient = 0;
        for (uint64_t epoch = 1; epoch <= 300; epoch++) {
            run_whole(&w, TT_CANDIDATES_SAMPLED, 0, negatives[i], epoch, &other);
            error += pow(other.loss - full.loss, 2) / 300;
            gradient += pow(distance(&other, &full), 2) / 300;
        }
        assert_true(sqrt(error) < 0.6 * last && sqrt(gradient) < 0.8 * last_gradient);
        last = sqrt(error);
        last_gradient = sqrt(gradient);
        first = i == 0 ? last : first;
    }
    assert_true(first > 0.1 && last < 1e-9 && last_gradient < 1e-9);
    world_release(&w);
}

/* The estimates of Z of a query, over many steps that hold it, have the mean Z. By entry it has one entry. */
static void check_normaliser(const struct world *w, enum tt_candidates kind, int by_entry, size_t batch,
                             size_t negatives, uint32_t user)
{
    struct tt_steps s;
    static struct result result;
    double sum = 0, squares = 0, n = 0;

    run_whole(w, TT_CANDIDATES_ALL, 0, 0, 1, &result);
    double exact = result.z[user];
    if (kind == TT_CANDIDATES_BATCH && w->queries.disliked.n_rows && user != 1)
        exact -= exp(score_of(user, 40)); /* by user 1 alone, and no candidate of others */
    steps_init(&s, &w->queries, &w->catalogue, kind, by_entry, batch, negatives);
    for (uint64_t epoch = 0; epoch < 12000; epoch++) {
        tt_steps_shuffle(&s, 1, epoch);
        for (size_t i = 0; i + 1 < s.n_steps; i++) { /* a last, smaller step is passed over */
            tt_steps_make(&s, i);
            size_t row = 0;
            while (row < s.n_rows && w->queries.user[s.rows[row]] != user)
                row++;
            if (row == s.n_rows)
                continue;
            run_step(w, &s, &result);
            sum += result.z[user];
            squares += result.z[user] * result.z[user];
            n++;
            break;
        }
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    assert_true(n > 6000 && error < 0.01 * exact && error > 0.0001 * exact);
    if (fabs(mean - exact) > 4 * error)
        fail_msg("candidates %d, by entry %d, user %u: the mean of Z is %g, expected %g, standard error %g", (int)kind,
                 by_entry, user, mean, exact, error);
    tt_steps_release(&s);
}

static void test_sampled_normalisers_are_unbiased(void **state)
{
    struct world w;

    (void)state;
    random_vectors(users, USERS + 1, 1);
    random_vectors(items, ITEMS + 1, 2);
    for (int keep_disliked = 0; keep_disliked < 2; keep_disliked++) {
        world_init(&w, keep_disliked);
        for (size_t l = 1; l < LENGTH(kinds); l++) {
            check_normaliser(&w, kinds[l], 0, 6, 7, 1);
            check_normaliser(&w, kinds[l], 0, 6, 7, 20);
            check_normaliser(&w, kinds[l], 1, 12, 5, 1);
        }
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_bring_each_entry_once_an_epoch),
        cmocka_unit_test(test_steps_depend_on_seed_epoch_and_number),
        cmocka_unit_test(test_steps_with_a_timeline_want_what_is_later),
        cmocka_unit_test(test_log_p_is_that_of_drawing_without_replacement),
        cmocka_unit_test(test_whole_samples_give_the_loss_over_all_candidates),
        cmocka_unit_test(test_the_sampled_loss_tends_to_that_over_all_candidates),
        cmocka_unit_test(test_sampled_normalisers_are_unbiased),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

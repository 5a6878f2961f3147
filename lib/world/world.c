/* A made-up restaurant world: see world.h. */
#include "world/world.h"

#include <math.h>

#include "base/alloc.h"
#include "table/calendar.h"

enum {
    MAX_MOODS = 1 + TT_MAX_MEALS,
    N_TASTES = 4,
    N_FAVOURITES = 5,
    FAVOURITE_STRIDE = 8, /* streams of a user and mood: N_FAVOURITES rounded up */
    HOURS = 24,
};

/* Streams of the seed. */
enum {
    STORE_ORDER = TT_RNG_WORLD,
    STORE,
    CATEGORY,
    USER,
    TASTE,
    FAVOURITE,
};

static const double taste_weights[N_TASTES] = {0.5, 0.25, 0.15, 0.1};
static const double favourite_weights[N_FAVOURITES] = {0.35, 0.25, 0.2, 0.12, 0.08};

/* How probable a taste for a category is at a meal time that it does not belong to, relative to one that it does. */
static const double other_meal_weight = 0.04;

/* Visits an hour of the day, relative: peaks at 12 and at 18-19, an afternoon lull, few at night. */
static const double visits_of_hour[HOURS] = {0.8, 0.5, 0.3, 0.2, 0.2, 0.4, 0.9, 2, 3.5, 3, 2.2, 5.5,
                                             11, 8, 4.5, 3, 3, 5, 10, 11, 8, 5, 4, 2.5};

/* Categories that have a name, with the meal times they belong to (by bit, in the order of TT_MEAL_TIMES). The first
 * few cover the day, so that a world of few categories has all meals. */
enum { B = 1, L = 2, A = 4, D = 8, N = 16 };
static const struct { const char *name; int meals; } named[] = {
    {"cafe", B | A}, {"korean", L | D}, {"noodles", L}, {"barbecue", D}, {"pub", N}, {"bakery", B},
    {"dessert", A}, {"sushi", D}, {"chicken", N}, {"burger", L}, {"brunch", B}, {"chinese", L},
    {"italian", D}, {"tea house", A}, {"cocktail bar", N}, {"curry", L}, {"soup", B}, {"steak", D},
    {"ice cream", A}, {"street food", N}, {"salad", L}, {"vietnamese", L}, {"thai", D}, {"sandwich", B | L},
    {"seafood", D}, {"pizza", D | N}, {"dumplings", L}, {"wine bar", N}, {"vegetarian", L | D}, {"mexican", D},
};
enum { N_NAMED = sizeof(named) / sizeof(*named) };

static const char *const areas[] = {"station", "university", "market", "riverside", "old town", "harbour",
                                    "hillside", "park", "stadium", "airport", "lakeside", "garden"};
enum { N_AREAS = sizeof(areas) / sizeof(*areas) };

/* Draws of a rank k in 0 ... n-1 with probability proportional to (k + 1)^-exponent, in constant time and memory, by
 * rejection-inversion (Hörmann and Derflinger 1996, "Rejection-inversion to generate variates from monotone discrete
 * distributions", section 2). A table would need memory for every rank. */
struct zipf {
    uint64_t n;
    double t;          /* 1 - exponent */
    double low, width; /* of the uniform draw that is inverted */
    double sure;       /* within this distance below k no comparison is needed */
};

struct tt_world {
    struct tt_world_options o;
    struct tt_meal_times meals;
    double meal_shares[TT_MAX_MEALS];
    double day[HOURS + 1];      /* the share of a day's visits before each hour */
    struct zipf users;
    struct tt_store *stores;    /* (n_stores) */
    uint32_t *order;            /* (n_stores) sorted by category, then area: cells */
    double *before;             /* (n_stores + 1) weight of order[0 ... i-1] */
    uint32_t *cells;            /* (n_categories * n_areas + 1) where each cell begins in order */
    double *shares;             /* (n_categories) of all weight */
    double *tastes[MAX_MOODS];  /* (n_categories) probability that a taste is this category; NULL past the last mood */
    double *taste_sums[MAX_MOODS]; /* (n_categories) the same, up to and with each */
};

void tt_world_options_init(struct tt_world_options *options)
{
    *options = (struct tt_world_options){
        .seed = 1, .n_events = 60000, .n_users = 2000, .n_stores = 1000, .n_categories = 20, .n_areas = 8,
        .n_days = 180, .meal_effect = 0.6, .category_effect = 0.9, .area_effect = 0.7, .repeat = 0.3,
        .zipf_stores = 0.7, .zipf_users = 0.5};
    options->start = tt_days_from_date(2024, 1, 1);
}

const struct tt_world_options *tt_world_get_options(const struct tt_world *world)
{
    return &world->o;
}

const struct tt_meal_times *tt_world_meals(const struct tt_world *world)
{
    return &world->meals;
}

const struct tt_store *tt_world_store(const struct tt_world *world, uint64_t store)
{
    return &world->stores[store];
}

const double *tt_world_meal_shares(const struct tt_world *world)
{
    return world->meal_shares;
}

void tt_world_category_name(uint64_t category, char *name)
{
    if (category < N_NAMED)
        snprintf(name, TT_WORLD_NAME, "%s", named[category].name);
    else
        snprintf(name, TT_WORLD_NAME, "category %llu", (unsigned long long)category + 1);
}

void tt_world_area_name(uint64_t area, char *name)
{
    if (area < N_AREAS)
        snprintf(name, TT_WORLD_NAME, "%s", areas[area]);
    else
        snprintf(name, TT_WORLD_NAME, "area %llu", (unsigned long long)area + 1);
}

/* The first i in 0 ... n-1 with u < sums[i]; the last when rounding left u above all. */
static size_t search(const double *sums, size_t n, double u)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (u < sums[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* ---- ranks by a Zipf law ---- */

/* The hat's integral from 1 to x of y^-exponent, and its inverse; both are right in the limit exponent = 1. Ranks are
 * counted from 1 here, as in the paper. */
static double hat_integral(double t, double x)
{
    return t == 0 ? log(x) : expm1(t * log(x)) / t;
}

static double hat_inverse(double t, double u)
{
    return t == 0 ? exp(u) : exp(log1p(t * u) / t);
}

static double zipf_mass(double t, double k)
{
    return exp((t - 1) * log(k));
}

static void zipf_init(struct zipf *zipf, uint64_t n, double exponent)
{
    double t = 1 - exponent;

    zipf->n = n;
    zipf->t = t;
    zipf->low = hat_integral(t, (double)n + 0.5); /* the draw runs down from here: large ranks first */
    zipf->width = hat_integral(t, 1.5) - 1 - zipf->low;
    zipf->sure = 2 - hat_inverse(t, hat_integral(t, 2.5) - zipf_mass(t, 2));
}

static uint64_t zipf_draw(const struct zipf *zipf, struct tt_rng *rng)
{
    for (;;) {
        double u = zipf->low + tt_rng_unit(rng) * zipf->width;
        double x = hat_inverse(zipf->t, u), k = floor(x + 0.5);
        k = k < 1 ? 1 : k > (double)zipf->n ? (double)zipf->n : k;
        if (k - x <= zipf->sure || u >= hat_integral(zipf->t, k + 0.5) - zipf_mass(zipf->t, k))
            return (uint64_t)k - 1;
    }
}

/* ---- making ---- */

static void make_day(struct tt_world *w)
{
    double sum = 0;

    for (int h = 0; h < HOURS; h++)
        sum += visits_of_hour[h];
    for (int h = 0; h < HOURS; h++) {
        w->day[h + 1] = w->day[h] + visits_of_hour[h] / sum;
        w->meal_shares[w->meals.of_hour[h]] += visits_of_hour[h] / sum;
    }
}

static int make_stores(struct tt_world *w, struct tt_err *err)
{
    size_t n = (size_t)w->o.n_stores;
    struct tt_rng rng;

    w->stores = tt_alloc(n, sizeof(*w->stores), err);
    w->order = tt_alloc(n, sizeof(*w->order), err);
    if (!w->stores || !w->order)
        return -1;
    for (size_t s = 0; s < n; s++) {
        struct tt_store *store = &w->stores[s];
        tt_rng_init(&rng, w->o.seed, STORE, s);
        store->category = (uint32_t)tt_rng_below(&rng, w->o.n_categories);
        store->area = (uint32_t)tt_rng_below(&rng, w->o.n_areas);
        store->quality = (float)(0.5 * tt_rng_normal(&rng));
        store->price = 500 * (uint32_t)(exp(3.2 + 0.5 * tt_rng_normal(&rng)) + 1); /* half of them below 13,000 */
        w->order[s] = (uint32_t)s;
    }
    tt_rng_init(&rng, w->o.seed, STORE_ORDER, 0);
    for (size_t s = n; s > 1; s--) { /* Fisher and Yates; so an id does not tell popularity */
        size_t k = (size_t)tt_rng_below(&rng, s);
        uint32_t swap = w->order[s - 1];
        w->order[s - 1] = w->order[k];
        w->order[k] = swap;
    }
    for (size_t rank = 0; rank < n; rank++)
        w->stores[w->order[rank]].weight = pow((double)rank + 1, -w->o.zipf_stores);
    return 0;
}

static size_t cell_of(const struct tt_world *w, uint64_t category, uint64_t area)
{
    return (size_t)(category * w->o.n_areas + area);
}

/* Sort the stores into cells by counting, and add up their weights in that order. */
static int make_cells(struct tt_world *w, struct tt_err *err)
{
    size_t n = (size_t)w->o.n_stores, n_cells = cell_of(w, w->o.n_categories, 0);

    w->before = tt_alloc(n + 1, sizeof(*w->before), err);
    w->cells = tt_alloc_zero(n_cells + 1, sizeof(*w->cells), err);
    w->shares = tt_alloc(w->o.n_categories, sizeof(*w->shares), err);
    uint32_t *next = tt_alloc(n_cells, sizeof(*next), err);
    if (!w->before || !w->cells || !w->shares || !next) {
        free(next);
        return -1;
    }
    for (size_t s = 0; s < n; s++)
        w->cells[cell_of(w, w->stores[s].category, w->stores[s].area) + 1]++;
    for (size_t i = 0; i < n_cells; i++)
        w->cells[i + 1] += w->cells[i];
    memcpy(next, w->cells, n_cells * sizeof(*next));
    for (size_t s = 0; s < n; s++)
        w->order[next[cell_of(w, w->stores[s].category, w->stores[s].area)]++] = (uint32_t)s;
    free(next);
    w->before[0] = 0;
    for (size_t i = 0; i < n; i++)
        w->before[i + 1] = w->before[i] + w->stores[w->order[i]].weight;
    for (size_t c = 0; c < w->o.n_categories; c++) {
        size_t first = w->cells[cell_of(w, c, 0)], end = w->cells[cell_of(w, c + 1, 0)];
        w->shares[c] = (w->before[end] - w->before[first]) / w->before[n];
    }
    return 0;
}

/* The meal times that a category belongs to, by bit. */
static int meals_of_category(const struct tt_world *w, uint64_t category)
{
    struct tt_rng rng;

    if (category < N_NAMED)
        return named[category].meals;
    tt_rng_init(&rng, w->o.seed, CATEGORY, category);
    return 1 << tt_rng_below(&rng, (uint64_t)w->meals.n);
}

static int make_tastes(struct tt_world *w, struct tt_err *err)
{
    size_t n = (size_t)w->o.n_categories;

    for (int mood = 0; mood <= w->meals.n; mood++) {
        double sum = 0;
        w->tastes[mood] = tt_alloc(n, sizeof(*w->tastes[mood]), err);
        w->taste_sums[mood] = tt_alloc(n, sizeof(*w->taste_sums[mood]), err);
        if (!w->tastes[mood] || !w->taste_sums[mood])
            return -1;
        for (size_t c = 0; c < n; c++) {
            int belongs = mood == 0 || (meals_of_category(w, c) >> (mood - 1) & 1);
            w->tastes[mood][c] = belongs ? 1 : other_meal_weight;
            if (w->shares[c] == 0) /* no store has it */
                w->tastes[mood][c] = 0;
            sum += w->tastes[mood][c];
        }
        for (size_t c = 0; c < n; c++) {
            w->tastes[mood][c] /= sum;
            w->taste_sums[mood][c] = w->tastes[mood][c] + (c ? w->taste_sums[mood][c - 1] : 0);
        }
    }
    return 0;
}

struct tt_world *tt_world_new(const struct tt_world_options *options, struct tt_err *err)
{
    struct tt_world *w = tt_alloc_zero(1, sizeof(*w), err);

    if (!w)
        return NULL;
    w->o = *options;
    if (tt_meal_times_parse(&w->meals, TT_MEAL_TIMES, err) == 0) {
        make_day(w);
        zipf_init(&w->users, w->o.n_users, w->o.zipf_users);
        if (make_stores(w, err) == 0 && make_cells(w, err) == 0 && make_tastes(w, err) == 0)
            return w;
    }
    tt_world_free(w);
    return NULL;
}

void tt_world_free(struct tt_world *world)
{
    if (!world)
        return;
    for (int mood = 0; mood < MAX_MOODS; mood++) {
        free(world->tastes[mood]);
        free(world->taste_sums[mood]);
    }
    free(world->stores);
    free(world->order);
    free(world->before);
    free(world->cells);
    free(world->shares);
    free(world);
}

/* ---- drawing ---- */

/* The area of the user's home; *rng goes on with what else is drawn about the user. */
static uint32_t home_of(const struct tt_world *w, uint64_t user, struct tt_rng *rng)
{
    tt_rng_init(rng, w->o.seed, USER, user);
    return (uint32_t)tt_rng_below(rng, w->o.n_areas);
}

uint64_t tt_world_draw_user(const struct tt_world *world, struct tt_rng *rng)
{
    return zipf_draw(&world->users, rng);
}

void tt_world_user(const struct tt_world *world, uint64_t user, struct tt_user *out)
{
    struct tt_rng rng;

    out->home = home_of(world, user, &rng);
    out->age = 15 + (uint32_t)(tt_rng_below(&rng, 36) + tt_rng_below(&rng, 26)); /* 15 ... 75, most from 27 to 50 */
}

/* A user's taste number `slot` in a mood: a category. */
static size_t taste_of(const struct tt_world *w, uint64_t user, int mood, uint32_t slot)
{
    double u = tt_rng_at(w->o.seed, TASTE, user * MAX_MOODS + (uint64_t)mood, slot);

    return search(w->taste_sums[mood], (size_t)w->o.n_categories, u);
}

/* Index into weights, of which the sum is 1. */
static uint32_t pick(const double *weights, uint32_t n, double u)
{
    uint32_t i = 0;

    while (i + 1 < n && u >= weights[i])
        u -= weights[i++];
    return i;
}

/* A store of the cells from `first` up to `end`, by weight. */
static uint32_t draw_of_cells(const struct tt_world *w, size_t first, size_t end, double u)
{
    size_t from = w->cells[first], n = w->cells[end] - from;
    double low = w->before[from];

    u = low + u * (w->before[from + n] - low);
    return w->order[from + search(w->before + from + 1, n, u)];
}

/* A store of v_x(s | u). */
static uint32_t draw_fresh(const struct tt_world *w, uint64_t user, uint32_t home, int mood, struct tt_rng *rng,
                           enum tt_visit_reason *reason)
{
    double u = tt_rng_unit(rng);
    size_t category;

    if (u < w->o.category_effect) {
        category = taste_of(w, user, mood, pick(taste_weights, N_TASTES, u / w->o.category_effect));
        *reason = TT_VISIT_BY_TASTE;
    } else {
        category = w->stores[draw_of_cells(w, 0, cell_of(w, w->o.n_categories, 0), tt_rng_unit(rng))].category;
        *reason = TT_VISIT_BY_CHANCE;
    }
    size_t cell = cell_of(w, category, home);
    if (w->cells[cell] < w->cells[cell + 1] && tt_rng_unit(rng) < w->o.area_effect)
        return draw_of_cells(w, cell, cell + 1, tt_rng_unit(rng));
    return draw_of_cells(w, cell_of(w, category, 0), cell_of(w, category + 1, 0), tt_rng_unit(rng));
}

/* Favourite number `slot` of the user in this mood. */
static uint32_t favourite_of(const struct tt_world *w, uint64_t user, uint32_t home, int mood, uint32_t slot)
{
    enum tt_visit_reason ignored;
    struct tt_rng rng;

    tt_rng_init(&rng, w->o.seed, FAVOURITE, (user * MAX_MOODS + (uint64_t)mood) * FAVOURITE_STRIDE + slot);
    return draw_fresh(w, user, home, mood, &rng, &ignored);
}

static void draw_time(const struct tt_world *w, uint64_t i, struct tt_span *span, struct tt_visit *visit)
{
    double at = ((double)i + tt_rng_unit(&visit->rng)) / (double)w->o.n_events * (double)w->o.n_days;
    double day = floor(at);

    if (day >= (double)w->o.n_days) /* rounding, at the very end */
        day = (double)w->o.n_days - 1;
    double u = at - day;
    size_t hour = search(w->day + 1, HOURS, u);
    double part = (u - w->day[hour]) / (w->day[hour + 1] - w->day[hour]);
    int64_t second = (int64_t)(part * TT_HOUR);
    second = second > TT_HOUR - 1 ? TT_HOUR - 1 : second;
    int64_t local = (w->o.start + (int64_t)day) * TT_DAY + (int64_t)hour * TT_HOUR + second;
    int64_t instant = tt_zone_instant(w->o.zone, local, span);
    visit->offset = span->offset;
    visit->local = instant + span->offset;
    visit->meal = w->meals.of_hour[tt_local_hour(visit->local)];
}

/* Better where the visit was the user's own choice, and for a good store. */
static int draw_rating(const struct tt_store *store, enum tt_visit_reason reason, struct tt_rng *rng)
{
    static const double of_reason[] = {2.9, 3.6, 4.2};
    uint32_t bits = tt_rng_u32(rng);
    /* four bytes added up are near enough to a normal draw: mean 510, deviation 147.8 */
    double noise = (double)((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24)) / 147.8 - 510 / 147.8;
    double rating = floor(of_reason[reason] + store->quality + 0.8 * noise + 0.5);

    return rating < 1 ? 1 : rating > 5 ? 5 : (int)rating;
}

void tt_world_visit(const struct tt_world *world, uint64_t i, struct tt_span *span, struct tt_visit *visit)
{
    struct tt_rng *rng = &visit->rng, of_user;

    tt_rng_init(rng, world->o.seed, TT_RNG_EVENT, i);
    draw_time(world, i, span, visit);
    visit->user = tt_world_draw_user(world, rng);
    uint32_t home = home_of(world, visit->user, &of_user);
    int mood = tt_rng_unit(rng) < world->o.meal_effect ? 1 + visit->meal : 0;
    double u = tt_rng_unit(rng);
    if (u < world->o.repeat) {
        uint32_t slot = pick(favourite_weights, N_FAVOURITES, u / world->o.repeat);
        visit->store = favourite_of(world, visit->user, home, mood, slot);
        visit->reason = TT_VISIT_TO_FAVOURITE;
    } else {
        visit->store = draw_fresh(world, visit->user, home, mood, rng, &visit->reason);
    }
    visit->rating = draw_rating(&world->stores[visit->store], visit->reason, rng);
}

/* ---- the truth ---- */

/* p = sum over moods of moods[x] q_x(s | user). liking (n_categories) is scratch. */
static void mix_moods(const struct tt_world *w, uint64_t user, const double *moods, double *liking, double *p)
{
    const double *before = w->before;
    struct tt_rng rng;
    uint32_t home = home_of(w, user, &rng);

    for (size_t c = 0; c < w->o.n_categories; c++)
        liking[c] = (1 - w->o.category_effect) * w->shares[c];
    for (int x = 0; x <= w->meals.n; x++)
        for (uint32_t slot = 0; moods[x] > 0 && slot < N_TASTES; slot++)
            liking[taste_of(w, user, x, slot)] += moods[x] * w->o.category_effect * taste_weights[slot];
    for (size_t c = 0; c < w->o.n_categories; c++) {
        size_t first = w->cells[cell_of(w, c, 0)], end = w->cells[cell_of(w, c + 1, 0)];
        size_t near_first = w->cells[cell_of(w, c, home)], near_end = w->cells[cell_of(w, c, home) + 1];
        if (first == end)
            continue;
        double mass = (1 - w->o.repeat) * liking[c], near_mass = near_first < near_end ? w->o.area_effect * mass : 0;
        double scale = (mass - near_mass) / (before[end] - before[first]);
        for (size_t i = first; i < end; i++)
            p[w->order[i]] = scale * w->stores[w->order[i]].weight;
        for (size_t i = near_first; near_mass > 0 && i < near_end; i++)
            p[w->order[i]] += near_mass / (before[near_end] - before[near_first]) * w->stores[w->order[i]].weight;
    }
    for (int x = 0; x <= w->meals.n; x++)
        for (uint32_t slot = 0; moods[x] * w->o.repeat > 0 && slot < N_FAVOURITES; slot++)
            p[favourite_of(w, user, home, x, slot)] += moods[x] * w->o.repeat * favourite_weights[slot];
}

int tt_world_probabilities(const struct tt_world *world, uint64_t user, int meal, double *p, struct tt_err *err)
{
    double moods[MAX_MOODS] = {1 - world->o.meal_effect};
    double *liking = tt_alloc(world->o.n_categories, sizeof(*liking), err);

    if (!liking)
        return -1;
    for (int k = 0; k < world->meals.n; k++)
        moods[1 + k] = world->o.meal_effect * (meal < 0 ? world->meal_shares[k] : meal == k);
    mix_moods(world, user, moods, liking, p);
    free(liking);
    return 0;
}

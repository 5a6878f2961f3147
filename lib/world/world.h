/* A made-up restaurant world: who exists, who goes where and when, and with which probability.
 *
 *     tt_world_options_init(&options);  options.n_events = ...; options.zone = zone;
 *     world = tt_world_new(&options, &err);
 *     tt_world_visit(world, i, &span, &visit);                 // any i, in any order
 *     tt_world_probabilities(world, user, meal, p, &err);      // the truth that visits are drawn from
 *
 * Everything is a function of the seed and a number (base/rng.h), so a world holds O(stores) memory however many users
 * and events it has, and another number of events leaves stores and users as they are. (The libm is the one other
 * input: bytes are promised on one kind of machine.)
 *
 * The model. A user has a taste for categories, one for the whole day (mood 0) and one for each meal time, and in each
 * mood some favourite stores. With m = meal_effect, c = category_effect, a = area_effect, r = repeat, for user u at
 * meal time k:
 *
 *     p(s | u, k)  = (1 - m) q_0(s | u) + m q_k(s | u)
 *     q_x(s | u)   = (1 - r) v_x(s | u) + r sum_j weight_j [s is favourite j of u in mood x]
 *     v_x(s | u)   = sum over categories C of ((1 - c) share(C) + c taste_x(C | u)) near(s | C, home of u)
 *     near(s|C, h) = (1 - a) pop(s | C) + a pop(s | C, area h)      (the first alone where C has no store in h)
 *
 * pop is Zipf over a random order of the stores, share(C) a category's part of it. taste_x gives fixed weights to four
 * categories, drawn evenly in mood 0, and in the others mostly among the categories that belong to the meal time, which
 * all users share. Favourites are drawn from v_x once. Events are independent given user and meal time.
 */
#ifndef TT_WORLD_WORLD_H
#define TT_WORLD_WORLD_H

#include "base/rng.h"
#include "table/meal_times.h"
#include "table/zone.h"

enum { TT_WORLD_MIN_YEAR = 1900, TT_WORLD_MAX_YEAR = 2200 }; /* of all its days */

struct tt_world_options {
    uint64_t seed;
    uint64_t n_events;
    uint64_t n_users, n_stores, n_categories, n_areas; /* each at least 1; at most 2^40, 2^24, 1000, 1000 */
    uint64_t n_days;                                   /* at least 1 */
    int64_t start;                                     /* the first day (calendar.h) */
    const struct tt_zone *zone;                        /* borrowed, as long as the world lives */
    double meal_effect, category_effect, area_effect, repeat; /* 0 ... 1 */
    double zipf_stores, zipf_users;                           /* exponents, 0 ... 4 */
};

/* The defaults of tt-gen; zone is NULL. */
void tt_world_options_init(struct tt_world_options *options);

struct tt_store {
    uint32_t category, area;
    uint32_t price;  /* for one, in won */
    float quality;   /* moves the ratings: mean 0, deviation 0.5 */
    double weight;   /* popularity, not normalised */
};

struct tt_user {
    uint32_t age, home;
};

/* Why the store was chosen; a rating depends on it. */
enum tt_visit_reason { TT_VISIT_BY_CHANCE, TT_VISIT_BY_TASTE, TT_VISIT_TO_FAVOURITE };

struct tt_visit {
    uint64_t user;
    uint32_t store;
    int meal;                    /* of tt_world_meals */
    int rating;                  /* 1 ... 5 */
    enum tt_visit_reason reason;
    int64_t local;               /* the zone's clock, calendar.h */
    int32_t offset;
    struct tt_rng rng;           /* the event's stream, for what else is drawn about it */
};

struct tt_world;

struct tt_world *tt_world_new(const struct tt_world_options *options, struct tt_err *err) TT_CHECKED;
void tt_world_free(struct tt_world *world);

const struct tt_world_options *tt_world_get_options(const struct tt_world *world);
const struct tt_meal_times *tt_world_meals(const struct tt_world *world);
const struct tt_store *tt_world_store(const struct tt_world *world, uint64_t store);
void tt_world_user(const struct tt_world *world, uint64_t user, struct tt_user *out);

/* The name of a category or an area into `name`, at least TT_WORLD_NAME bytes. */
enum { TT_WORLD_NAME = 32 };
void tt_world_category_name(uint64_t category, char *name);
void tt_world_area_name(uint64_t area, char *name);

/* A user, by activity: user k makes a share of the events proportional to (k + 1)^-zipf_users. */
uint64_t tt_world_draw_user(const struct tt_world *world, struct tt_rng *rng);

/* Event i of 0 ... n_events-1; their times do not fall as i rises. *span is zone.h's, TT_SPAN_INIT at first. */
void tt_world_visit(const struct tt_world *world, uint64_t i, struct tt_span *span, struct tt_visit *visit);

/* The share of all events that fall into each meal time: (tt_world_meals()->n), adding up to 1. Exact but for the hours
 * that a change of the clock leaves out or doubles. */
const double *tt_world_meal_shares(const struct tt_world *world);

/* p (n_stores): p(s | user, meal), or with meal = -1 its mean over the meal times, p(s | user). Adds up to 1. */
int tt_world_probabilities(const struct tt_world *world, uint64_t user, int meal, double *p,
                           struct tt_err *err) TT_CHECKED;

#endif

/* The work of a run: see work.h. */
#include "train/work.h"

static const double products = 1e11, updates = 5e8, additions = 2e9; /* a second */

/* How often the spectral start goes over the visits, up and down: sketch, iterations, projection. */
enum { PASSES = 40 };

/* How many tables of this kind a side's tower adds up: histories, or the others. */
static double count_tables(const struct tt_schema *schema, enum tt_side side, int histories)
{
    double n = 0;

    for (size_t c = 0; c < schema->n_columns; c++)
        n += schema->columns[c].side == side && schema->columns[c].is_embedded &&
             (schema->columns[c].kind == TT_KIND_HISTORY) == histories;
    return n;
}

struct tt_work tt_work_of(const struct tt_trainer *t, size_t measured)
{
    const struct tt_schema *schema = &t->model->base.dictionary.schema;
    double dim = (double)t->o->dim, rows = (double)t->steps.n, steps = (double)t->steps.n_steps;
    double candidates = t->plan.mean_candidates, catalogue = (double)t->catalogue.n;
    double visits = (double)t->visits->offsets[t->visits->n_rows] / (double)t->visits->n_rows; /* of a user */
    double users = (double)t->visits->n_rows, visitors = visits * users / catalogue; /* of an item */
    double of_step = visits * (double)t->steps.batch_size;          /* a step's history entries; its rows are fewer */
    double renewal = (double)t->plan.renewal, of_items = visitors * (renewal > 1 ? catalogue : candidates);
    double touched = candidates * count_tables(schema, TT_ITEM, 0) +
                     (of_step < catalogue ? of_step : catalogue) * count_tables(schema, TT_USER, 1) +
                     (of_items < users ? of_items : users) / renewal * count_tables(schema, TT_ITEM, 1);
    double of_users = rows * count_tables(schema, TT_USER, 0);
    double added = rows * visits * count_tables(schema, TT_USER, 1) +
                   steps / renewal * of_items * count_tables(schema, TT_ITEM, 1);
    double layers = 6 * (rows * (double)t->model->dense[TT_USER].n_params +
                         steps * candidates * (double)t->model->dense[TT_ITEM].n_params);
    double scores = 6 * rows * candidates + 2 * (double)measured * catalogue;

    return (struct tt_work){
        .start = t->o->start == TT_START_SPECTRAL && !t->o->warm_start
                     ? dim * PASSES * 2 * (double)t->visits->offsets[t->visits->n_rows] / additions : 0,
        .epoch = (dim * scores + layers) / products + dim * (steps * touched + of_users) / updates +
                 2 * dim * added / additions,
    };
}

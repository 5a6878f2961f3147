/* Tuning: settings are tried in short runs, before the run that makes the model.
 *
 *     tt_tuning_init(&tuning, &options, &given, &range);
 *     tt_tuning_plan(&tuning, &cost);                               how long the trials are
 *     while (tt_tuning_next(&tuning, &settings)) {
 *         ... make a run with these settings, and count its cost ...
 *         if (!tt_tuning_has_time(&tuning, seconds)) break;
 *         ... run it ...
 *         tt_tuning_add(&tuning, &settings, seconds, &run.stopping, &accepted, &recommended, &err);
 *     }
 *     tuning.search.best
 *     tt_tuning_release(&tuning);
 *
 * The first trial has the settings that are given; pattern_search.h says which come next. A trial is accepted, and its
 * settings are the best ones from then on, when its value is above theirs by more than TT_SURE standard errors of the
 * difference, users being drawn.
 *
 * The time. Trials get so many seconds of a nominal machine, which are counted from the data and the options, not
 * measured: the plan, and with it the model, is the same wherever it is made. When there is time for 12 trials of the
 * given epochs, trials have them, and later ones also half as many, or twice, or four times. Otherwise trials are
 * shortened so that 12 fit, but not below 4 epochs. When not even two fit, there are none.
 */
#ifndef TT_TRAIN_TUNING_H
#define TT_TRAIN_TUNING_H

#include "train/early_stopping.h"
#include "train/pattern_search.h"
#include "train/trainer.h"

struct tt_tuning_options {
    double seconds; /* nominal, of all trials together; 0: no tuning */
};

/* What a run costs, in seconds of a nominal machine: two processors of about 2020, which do 1e11 floating-point
 * operations a second in products, move 5e8 numbers of a table by Adam, and add up 2e9 of them to bags. Two processors
 * with AVX-512 and nothing else to do took about half of it. */
struct tt_run_cost {
    double start; /* the spectral start */
    double epoch; /* with its evaluation */
};

/* The cost of a session's run when `n_evaluated` queries are ranked after each epoch. */
struct tt_run_cost tt_run_cost_of(const struct tt_trainer *trainer, size_t n_evaluated);

enum { TT_LEAST_TRIAL_EPOCHS = 4, TT_EPOCHS_RANGE = 4 }; /* epochs: up to so many times those given, or a part */

/* Settings that were tried. All are doubles, so that a checkpoint holds trials as rows of numbers. */
struct tt_trial {
    double temperature, negative_weight, dropout, dim, epochs;
    double epoch;         /* recommended (early_stopping.h) */
    double value;         /* of that epoch */
    double gain, error;   /* over the best settings so far, and its standard error; 0 for the first trial */
    double seconds;       /* nominal */
    double is_accepted;   /* 1: these were the best settings so far */
};
enum { TT_TRIAL_NUMBERS = 11 };

struct tt_tuning {
    double seconds;                   /* for all trials */
    struct tt_settings given;
    struct tt_search_range range;
    struct tt_pattern_search search;
    size_t trial_epochs;              /* of the first trial; 0: there is no time for any */
    struct tt_trial *trials;          /* (n_trials) those that are over */
    size_t n_trials, cap_trials;
    struct tt_metric_share *shares;   /* (n_shares) the queries' shares of the best settings' value */
    size_t n_shares;
};

/* range: of the dimensions, and whether there is something to drop; its epochs are not read. */
void tt_tuning_init(struct tt_tuning *tuning, const struct tt_tuning_options *options, const struct tt_settings *given,
                    const struct tt_search_range *range);
void tt_tuning_release(struct tt_tuning *tuning); /* fine on a struct that is all zero */

/* Choose the length of the trials, from the cost of a run with the settings that are given. */
void tt_tuning_plan(struct tt_tuning *tuning, const struct tt_run_cost *cost);

/* The settings of the next trial. 0: there is none. */
int tt_tuning_next(struct tt_tuning *tuning, struct tt_settings *settings);

/* Is there time for another trial that costs so much? */
int tt_tuning_has_time(const struct tt_tuning *tuning, double seconds);

/* Add the trial that is over, a run that `stopping` has ended. *recommended: its epochs and their value. */
int tt_tuning_add(struct tt_tuning *tuning, const struct tt_settings *settings, double seconds,
                  const struct tt_early_stopping *stopping, int *is_accepted, struct tt_recommendation *recommended,
                  struct tt_err *err) TT_CHECKED;

/* Save or restore the trials, and with them the place of the search. */
int tt_tuning_state(struct tt_tuning *tuning, struct tt_state *state, struct tt_err *err) TT_CHECKED;

#endif

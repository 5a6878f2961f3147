/* How much work a run is, in seconds of a nominal machine, counted from the data and the options alone: so a plan that
 * has to fit into a time is the same on every machine, fast or slow, busy or idle.
 *
 * The nominal machine is two processors of about 2020. It does 1e11 floating-point operations a second in products,
 * moves 5e8 numbers of a table by Adam, and adds up 2e9 of them to bags. The machine that this was written on (two
 * processors with AVX-512, nothing else running) takes about half the nominal time.
 */
#ifndef TT_TRAIN_WORK_H
#define TT_TRAIN_WORK_H

#include "train/trainer.h"

struct tt_work {
    double start; /* of a run, in nominal seconds: the spectral start */
    double epoch; /* with measuring */
};

/* A session's work, when `measured` queries are ranked after each epoch. */
struct tt_work tt_work_of(const struct tt_trainer *trainer, size_t measured);

#endif

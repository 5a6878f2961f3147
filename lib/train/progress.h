/* What a training leaves behind while it runs:
 *
 *   notes        sentences for people: what the data are, what was chosen and why, how each epoch went, warnings
 *   status       one line on how far the training is, to be overwritten by the next one
 *   log          a line an epoch, as TSV
 *   trial log    a line a trial, as TSV
 *   checkpoints  the whole state, from time to time (checkpoint.h)
 *
 * Nothing is printed here: the caller's functions get each text, and its writers get each line.
 *
 *     tt_progress_init(&progress, &outputs, metric, k, &err);     writes the headers of the logs
 *     tt_progress_resume(&progress, path, &err);                  to resume a run that was killed
 *     struct tt_train_hooks hooks = tt_progress_hooks(&progress);
 *     tt_train(..., &hooks, &report, &err);
 *     tt_progress_report(&progress, &report);                     what is to be said in the end
 *     tt_progress_release(&progress);
 */
#ifndef TT_TRAIN_PROGRESS_H
#define TT_TRAIN_PROGRESS_H

#include "base/buf.h"
#include "train/checkpoint.h"
#include "train/training.h"

/* Where it goes. All but `seconds` may be NULL. */
struct tt_progress_outputs {
    double (*seconds)(void);              /* since the program began */
    void (*note)(const char *text);
    int is_verbose;                       /* more notes */
    int (*is_status_due)(void);           /* is it time for another status line? */
    void (*status)(const char *text);
    struct tt_writer *log, *trial_log;    /* borrowed */
    struct tt_checkpoint_keeper *checkpoints; /* borrowed */
};

struct tt_progress {
    struct tt_progress_outputs to;
    char metric[64];                 /* "recall@20" */
    size_t k;
    struct tt_checkpoint resumed;    /* what the run is resumed from; else empty */
    struct tt_buf lines;             /* of the log so far, without its header: a checkpoint holds them */
    double before;                   /* seconds that the run had taken when it was killed; 0 for a new one */
    double last_epoch;               /* when the last epoch was over, in seconds of the whole run */
    double run_start;                /* when the present run began or was resumed, and after how many steps */
    size_t run_start_steps;
};

int tt_progress_init(struct tt_progress *progress, const struct tt_progress_outputs *outputs, enum tt_metric metric,
                     size_t k, struct tt_err *err) TT_CHECKED;
void tt_progress_release(struct tt_progress *progress); /* fine on a struct that is all zero */

/* Resume from the checkpoint `path`, of a run with the facts of outputs->checkpoints. No such file is an error, unless
 * it is the one that checkpoints are written to: then the run begins anew. The log gets the lines that it had. */
int tt_progress_resume(struct tt_progress *progress, const char *path, struct tt_err *err) TT_CHECKED;

/* The hooks borrow the progress. */
struct tt_train_hooks tt_progress_hooks(struct tt_progress *progress);

/* Notes on a training that is over. */
void tt_progress_report(struct tt_progress *progress, const struct tt_train_report *report);

#endif

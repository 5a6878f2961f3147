/* Writes a trained model: the model itself, an index of its dictionary for programs that look texts up, and metadata
 * that say how it came about (man 5 tt-format, "model").
 */
#ifndef TT_TRAIN_MODEL_WRITER_H
#define TT_TRAIN_MODEL_WRITER_H

#include "io/stream.h"
#include "train/checkpoint.h"
#include "train/run.h"

/* What the metadata say beside the report. */
struct tt_model_origin {
    struct tt_training_inputs inputs;
    const char *tuned; /* the settings that trials found, as text; NULL: there were none */
    int (*add_lineage)(struct tt_segment *segment, struct tt_err *err); /* program, version and options */
};

int tt_model_write(const struct tt_model *model, const struct tt_train_report *report,
                   const struct tt_model_origin *origin, struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

#endif

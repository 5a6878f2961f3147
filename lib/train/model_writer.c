/* Writes a trained model: see model_writer.h. */
#include "train/model_writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "math/gemm.h"

int tt_model_write(const struct tt_model *model, const struct tt_train_report *report,
                   const struct tt_model_origin *origin, struct tt_writer *writer, struct tt_err *err)
{
    const struct tt_training_inputs *in = &origin->inputs;
    struct tt_segment segment = {0};
    struct tt_vocab_slot *slots[2] = {NULL, NULL};
    char inputs[2 * TT_FINGERPRINT_HEX + 2], epoch[32];
    int status = -1;

    snprintf(inputs, sizeof(inputs), "%s%s%s", in->examples, in->valid[0] ? " " : "", in->valid);
    snprintf(epoch, sizeof(epoch), "%zu", report->best_epoch);
    if (tt_model_store(model, &segment, err) ||
        tt_dictionary_store_index(&model->entities.dictionary, slots, &segment, err) ||
        origin->add_lineage(&segment, err) || tt_segment_text(&segment, "inputs", inputs, err) ||
        tt_segment_text(&segment, "blas", tt_gemm_core(), err) ||
        tt_segment_text(&segment, "candidates", tt_candidates_names[report->plan.steps.candidates], err) ||
        tt_segment_text(&segment, "targets", tt_targets_names[report->targets], err) ||
        tt_segment_text(&segment, "epoch", epoch, err) ||
        (origin->tuned && tt_segment_text(&segment, "tuned", origin->tuned, err)) ||
        (in->warm_start[0] && tt_segment_text(&segment, "warm_start", in->warm_start, err)) ||
        tt_segment_write(&segment, writer, 0, 1, err))
        goto done;
    status = 0;
done:
    tt_segment_release(&segment);
    free(slots[0]);
    free(slots[1]);
    return status;
}

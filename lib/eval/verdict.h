/* The result of a comparison in a word, and in sentences that a person can act on:
 *
 *     category helps: top_k_accuracy@10 +2.1 points over base (95 % interval +1.2 to +3.0, p = 0.0002, 10 seeds).
 *     meal: cannot tell. top_k_accuracy@10 +0.3 points over base (...). To find a difference of 0.3 points takes about
 *     2,400 more test events, or 35 seeds of each model.
 */
#ifndef TT_EVAL_VERDICT_H
#define TT_EVAL_VERDICT_H

#include "base/buf.h"
#include "eval/pairwise.h"

enum tt_verdict {
    TT_VERDICT_HELPS,  /* p_holm is below 1 - level, and the difference above 0 */
    TT_VERDICT_HURTS,
    TT_VERDICT_SAME,   /* neither, and the interval lies within +- options.effect */
    TT_VERDICT_CANNOT_TELL, /* none of these; or one run each, or a single user */
};

extern const char *const tt_verdict_names[]; /* "helps", "hurts", "same", "cannot_tell" */

enum tt_verdict tt_verdict(const struct tt_finding *finding, const struct tt_compare_options *options);

/* How many more events or queries, or runs of each model, would give the power: the former rounded up to two
 * digits; infinite when no number would, 0 when none is needed, NaN when not known. */
double tt_verdict_more(const struct tt_finding *finding);
double tt_verdict_runs(const struct tt_finding *finding);

/* The sentences, added to the text in one line without its end: the answer, as "meal: cannot tell.", and the reason,
 * which is the rest. */
int tt_verdict_answer(const struct tt_finding *finding, const struct tt_compare_options *options, struct tt_buf *text,
                      struct tt_err *err) TT_CHECKED;
int tt_verdict_reason(const struct tt_finding *finding, const struct tt_compare_options *options, struct tt_buf *text,
                      struct tt_err *err) TT_CHECKED;

/* The digits after the point that the difference is worth in points of 100, by its interval: 1 to 4. */
int tt_verdict_digits(const struct tt_comparison *c);

#endif

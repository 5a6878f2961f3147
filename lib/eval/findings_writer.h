/* Writes what comparisons found: as TSV, a line a finding, or for people, as sentences and a table for each figure:
 *
 *     meal_time helps: top_k_accuracy@10 +4.81 points over base (95 % interval +4.28 to +5.35, p < 0.0001, 5 seeds).
 *
 *     top_k_accuracy@10 in %, 17973 test events of 2000 users
 *       model                base                   model    base difference detectable  users  seeds
 *       meal_time            base                   34.08   29.27      +4.81       0.76   97 %    3 %
 *
 * The sentences are those of verdict.h. options: those that the models were compared with.
 */
#ifndef TT_EVAL_FINDINGS_WRITER_H
#define TT_EVAL_FINDINGS_WRITER_H

#include "eval/pairwise.h"
#include "io/stream.h"

/* With a header; tt-compare(1) describes the columns. What is not known is "-". has_slices: the columns slice and part
 * come first, which all findings then have. */
int tt_findings_write_tsv(const struct tt_findings *findings, int has_slices, const struct tt_compare_options *options,
                          struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

/* In lines of at most 100 characters. Findings without slices, of at least two users. */
int tt_findings_write_text(const struct tt_findings *findings, const struct tt_compare_options *options,
                           struct tt_writer *writer, struct tt_err *err) TT_CHECKED;

#endif

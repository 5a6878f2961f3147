/* Interactions of users called u0, u1 ... and items called i0, i1 ... */
#ifndef TT_TESTS_SMALL_INTERACTIONS_H
#define TT_TESTS_SMALL_INTERACTIONS_H

#include "eval/interactions.h"
#include "data_files.h"

/* Read a table with the columns user and item. */
static inline void read_interactions(struct tt_interactions *interactions, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_csv csv;

    assert_int_equal(tt_csv_open(&csv, write_file("a", text), TT_CSV_AUTO, &err), 0);
    assert_int_equal(tt_interactions_read(interactions, &csv, "user", "item", &err), 0);
    tt_csv_close(&csv);
}

/* The code of the user ('u') or item ('i') of this number, or TT_VOCAB_NONE. */
static inline uint32_t code_of(const struct tt_vocab *vocab, char kind, size_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%c%zu", kind, number);

    return tt_vocab_find(vocab, text, (size_t)len);
}

#endif

/* Four events of three users and three items, with columns of all kinds, for the tests of what files hold. */
#ifndef TT_TESTS_SMALL_EXAMPLES_H
#define TT_TESTS_SMALL_EXAMPLES_H

#include "encode/example_encoder.h"
#include "data_files.h"

static const char schema_text[] = "user u id\nuser i history\nuser c context\nuser age number scale=yes\n"
                                  "item i id\nitem k category\nitem tags bag\nitem h hash slots=9\n"
                                  "event w weight\nevent r label min=3\nevent t time\n";
static const char events_text[] = "u,i,c,age,k,tags,h,w,r,t\n"
                                  "ann,x,noon,30,bbq,a|b,p,1,5,100\n"
                                  "bob,y,eve,,cafe,,q,0.5,1,200\n"
                                  "ann,y,eve,30,cafe,,q,2,3,300\n"
                                  "cid,z,,50,,b|c|a,,0,4,4294967295\n";

static inline void encode_examples(struct tt_examples *x)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_encode_stats stats;
    struct tt_schema schema;

    parse_schema(&schema, schema_text);
    assert_int_equal(tt_encode_stats_init(&stats, &schema, &err), 0);
    int status = tt_encode_examples(x, &schema, write_file("e", events_text), NULL, NULL, TT_CSV_AUTO, &stats, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, 0);
    tt_encode_stats_release(&stats);
}

/* Store the events alone, as those that follow the dictionary of a file with the checksum "ffff". */
static inline void store_events_alone(const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples examples;
    struct tt_segment segment;

    encode_examples(&examples);
    assert_int_equal(tt_events_store_like(&examples.events, &examples.entities.dictionary.schema, "ffff", &segment,
                                          &err), 0);
    write_segment(&segment, path);
    tt_segment_release(&segment);
    tt_examples_release(&examples);
}

/* Store them as a model without towers: its users have empty histories. */
static inline void store_model(struct tt_entities *entities, const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment segment;

    while (entities->users.bags[1].n_rows < entities->users.n_rows)
        assert_int_equal(tt_bags_add(&entities->users.bags[1], NULL, NULL, 0, 0, &err), 0);
    assert_int_equal(tt_segment_init(&segment, "model", TT_FORMAT, &err), 0);
    assert_int_equal(tt_entities_store(entities, TT_WITH_ATTRIBUTES | TT_WITH_HISTORY, &segment, &err), 0);
    write_segment(&segment, path);
    tt_segment_release(&segment);
}

#endif

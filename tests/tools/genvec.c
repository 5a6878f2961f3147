/* genvec: seeded random vectors of length 1, for benchmarks.   genvec N DIM SEED KEY PREFIX > vectors
 * One segment; key column KEY with ids PREFIX0, PREFIX1, ... */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/rng.h"
#include "io/vectors_file.h"

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_vectors v = {.n_keys = 1, .side = "", .model = ""};
    struct tt_segment segment;
    struct tt_writer out;
    uint64_t number[3];
    char id[64];

    if (argc != 6)
        return 2;
    for (int i = 0; i < 3; i++)
        if (tt_parse_count(argv[i + 1], strlen(argv[i + 1]), &number[i]))
            return 2;
    v.n = (size_t)number[0];
    v.dim = (size_t)number[1];
    v.key_names[0] = argv[4];
    float *data = tt_alloc(v.n * v.dim, sizeof(*data), &err);
    if (!data || tt_text_list_init(&v.keys[0], &err))
        goto fail;
    for (size_t i = 0; i < v.n; i++) {
        struct tt_rng rng;
        double squares = 0;
        tt_rng_init(&rng, number[2], TT_RNG_TEST, i);
        for (size_t k = 0; k < v.dim; k++) {
            data[i * v.dim + k] = (float)tt_rng_normal(&rng);
            squares += (double)data[i * v.dim + k] * (double)data[i * v.dim + k];
        }
        for (size_t k = 0; k < v.dim; k++)
            data[i * v.dim + k] *= (float)(1 / sqrt(squares));
        int len = snprintf(id, sizeof(id), "%s%zu", argv[5], i);
        if (tt_text_list_add(&v.keys[0], id, (size_t)len, &err))
            goto fail;
    }
    v.data = data;
    if (tt_vectors_store(&v, &segment, &err) || tt_writer_open(&out, NULL, NULL, &err) ||
        tt_segment_write(&segment, &out, 0, 1, &err) || tt_writer_finish(&out, NULL, &err))
        goto fail;
    tt_segment_release(&segment);
    tt_text_list_release(&v.keys[0]);
    free(data);
    return 0;
fail:
    fprintf(stderr, "genvec: %s\n", err.text);
    return 1;
}

/* FAISS's flat index: see faiss_file.h. */
#include "index/faiss_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "math/vec.h"

enum { HEADER = 45, UNUSED = 1 << 20, STEP = 1 << 20 };

static void put(unsigned char *at, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

int tt_faiss_write(struct tt_writer *writer, const float *vectors, size_t n, size_t dim, struct tt_err *err)
{
    unsigned char header[HEADER];

    if (dim > INT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s: %zu dimensions are more than a FAISS file can hold", writer->name,
                          dim);
    memcpy(header, "IxFI", 4);
    put(header + 4, 4, dim);
    put(header + 8, 8, n);
    put(header + 16, 8, UNUSED);
    put(header + 24, 8, UNUSED);
    header[32] = 1;
    put(header + 33, 4, 0);
    put(header + 37, 8, (uint64_t)n * dim);
    if (tt_writer_write(writer, header, sizeof(header), err))
        return -1;
    return tt_writer_write(writer, vectors, n * dim * sizeof(float), err);
}

void tt_faiss_release(struct tt_faiss *faiss)
{
    free(faiss->vectors);
    *faiss = (struct tt_faiss){0};
}

static int read_header(struct tt_faiss *faiss, struct tt_reader *reader, struct tt_err *err)
{
    unsigned char header[HEADER];
    uint64_t dim, n, floats;
    size_t got;

    if (tt_reader_read_full(reader, header, sizeof(header), &got, err))
        return -1;
    if (got < 4 || memcmp(header, "IxFI", 4) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: not a FAISS IndexFlatIP file", reader->name);
    if (got < sizeof(header))
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a header of %d are there", reader->name, got,
                          HEADER);
    dim = get(header + 4, 4);
    n = get(header + 8, 8);
    if (get(header + 33, 4) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: its metric is not the inner product", reader->name);
    if (dim == 0 || dim > INT32_MAX || n > INT64_MAX || __builtin_mul_overflow(n, dim, &floats) ||
        floats > SIZE_MAX / sizeof(float) || floats != get(header + 37, 8))
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: its sizes do not agree", reader->name);
    faiss->n = (size_t)n;
    faiss->dim = (size_t)dim;
    return 0;
}

static int read_vectors(struct tt_faiss *faiss, struct tt_reader *reader, struct tt_err *err)
{
    size_t total = faiss->n * faiss->dim, have = 0, cap = 0, got;
    char extra;

    while (have < total) {
        size_t step = have < STEP ? STEP : have; /* at most twice what has arrived */
        if (step > total - have)
            step = total - have;
        if (tt_grow(&faiss->vectors, &cap, have + step, sizeof(float), err) ||
            tt_reader_read_full(reader, faiss->vectors + have, step * sizeof(float), &got, err))
            return -1;
        if (got < step * sizeof(float))
            return tt_err_set(err, TT_ERR_INPUT, "%s: truncated after %zu of %zu vectors", reader->name,
                              (have + got / sizeof(float)) / faiss->dim, faiss->n);
        have += step;
    }
    if (tt_reader_read(reader, &extra, 1, &got, err))
        return -1;
    if (got)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: bytes follow the last vector", reader->name);
    for (size_t i = 0; i < faiss->n; i++)
        if (!tt_vec_is_finite(faiss->vectors + i * faiss->dim, faiss->dim))
            return tt_err_set(err, TT_ERR_INPUT, "%s: row %zu holds a value that is not finite", reader->name, i + 1);
    return 0;
}

int tt_faiss_read(struct tt_faiss *faiss, struct tt_reader *reader, struct tt_err *err)
{
    *faiss = (struct tt_faiss){0};
    if (read_header(faiss, reader, err) || read_vectors(faiss, reader, err)) {
        tt_faiss_release(faiss);
        return -1;
    }
    return 0;
}

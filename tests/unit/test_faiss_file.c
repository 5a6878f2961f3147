/* FAISS files: the bytes that the library itself writes, a round trip, and every way to be damaged that
 * sizes can show. */
#include "index/faiss_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mutate.h"
#include "unit.h"

/* What faiss-cpu 1.15.1 wrote for two vectors of three dimensions, 0 ... 5. */
static const unsigned char known[] = {
    'I', 'x', 'F', 'I',  3, 0,    0,    0, 2, 0, 0,    0, 0, 0,    0,    0, 0, 0,    0x10, 0, 0, 0,    0,
    0,   0,   0,   0x10, 0, 0,    0,    0, 0, 1, 0,    0, 0, 0,    6,    0, 0, 0,    0,    0, 0, 0,    0,
    0,   0,   0,   0,    0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40,
};
static const float values[] = {0, 1, 2, 3, 4, 5};

static char path[] = "/tmp/tt-faiss.XXXXXX";

static int set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static int read_bytes(const void *bytes, size_t n, struct tt_faiss *faiss, struct tt_err *err)
{
    struct tt_reader reader;
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(tt_reader_open(&reader, path, err), 0);
    int status = tt_faiss_read(faiss, &reader, err);
    tt_reader_close(&reader);
    return status;
}

static void test_faiss_reads_what_the_library_wrote(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_faiss faiss;
    (void)state;
    assert_int_equal(read_bytes(known, sizeof(known), &faiss, &err), 0);
    assert_true(faiss.n == 2 && faiss.dim == 3);
    assert_memory_equal(faiss.vectors, values, sizeof(values));
    tt_faiss_release(&faiss);
}

static void test_faiss_writes_what_the_library_writes(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;
    unsigned char bytes[sizeof(known) + 1];
    (void)state;
    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    assert_int_equal(tt_faiss_write(&writer, values, 2, 3, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, sizeof(bytes), f), sizeof(known));
    fclose(f);
    assert_memory_equal(bytes, known, sizeof(known));
}

static void test_faiss_more_rows_than_one_step(void **state)
{
    enum { N = 300000, DIM = 5 };
    float *big = calloc(N * DIM, sizeof(*big));
    struct tt_err err = TT_ERR_INIT;
    struct tt_faiss faiss;
    struct tt_writer writer;
    struct tt_reader reader;
    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < N * DIM; i++)
        big[i] = (float)i;
    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    assert_int_equal(tt_faiss_write(&writer, big, N, DIM, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    assert_int_equal(tt_reader_open(&reader, path, &err), 0);
    assert_int_equal(tt_faiss_read(&faiss, &reader, &err), 0);
    assert_true(faiss.n == N && faiss.dim == DIM);
    assert_memory_equal(faiss.vectors, big, N * DIM * sizeof(float));
    tt_faiss_release(&faiss);
    tt_reader_close(&reader);
    free(big);
}

static void test_faiss_every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(known); n++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_faiss faiss;
        assert_int_equal(read_bytes(known, n, &faiss, &err), -1);
        assert_null(faiss.vectors);
    }
}

static void test_faiss_hostile_headers_are_refused(void **state)
{
    static const struct { size_t at, bytes; uint64_t value; const char *expected; } bad[] = {
        {0, 4, 0x32467849, ": not a FAISS IndexFlatIP file"}, /* "IxF2" */
        {4, 4, 0, ": damaged: its sizes do not agree"},
        {4, 4, 0x80000003, ": damaged: its sizes do not agree"},
        {4, 4, 6, ": damaged: its sizes do not agree"},
        {8, 8, 3, ": damaged: its sizes do not agree"},
        {8, 8, UINT64_MAX, ": damaged: its sizes do not agree"},
        {8, 8, UINT64_MAX / 3 + 3, ": damaged: its sizes do not agree"}, /* times 3 is 6, modulo 2^64 */
        {37, 8, 7, ": damaged: its sizes do not agree"},
        {37, 8, UINT64_MAX, ": damaged: its sizes do not agree"},
        {33, 4, 1, ": its metric is not the inner product"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_faiss faiss;
        unsigned char bytes[sizeof(known)];
        memcpy(bytes, known, sizeof(known));
        for (size_t k = 0; k < bad[i].bytes; k++)
            bytes[bad[i].at + k] = (unsigned char)(bad[i].value >> (8 * k));
        assert_int_equal(read_bytes(bytes, sizeof(bytes), &faiss, &err), -1);
        assert_non_null(strstr(err.text, bad[i].expected));
    }
}

/* Sizes that agree and that no machine has: refused for what is missing, before any such memory is asked for. */
static void test_faiss_huge_sizes_cost_no_memory(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_faiss faiss;
    unsigned char bytes[sizeof(known)];
    uint64_t n = (uint64_t)1 << 50, floats = n * 3;
    (void)state;
    memcpy(bytes, known, sizeof(known));
    for (size_t k = 0; k < 8; k++) {
        bytes[8 + k] = (unsigned char)(n >> (8 * k));
        bytes[37 + k] = (unsigned char)(floats >> (8 * k));
    }
    assert_int_equal(read_bytes(bytes, sizeof(bytes), &faiss, &err), -1);
    assert_non_null(strstr(err.text, ": truncated after 2 of 1125899906842624 vectors"));
}

static void test_faiss_trailing_bytes_and_values(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_faiss faiss;
    unsigned char bytes[sizeof(known) + 1] = {0};
    (void)state;
    memcpy(bytes, known, sizeof(known));
    assert_int_equal(read_bytes(bytes, sizeof(bytes), &faiss, &err), -1);
    assert_non_null(strstr(err.text, ": damaged: bytes follow the last vector"));
    float nan = NAN;
    memcpy(bytes + 45 + 4 * 4, &nan, 4);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(read_bytes(bytes, sizeof(known), &faiss, &err), -1);
    assert_non_null(strstr(err.text, ": row 2 holds a value that is not finite"));
}

static void test_faiss_changed_bytes_are_read_or_refused(void **state)
{
    struct mutator m = {.max_len = 200};
    struct tt_buf bytes = TT_BUF_INIT;
    size_t n_read = 0, n_refused = 0;
    (void)state;

    tt_rng_init(&m.rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 10000; round++) {
        struct tt_err err = TT_ERR_INIT;
        struct tt_faiss faiss;
        mutate(&m, &bytes, (const char *)known, sizeof(known), 1 + tt_rng_below(&m.rng, 2));
        if (read_bytes(bytes.data, bytes.len, &faiss, &err) == 0) {
            n_read++;
            for (size_t i = 0; i < faiss.n * faiss.dim; i++)
                assert_true(isfinite(faiss.vectors[i]));
            tt_faiss_release(&faiss);
        } else {
            n_refused++;
            assert_null(faiss.vectors);
            assert_memory_equal(err.text, path, strlen(path));
        }
    }
    assert_true(n_read > 500 && n_refused > 5000);
    tt_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faiss_reads_what_the_library_wrote),
        cmocka_unit_test(test_faiss_writes_what_the_library_writes),
        cmocka_unit_test(test_faiss_more_rows_than_one_step),
        cmocka_unit_test(test_faiss_every_cut_is_refused),
        cmocka_unit_test(test_faiss_hostile_headers_are_refused),
        cmocka_unit_test(test_faiss_huge_sizes_cost_no_memory),
        cmocka_unit_test(test_faiss_trailing_bytes_and_values),
        cmocka_unit_test(test_faiss_changed_bytes_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

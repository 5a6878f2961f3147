/* Containers: round trips, and everything that must be refused: cut anywhere, any bit flipped, hostile headers whose
 * checksum is right. Each is read both ways: as a file (mapped) and as a stream (a pipe on standard input). */
#include "io/container.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "mutate.h"
#include "unit.h"

static char path[] = "/tmp/tt-container.XXXXXX";

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

static void write_file(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void read_file(struct tt_buf *buf)
{
    struct tt_err err = TT_ERR_INIT;
    FILE *f = fopen(path, "rb");
    char chunk[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        assert_int_equal(tt_buf_add(buf, chunk, n, &err), 0);
    fclose(f);
}

/* Standard input becomes a pipe that holds the bytes (they must fit into it). */
static void pipe_in(const void *bytes, size_t n)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_true(n <= 65536 && write(fds[1], bytes, n) == (ssize_t)n);
    close(fds[1]);
    assert_true(dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
    close(fds[0]);
}

/* All segments: their number, or -1 and *err. */
static int read_all(const char *name, const char *kind, struct tt_err *err)
{
    struct tt_container container;
    struct tt_segment segment;
    int n = 0, more;

    if (tt_container_open(&container, name, err))
        return -1;
    while ((more = tt_container_next(&container, kind, &segment, err)) == 1) {
        tt_segment_release(&segment);
        n++;
    }
    tt_container_close(&container);
    return more < 0 ? -1 : n;
}

/* Both ways; the two must agree. */
static int read_both(const void *bytes, size_t n, struct tt_err *err)
{
    struct tt_err other = TT_ERR_INIT;
    int as_file, as_stream;

    write_file(bytes, n);
    as_file = read_all(path, NULL, err);
    pipe_in(bytes, n);
    as_stream = read_all(NULL, NULL, &other);
    assert_int_equal(as_file, as_stream);
    assert_true(as_file >= 0 || (err->text[0] && other.text[0]));
    return as_file;
}

/* A small segment of every type, written to the file; `number` and `is_last` as given. */
static void put_sample(struct tt_writer *writer, uint64_t number, int is_last, char checksum[33])
{
    static const double f64[] = {1.5, -2};
    static const float f32[] = {1, 2, 3, 4, 5, 6};
    static const uint16_t u16[] = {1, 65535, 7};
    static const uint8_t u8[] = {9};
    static const int64_t i64[] = {-1};
    static const int8_t i8[] = {-3, 3};
    static const uint32_t u32[] = {4000000000u};
    struct tt_text_list list;
    struct tt_segment s;
    struct tt_err err = TT_ERR_INIT;

    assert_int_equal(tt_text_list_init(&list, &err), 0);
    assert_int_equal(tt_text_list_add(&list, "abc", 3, &err) + tt_text_list_add(&list, "", 0, &err), 0);
    assert_int_equal(tt_segment_init(&s, "sample", 1, &err), 0);
    assert_int_equal(tt_segment_text(&s, "schema", "a\tb\n\"q\" \\ \xc3\xa9", &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "u8", TT_U8, 1, 0, u8, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "i8", TT_I8, 2, 1, i8, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "u16", TT_U16, 3, 0, u16, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "f32", TT_F32, 2, 3, f32, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "u32", TT_U32, 1, 0, u32, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "f64", TT_F64, 2, 0, f64, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "i64", TT_I64, 1, 0, i64, &err), 0);
    assert_int_equal(tt_segment_tensor(&s, "none", TT_F32, 0, 5, f32, &err), 0);
    assert_int_equal(tt_segment_text_list(&s, "names", &list, &err), 0);
    assert_int_equal(tt_segment_write(&s, writer, number, is_last, &err), 0);
    memcpy(checksum, s.checksum, 33);
    tt_segment_release(&s);
    tt_text_list_release(&list);
}

static void write_sample(struct tt_buf *bytes, int segments, int with_last)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;
    char checksum[33];

    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    for (int i = 0; i < segments; i++)
        put_sample(&writer, (uint64_t)i, with_last && i == segments - 1, checksum);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    read_file(bytes);
}

static void check_sample(const struct tt_segment *s)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_text_list names;
    const struct tt_tensor *t = tt_segment_need(s, "f32", TT_F32, 2, 3, &err);
    size_t len;

    assert_string_equal(tt_segment_find_text(s, "schema"), "a\tb\n\"q\" \\ \xc3\xa9");
    assert_null(tt_segment_find_text(s, "nothing"));
    assert_non_null(t);
    assert_true(((const float *)t->data)[5] == 6);
    t = tt_segment_need(s, "f64", TT_F64, TT_ANY, 0, &err);
    assert_true(t && ((const double *)t->data)[1] == -2);
    t = tt_segment_find(s, "u16");
    assert_true(t && ((const uint16_t *)t->data)[1] == 65535 && t->shape[0] == 3 && t->n_dims == 1);
    t = tt_segment_find(s, "i64");
    assert_true(t && ((const int64_t *)t->data)[0] == -1);
    t = tt_segment_find(s, "none");
    assert_true(t && t->shape[0] == 0 && t->shape[1] == 5);
    assert_int_equal(tt_segment_need_text_list(s, "names", 2, &names, &err), 0);
    assert_memory_equal(tt_text_list_get(&names, 0, &len), "abc", 3);
    assert_int_equal(len, 3);
    tt_text_list_get(&names, 1, &len);
    assert_int_equal(len, 0);
}

static void test_container_round_trip(void **state)
{
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_segment s;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    write_sample(&bytes, 1, 1);
    assert_int_equal(tt_container_load(path, "sample", &s, &err), 0);
    assert_string_equal(s.name, path);
    check_sample(&s);
    tt_segment_release(&s);
    pipe_in(bytes.data, bytes.len);
    assert_int_equal(tt_container_load(NULL, "sample", &s, &err), 0);
    assert_string_equal(s.name, "<stdin>");
    check_sample(&s);
    tt_segment_release(&s);
    tt_buf_release(&bytes);
}

/* Larger elements first, so that each tensor is aligned to its element; the header ends at a multiple of 64. */
static void test_container_tensors_are_ordered_and_aligned(void **state)
{
    static const char *const order[] = {"f64", "i64", "names.offsets", "f32", "u32", "none", "u16",
                                        "u8",  "i8",  "names.bytes"};
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_segment s;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    write_sample(&bytes, 1, 1);
    assert_int_equal(tt_container_load(path, NULL, &s, &err), 0);
    assert_int_equal(s.n_tensors, LENGTH(order));
    assert_int_equal(((const unsigned char *)s.tensors[0].data - s.image) % 64, 0);
    for (size_t i = 0; i < s.n_tensors; i++) {
        assert_string_equal(s.tensors[i].name, order[i]);
        assert_int_equal((uintptr_t)s.tensors[i].data % tt_dtype_size(s.tensors[i].dtype), 0);
    }
    tt_segment_release(&s);
    tt_buf_release(&bytes);
}

static void test_container_same_content_same_bytes(void **state)
{
    struct tt_buf a = TT_BUF_INIT, b = TT_BUF_INIT;
    (void)state;
    write_sample(&a, 2, 1);
    write_sample(&b, 2, 1);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    tt_buf_release(&a);
    tt_buf_release(&b);
}

static void test_container_every_cut_is_refused(void **state)
{
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    write_sample(&bytes, 2, 1);
    assert_int_equal(read_both(bytes.data, bytes.len, &err), 2);
    for (size_t n = bytes.len; n-- > 0;) {
        err = (struct tt_err)TT_ERR_INIT;
        pipe_in(bytes.data, n);
        assert_int_equal(read_all(NULL, NULL, &err), -1);
        err = (struct tt_err)TT_ERR_INIT;
        assert_int_equal(truncate(path, (off_t)n), 0);
        assert_int_equal(read_all(path, NULL, &err), -1);
    }
    tt_buf_release(&bytes);
}

static void test_container_every_flipped_bit_is_refused(void **state)
{
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    write_sample(&bytes, 1, 1);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        err = (struct tt_err)TT_ERR_INIT;
        pipe_in(bytes.data, bytes.len);
        assert_int_equal(read_all(NULL, NULL, &err), -1);
        if (bit % 8 == bit / 8 % 8) /* and as a file, which is slower: one bit of each byte */
            assert_int_equal(read_both(bytes.data, bytes.len, &err), -1);
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_int_equal(read_both(bytes.data, bytes.len, &err), 1);
    tt_buf_release(&bytes);
}

static void test_container_streams_are_numbered_and_ended(void **state)
{
    struct tt_buf one = TT_BUF_INIT, three = TT_BUF_INIT, open = TT_BUF_INIT, mix = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment s;
    (void)state;
    write_sample(&one, 1, 1);
    write_sample(&three, 3, 1);
    write_sample(&open, 2, 0);
    size_t length = open.len / 2;
    assert_int_equal(read_both(three.data, three.len, &err), 3);

    assert_int_equal(read_both(open.data, open.len, &err), -1); /* a producer was killed */
    assert_non_null(strstr(err.text, "truncated: the last segment is missing"));
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(read_both(three.data + length, three.len - length, &err), -1); /* its first is missing */
    assert_non_null(strstr(err.text, "segment 1 stands where 0 is expected"));
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_buf_add(&mix, one.data, one.len, &err) + tt_buf_add(&mix, one.data, one.len, &err), 0);
    assert_int_equal(read_both(mix.data, mix.len, &err), -1); /* two files, one after the other */
    assert_non_null(strstr(err.text, "bytes follow the last segment"));
    err = (struct tt_err)TT_ERR_INIT;
    write_file(three.data, three.len);
    assert_int_equal(tt_container_load(path, NULL, &s, &err), -1);
    assert_non_null(strstr(err.text, "a stream of several segments, where one file is expected"));
    tt_buf_release(&one);
    tt_buf_release(&three);
    tt_buf_release(&open);
    tt_buf_release(&mix);
}

static void test_container_kind_and_version(void **state)
{
    struct tt_buf bytes = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    struct tt_segment s;
    struct tt_writer writer;
    (void)state;
    write_sample(&bytes, 1, 1);
    assert_int_equal(read_all(path, "model", &err), -1);
    assert_int_equal(err.kind, TT_ERR_MISMATCH);
    assert_non_null(strstr(err.text, ": holds 'sample', expected 'model'"));
    tt_buf_release(&bytes);
    err = (struct tt_err)TT_ERR_INIT;
    assert_int_equal(tt_segment_init(&s, "sample", TT_FORMAT + 1, &err), 0);
    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    assert_int_equal(tt_segment_write(&s, &writer, 0, 1, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
    tt_segment_release(&s);
    assert_int_equal(read_all(path, NULL, &err), -1);
    assert_non_null(strstr(err.text, "format version '2' is newer"));
    for (unsigned format = TT_FORMAT; format <= TT_FORMAT_LAYERS + 1; format++) { /* models know one more */
        err = (struct tt_err)TT_ERR_INIT;
        assert_int_equal(tt_segment_init(&s, "model", format, &err), 0);
        assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
        assert_int_equal(tt_segment_write(&s, &writer, 0, 1, &err), 0);
        assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
        tt_segment_release(&s);
        assert_int_equal(read_all(path, NULL, &err), format <= TT_FORMAT_LAYERS ? 1 : -1);
    }
    assert_non_null(strstr(err.text, "format version '3' is newer"));
}

/* ---- hostile headers ---- */

#define START "{\"__metadata__\":{\"checksum\":\"00000000000000000000000000000000\""
#define GOOD START ",\"kind\":\"x\",\"format\":\"1\",\"segment\":\"0\",\"last\":\"1\"}"
enum { CHECKSUM_AT = 8 + sizeof("{\"__metadata__\":{\"checksum\":\"") - 1 };

/* A segment with these n bytes of JSON, padded, and `data` zero bytes, whose checksum is right. */
static void forge_bytes(struct tt_buf *out, const char *json, size_t n, size_t data)
{
    struct tt_err err = TT_ERR_INIT;
    size_t header = (8 + n + 63) / 64 * 64 - 8;
    char hex[33];

    tt_buf_release(out);
    assert_int_equal(tt_buf_reserve(out, 8 + header + data, &err), 0);
    for (size_t i = 0; i < 8; i++)
        out->data[i] = (char)(header >> (8 * i));
    memcpy(out->data + 8, json, n);
    memset(out->data + 8 + n, ' ', header - n);
    memset(out->data + 8 + header, 0, data);
    out->len = 8 + header + data;
    tt_fingerprint(out->data, out->len, hex);
    memcpy(out->data + CHECKSUM_AT, hex, 32);
}

static void forge(struct tt_buf *out, const char *json, size_t data)
{
    forge_bytes(out, json, strlen(json), data);
}

static void test_container_hostile_headers_are_refused(void **state)
{
    static const struct { const char *json; size_t data; } bad[] = {
        {START "}", 0},
        {START "}}", 0},
        {START ",\"kind\":\"x\",\"format\":\"1\",\"segment\":\"0\"}}", 0},                 /* no last */
        {START ",\"kind\":\"x\",\"format\":\"1\",\"last\":\"1\"}}", 0},                    /* no number */
        {START ",\"kind\":\"x\",\"format\":\"1\",\"segment\":\"-1\",\"last\":\"1\"}}", 0},
        {START ",\"kind\":\"x\",\"format\":\"1\",\"segment\":0,\"last\":\"1\"}}", 0},      /* a number, not a text */
        {START ",\"kind\":\"x\",\"format\":\"\",\"segment\":\"0\",\"last\":\"1\"}}", 0},
        {START ",\"format\":\"1\",\"kind\":\"x\",\"segment\":\"0\",\"last\":\"1\"}}", 0},  /* order */
        {START ",\"kind\":\"x\",\"kind\":\"y\",\"format\":\"1\",\"segment\":\"0\",\"last\":\"1\"}}", 0},
        {GOOD, 0},                                                                         /* not closed */
        {GOOD "} x", 0},
        {GOOD ",\"a\":1}", 0},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8},      /* a hole */
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,-4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8},      /* bytes of no tensor */
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
              "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},       /* overlap */
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
              "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8},
        {GOOD ",\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
              "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 5},       /* not aligned */
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
              "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8},       /* one name twice */
        /* sizes that no machine has, and products that wrap around to 4 */
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0},
        {GOOD ",\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],"
              "\"data_offsets\":[0,9223372036854775807]},\"b\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],"
              "\"data_offsets\":[9223372036854775807,9223372036854775807]}}", 4},
        {GOOD ",\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551616],\"data_offsets\":[0,0]}}", 0},
    };
    struct tt_buf image = TT_BUF_INIT;
    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        struct tt_err err = TT_ERR_INIT;
        forge(&image, bad[i].json, bad[i].data);
        if (read_both(image.data, image.len, &err) != -1)
            fail_msg("accepted: %s", bad[i].json);
    }
    tt_buf_release(&image);
}

/* The forger's own work is accepted where the header is good: the test above refuses for the right reason. */
static void test_container_forged_good_header_is_accepted(void **state)
{
    struct tt_buf image = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    forge(&image, GOOD "}", 0);
    assert_int_equal(read_both(image.data, image.len, &err), 1);
    forge(&image, GOOD ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    assert_int_equal(read_both(image.data, image.len, &err), 1);
    tt_buf_release(&image);
}

/* Good headers changed at random, with the right checksum: read or refused, and by both ways alike. */
static void test_container_changed_headers_are_read_or_refused(void **state)
{
    static const char *const words[] = {
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "null", " ", "\"a\":", "{\"dtype\":\"U8\",", "\"F64\"",
        "\"shape\":[2,", "\"data_offsets\":[4,", ",\"note\":\"x\"", ",\"last\":\"0\"", "\"__metadata__\":{",
    };
    static const char good[] = ",\"kind\":\"x\",\"format\":\"1\",\"segment\":\"0\",\"last\":\"1\"},"
                               "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                               "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}";
    struct mutator m = {.words = words, .n_words = LENGTH(words), .max_len = 8192, .max_repeats = 300};
    struct tt_buf json = TT_BUF_INIT, tail = TT_BUF_INIT, image = TT_BUF_INIT;
    size_t n_read = 0, n_refused = 0;
    (void)state;

    tt_rng_init(&m.rng, 1, TT_RNG_TEST, 0);
    for (int round = 0; round < 10000; round++) {
        struct tt_err err = TT_ERR_INIT;
        mutate(&m, &tail, good, sizeof(good) - 1, 1 + tt_rng_below(&m.rng, 3));
        json.len = 0;
        assert_int_equal(tt_buf_add_text(&json, START, &err), 0);
        assert_int_equal(tt_buf_add(&json, tail.data, tail.len, &err), 0);
        forge_bytes(&image, json.data, json.len, 11);
        if (read_both(image.data, image.len, &err) < 0)
            n_refused++;
        else
            n_read++;
    }
    assert_true(n_read > 100 && n_refused > 5000);
    tt_buf_release(&json);
    tt_buf_release(&tail);
    tt_buf_release(&image);
}

static void test_container_deep_json_is_refused(void **state)
{
    enum { DEEP = 40000 };
    struct tt_buf json = TT_BUF_INIT, image = TT_BUF_INIT;
    struct tt_err err = TT_ERR_INIT;
    (void)state;
    assert_int_equal(tt_buf_add_text(&json, GOOD ",\"a\":", &err), 0);
    for (int i = 0; i < DEEP; i++)
        assert_int_equal(tt_buf_add_text(&json, "[", &err), 0);
    forge(&image, json.data, 0);
    assert_int_equal(read_both(image.data, image.len, &err), -1);
    tt_buf_release(&json);
    tt_buf_release(&image);
}

static void test_container_header_lengths(void **state)
{
    static const uint64_t lengths[] = {0,         1, 56, 57, 1 << 20, 99999992, 100000056, UINT64_MAX, UINT64_MAX - 7,
                                       1ull << 63};
    struct tt_buf image = TT_BUF_INIT;
    (void)state;
    forge(&image, GOOD "}", 0);
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        struct tt_err err = TT_ERR_INIT;
        for (size_t k = 0; k < 8; k++)
            image.data[k] = (char)(lengths[i] >> (8 * k));
        assert_int_equal(read_both(image.data, image.len, &err), -1);
    }
    tt_buf_release(&image);
}

static void test_checksums_of_a_stream_are_chained(void **state)
{
    static const char first[] = "00112233445566778899aabbccddeeff", second[] = "ffeeddccbbaa99887766554433221100";
    char chain[TT_FINGERPRINT_HEX + 1] = "", both[2 * TT_FINGERPRINT_HEX + 1], expected[TT_FINGERPRINT_HEX + 1];
    (void)state;
    tt_checksum_chain(chain, first);
    assert_string_equal(chain, first);
    tt_checksum_chain(chain, second);
    snprintf(both, sizeof(both), "%s%s", first, second);
    tt_fingerprint(both, sizeof(both) - 1, expected);
    assert_string_equal(chain, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_container_round_trip),
        cmocka_unit_test(test_container_tensors_are_ordered_and_aligned),
        cmocka_unit_test(test_container_same_content_same_bytes),
        cmocka_unit_test(test_container_every_cut_is_refused),
        cmocka_unit_test(test_container_every_flipped_bit_is_refused),
        cmocka_unit_test(test_container_streams_are_numbered_and_ended),
        cmocka_unit_test(test_container_kind_and_version),
        cmocka_unit_test(test_container_hostile_headers_are_refused),
        cmocka_unit_test(test_container_forged_good_header_is_accepted),
        cmocka_unit_test(test_container_changed_headers_are_read_or_refused),
        cmocka_unit_test(test_container_deep_json_is_refused),
        cmocka_unit_test(test_container_header_lengths),
        cmocka_unit_test(test_checksums_of_a_stream_are_chained),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

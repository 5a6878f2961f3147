/* The JSON header of a segment: see segment_header.h. */
#include "io/segment_header.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

enum {
    DATA_ALIGN = 64,
    MAX_HEADER = 100 * 1000 * 1000, /* what safetensors allows */
    MAX_TENSORS = 1 << 16,
};

/* ---- to JSON ---- */

static int add_text(json_t *object, const char *key, const char *value)
{
    return json_object_set_new(object, key, json_string(value));
}

/* {"__metadata__": {...}, "name": {"dtype": ..., "shape": ..., "data_offsets": ...}, ...} with a checksum of zeros. */
static json_t *header_json(const struct tt_segment *segment, const struct tt_tensor *const *order, uint64_t number,
                           int is_last)
{
    json_t *root = json_object(), *meta = json_object();
    char text[32];
    size_t offset = 0;

    if (!root || !meta || json_object_set(root, "__metadata__", meta))
        goto fail;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    if (add_text(meta, "checksum", "00000000000000000000000000000000"))
        goto fail;
    for (size_t i = 0; i < 2; i++) /* kind and format, by segment_init */
        if (add_text(meta, segment->texts[i].key, segment->texts[i].value))
            goto fail;
    if (add_text(meta, "segment", text) || add_text(meta, "last", is_last ? "1" : "0"))
        goto fail;
    for (size_t i = 2; i < segment->n_texts; i++)
        if (add_text(meta, segment->texts[i].key, segment->texts[i].value))
            goto fail;
    for (size_t i = 0; i < segment->n_tensors; i++) {
        const struct tt_tensor *t = order[i];
        size_t bytes = tt_tensor_bytes(t);
        json_t *shape = t->n_dims == 2 ? json_pack("[II]", (json_int_t)t->shape[0], (json_int_t)t->shape[1])
                                       : json_pack("[I]", (json_int_t)t->shape[0]);
        if (json_object_set_new(root, t->name,
                                json_pack("{s:s, s:o, s:[II]}", "dtype", tt_dtype_name(t->dtype), "shape", shape,
                                          "data_offsets", (json_int_t)offset, (json_int_t)(offset + bytes))))
            goto fail;
        offset += bytes;
    }
    json_decref(meta);
    return root;
fail:
    json_decref(meta);
    json_decref(root);
    return NULL;
}

/* The destination of the JSON. jansson (2.14) ignores some failures of the function that gets the pieces, and would
 * leave the piece out: so the failure is recorded here. */
struct dump {
    struct tt_buf *out;
    struct tt_err *err;
    int failed;
};

static int add_piece(const char *bytes, size_t n, void *arg)
{
    struct dump *dump = arg;

    dump->failed |= tt_buf_add(dump->out, bytes, n, dump->err);
    return dump->failed;
}

/* jansson accepts only UTF-8, and reports other bytes as it does a lack of memory. */
static int is_text(const struct tt_segment *segment)
{
    int good = 1;

    for (size_t i = 0; i < segment->n_texts; i++)
        good &= tt_is_utf8(segment->texts[i].key, strlen(segment->texts[i].key)) &&
                tt_is_utf8(segment->texts[i].value, strlen(segment->texts[i].value));
    for (size_t i = 0; i < segment->n_tensors; i++)
        good &= tt_is_utf8(segment->tensors[i].name, strlen(segment->tensors[i].name));
    return good;
}

int tt_segment_header_write(const struct tt_segment *segment, const struct tt_tensor *const *order, uint64_t number,
                            int is_last, struct tt_buf *out, struct tt_err *err)
{
    static const char blanks[DATA_ALIGN + 1] = "                                                                ";
    struct dump dump = {.out = out, .err = err};
    int status = -1;

    if (!is_text(segment))
        return tt_err_set(err, TT_ERR_INPUT, "a metadata text or tensor name is not valid UTF-8");
    json_t *root = header_json(segment, order, number, is_last);
    if (!root || tt_buf_add(out, blanks, 8, err) || json_dump_callback(root, add_piece, &dump, JSON_COMPACT) ||
        dump.failed || tt_buf_add(out, blanks, (DATA_ALIGN - out->len % DATA_ALIGN) % DATA_ALIGN, err)) {
        tt_err_memory(err, 0); /* the first error stays */
        goto done;
    }
    for (int i = 0; i < 8; i++)
        out->data[i] = (char)((uint64_t)(out->len - 8) >> (8 * i));
    status = 0;
done:
    json_decref(root);
    return status;
}

/* ---- from JSON ---- */

/* The JSON integer as a size; -1 when it is none. */
static int json_size(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return -1;
    *out = (size_t)json_integer_value(value);
    return 0;
}

/* One tensor's entry; *end is where the last one ended, and becomes where this one ends. */
static int read_tensor(struct tt_segment *segment, const char *name, json_t *entry, size_t *end, struct tt_err *err)
{
    json_t *shape = json_object_get(entry, "shape"), *offsets = json_object_get(entry, "data_offsets");
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    struct tt_tensor t = {.shape = {1, 1}, .n_dims = (int)json_array_size(shape)};
    size_t from, to, bytes;
    int known = -1;

    for (int i = 0; dtype && i < TT_DTYPES; i++)
        if (strcmp(dtype, tt_dtype_name((enum tt_dtype)i)) == 0)
            known = i;
    if (known < 0 || t.n_dims < 1 || t.n_dims > TT_MAX_DIMS || json_array_size(offsets) != 2 ||
        json_size(json_array_get(offsets, 0), &from) || json_size(json_array_get(offsets, 1), &to))
        return tt_segment_damaged(segment, "a tensor that tt does not know how to read", err);
    t.dtype = (enum tt_dtype)known;
    bytes = tt_dtype_size(t.dtype);
    for (int i = 0; i < t.n_dims; i++)
        if (json_size(json_array_get(shape, (size_t)i), &t.shape[i]) ||
            __builtin_mul_overflow(bytes, t.shape[i], &bytes))
            return tt_segment_damaged(segment, "a tensor's shape", err);
    if (from != *end || to < from || to - from != bytes || from % tt_dtype_size(t.dtype))
        return tt_segment_damaged(segment, "a tensor's place", err);
    *end = to;
    if (segment->n_tensors == MAX_TENSORS)
        return tt_segment_damaged(segment, "too many tensors", err);
    if (tt_segment_tensor(segment, name, t.dtype, t.shape[0], 0, NULL, err))
        return -1;
    segment->tensors[segment->n_tensors - 1].n_dims = t.n_dims;
    segment->tensors[segment->n_tensors - 1].shape[1] = t.shape[1];
    return 0;
}

int tt_segment_header_parse(struct tt_segment *segment, const char *text, size_t n, uint64_t *number, int *is_last,
                            size_t *data_bytes, struct tt_err *err)
{
    json_error_t where;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where), *value;
    const char *key;
    int status = -1, have_number = 0, have_last = 0;
    size_t end = 0;

    if (!root || !json_is_object(root)) {
        tt_segment_damaged(segment, "the header is not JSON", err);
        goto done;
    }
    json_object_foreach(json_object_get(root, "__metadata__"), key, value) {
        const char *content = json_string_value(value);
        if (!content) {
            tt_segment_damaged(segment, "a metadata value that is not a text", err);
            goto done;
        }
        if (strcmp(key, "segment") == 0)
            have_number = tt_parse_u64(content, strlen(content), number) == 0;
        else if (strcmp(key, "last") == 0)
            have_last = 1, *is_last = strcmp(content, "1") == 0;
        else if (strcmp(key, "checksum") != 0 && tt_segment_text(segment, key, content, err))
            goto done;
    }
    if (!have_number || !have_last || segment->n_texts < 2 || strcmp(segment->texts[0].key, "kind") != 0 ||
        strcmp(segment->texts[1].key, "format") != 0) {
        tt_segment_damaged(segment, "a header without kind, format, segment or last", err);
        goto done;
    }
    json_object_foreach(root, key, value)
        if (strcmp(key, "__metadata__") != 0 && read_tensor(segment, key, value, &end, err))
            goto done;
    *data_bytes = end;
    status = 0;
done:
    json_decref(root);
    return status;
}

static uint64_t little_endian(const unsigned char bytes[8])
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

int tt_segment_header_start(const struct tt_segment *segment, const unsigned char *bytes, size_t *length,
                            struct tt_err *err)
{
    uint64_t n = little_endian(bytes);

    if (memcmp(bytes + 8, TT_HEADER_BEGIN, sizeof(TT_HEADER_BEGIN) - 1) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: not a tt file", segment->name);
    if (n > MAX_HEADER || (8 + n) % DATA_ALIGN)
        return tt_segment_damaged(segment, "the header's length", err);
    *length = (size_t)n;
    return 0;
}

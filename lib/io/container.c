/* Segments of safetensors: see container.h, and man 5 tt-format for the rules. The one file that knows jansson. */
#include "io/container.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/number.h"
#include "io/steady.h"

enum {
    DATA_ALIGN = 64,
    MAX_HEADER = 100 * 1000 * 1000, /* what safetensors allows */
    MAX_TENSORS = 1 << 16,
    COPY_STEP = 1 << 20, /* a stream's image grows by what has arrived, not by what its header claims */
};

/* The header begins with these bytes, so the checksum's digits stand at a fixed place. */
static const char head[] = "{\"__metadata__\":{\"checksum\":\"";
enum { CHECKSUM_AT = 8 + sizeof(head) - 1 };

static const struct { const char *name; size_t size; } dtypes[TT_DTYPES] = {
    [TT_F32] = {"F32", 4}, [TT_F64] = {"F64", 8}, [TT_I8] = {"I8", 1},   [TT_I64] = {"I64", 8},
    [TT_U8] = {"U8", 1},   [TT_U16] = {"U16", 2}, [TT_U32] = {"U32", 4}, [TT_U64] = {"U64", 8},
};

size_t tt_dtype_size(enum tt_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *tt_dtype_name(enum tt_dtype dtype)
{
    return dtypes[dtype].name;
}

static size_t tensor_bytes(const struct tt_tensor *t)
{
    return t->shape[0] * t->shape[1] * dtypes[t->dtype].size;
}

int tt_segment_init(struct tt_segment *segment, const char *kind, unsigned format, struct tt_err *err)
{
    char number[16];

    *segment = (struct tt_segment){0};
    snprintf(number, sizeof(number), "%u", format);
    if (tt_segment_text(segment, "kind", kind, err) || tt_segment_text(segment, "format", number, err)) {
        tt_segment_release(segment);
        return -1;
    }
    return 0;
}

void tt_segment_release(struct tt_segment *segment)
{
    for (size_t i = 0; i < segment->n_texts; i++) {
        free(segment->texts[i].key);
        free(segment->texts[i].value);
    }
    for (size_t i = 0; i < segment->n_tensors; i++)
        free((char *)segment->tensors[i].name);
    free(segment->texts);
    free(segment->tensors);
    if (segment->steady)
        tt_steady_release(segment->steady);
    else if (segment->map_length)
        munmap(segment->image, segment->map_length);
    else
        free(segment->image);
    *segment = (struct tt_segment){0};
}

int tt_segment_text(struct tt_segment *segment, const char *key, const char *value, struct tt_err *err)
{
    if (tt_grow(&segment->texts, &segment->cap_texts, segment->n_texts + 1, sizeof(*segment->texts), err))
        return -1;
    struct tt_text_pair *pair = &segment->texts[segment->n_texts];
    pair->key = tt_copy_text(key, strlen(key), err);
    pair->value = tt_copy_text(value, strlen(value), err);
    if (!pair->key || !pair->value) {
        free(pair->key);
        free(pair->value);
        return -1;
    }
    segment->n_texts++;
    return 0;
}

int tt_segment_tensor(struct tt_segment *segment, const char *name, enum tt_dtype dtype, size_t rows, size_t columns,
                      const void *data, struct tt_err *err)
{
    if (tt_grow(&segment->tensors, &segment->cap_tensors, segment->n_tensors + 1, sizeof(*segment->tensors), err))
        return -1;
    char *copy = tt_copy_text(name, strlen(name), err);
    if (!copy)
        return -1;
    segment->tensors[segment->n_tensors++] = (struct tt_tensor){
        .name = copy, .dtype = dtype, .n_dims = columns ? 2 : 1, .shape = {rows, columns ? columns : 1}, .data = data};
    return 0;
}

int tt_segment_text_list(struct tt_segment *segment, const char *name, const struct tt_text_list *list,
                         struct tt_err *err)
{
    char full[256];

    snprintf(full, sizeof(full), "%s.offsets", name);
    if (tt_segment_tensor(segment, full, TT_U64, list->n + 1, 0, list->offsets, err))
        return -1;
    snprintf(full, sizeof(full), "%s.bytes", name);
    return tt_segment_tensor(segment, full, TT_U8, (size_t)list->offsets[list->n], 0, list->bytes, err);
}

/* ---- writing ---- */

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
        size_t bytes = tensor_bytes(t);
        json_t *shape = t->n_dims == 2 ? json_pack("[II]", (json_int_t)t->shape[0], (json_int_t)t->shape[1])
                                       : json_pack("[I]", (json_int_t)t->shape[0]);
        if (json_object_set_new(root, t->name,
                                json_pack("{s:s, s:o, s:[II]}", "dtype", dtypes[t->dtype].name, "shape", shape,
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

/* The tensors by falling element size, otherwise as they were added. */
static const struct tt_tensor **by_size(const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_tensor **order = tt_alloc(segment->n_tensors, sizeof(struct tt_tensor *), err);
    size_t n = 0;

    if (!order)
        return NULL;
    for (size_t size = 8; size > 0; size /= 2)
        for (size_t i = 0; i < segment->n_tensors; i++)
            if (dtypes[segment->tensors[i].dtype].size == size)
                order[n++] = &segment->tensors[i];
    return order;
}

/* Where the dump of the header goes. jansson forgets some failures of the function that it hands the pieces to (2.14),
 * and would leave the piece out: so the failure is kept here. */
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

/* jansson takes UTF-8 alone, and tells this from a lack of memory nowhere. */
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

/* The u64 length and the padded JSON into *out. */
static int make_header(const struct tt_segment *segment, const struct tt_tensor *const *order, uint64_t number,
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
        tt_err_memory(err, 0); /* unless it is said already */
        goto done;
    }
    for (int i = 0; i < 8; i++)
        out->data[i] = (char)((uint64_t)(out->len - 8) >> (8 * i));
    status = 0;
done:
    json_decref(root);
    return status;
}

int tt_segment_write(struct tt_segment *segment, struct tt_writer *writer, uint64_t number, int is_last,
                     struct tt_err *err)
{
    const struct tt_tensor **order = by_size(segment, err);
    struct tt_hasher *hasher = tt_hasher_new(err);
    struct tt_buf header = TT_BUF_INIT;
    int status = -1;

    if (!order || !hasher || make_header(segment, order, number, is_last, &header, err))
        goto done;
    tt_hasher_update(hasher, header.data, header.len);
    for (size_t i = 0; i < segment->n_tensors; i++)
        tt_hasher_update(hasher, order[i]->data, tensor_bytes(order[i]));
    tt_hasher_digest(hasher, segment->checksum);
    memcpy(header.data + CHECKSUM_AT, segment->checksum, TT_FINGERPRINT_HEX);
    if (tt_writer_write(writer, header.data, header.len, err))
        goto done;
    for (size_t i = 0; i < segment->n_tensors; i++)
        if (tt_writer_write(writer, order[i]->data, tensor_bytes(order[i]), err))
            goto done;
    status = is_last ? 0 : tt_writer_flush(writer, err); /* somebody may wait for this segment */
done:
    tt_buf_release(&header);
    tt_hasher_free(hasher);
    free(order);
    return status;
}

/* ---- reading ---- */

int tt_container_open(struct tt_container *container, const char *path, struct tt_err *err)
{
    *container = (struct tt_container){.reader.fd = -1};
    if (tt_reader_open(&container->reader, path, err))
        return -1;
    if (isatty(container->reader.fd)) {
        tt_err_set(err, TT_ERR_USAGE, "%s: a binary file is expected, not a terminal", container->reader.name);
        tt_container_close(container);
        return -1;
    }
    return 0;
}

void tt_container_close(struct tt_container *container)
{
    tt_reader_close(&container->reader);
    *container = (struct tt_container){.reader.fd = -1};
}

static int damaged(const struct tt_segment *segment, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: %s", segment->name, what);
}

static uint64_t little_endian(const unsigned char bytes[8])
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* Read n more bytes into *image, which holds `have`, in steps. */
static int read_more(struct tt_reader *reader, unsigned char **image, size_t *cap, size_t have, size_t n,
                     struct tt_err *err)
{
    while (n > 0) {
        size_t step = n < COPY_STEP ? n : (have > COPY_STEP ? have : COPY_STEP), got;
        if (step > n)
            step = n;
        if (tt_grow(image, cap, have + step, 1, err))
            return -1;
        if (tt_reader_read_full(reader, *image + have, step, &got, err))
            return -1;
        if (got < step)
            return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a segment of %zu are there", reader->name,
                              have + got, have + n);
        have += step;
        n -= step;
    }
    return 0;
}

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
        if (strcmp(dtype, dtypes[i].name) == 0)
            known = i;
    if (known < 0 || t.n_dims < 1 || t.n_dims > TT_MAX_DIMS || json_array_size(offsets) != 2 ||
        json_size(json_array_get(offsets, 0), &from) || json_size(json_array_get(offsets, 1), &to))
        return damaged(segment, "a tensor that tt does not know how to read", err);
    t.dtype = (enum tt_dtype)known;
    bytes = dtypes[known].size;
    for (int i = 0; i < t.n_dims; i++)
        if (json_size(json_array_get(shape, (size_t)i), &t.shape[i]) ||
            __builtin_mul_overflow(bytes, t.shape[i], &bytes))
            return damaged(segment, "a tensor's shape", err);
    if (from != *end || to < from || to - from != bytes || from % dtypes[known].size)
        return damaged(segment, "a tensor's place", err);
    *end = to;
    if (segment->n_tensors == MAX_TENSORS)
        return damaged(segment, "too many tensors", err);
    if (tt_segment_tensor(segment, name, t.dtype, t.shape[0], 0, NULL, err))
        return -1;
    segment->tensors[segment->n_tensors - 1].n_dims = t.n_dims;
    segment->tensors[segment->n_tensors - 1].shape[1] = t.shape[1];
    return 0;
}

/* Texts and tensors from the JSON; *number and *is_last from its metadata; *data_bytes is what the tensors cover. */
static int read_header(struct tt_segment *segment, const char *text, size_t n, uint64_t *number, int *is_last,
                       size_t *data_bytes, struct tt_err *err)
{
    json_error_t where;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where), *value;
    const char *key;
    int status = -1, have_number = 0, have_last = 0;
    size_t end = 0;

    if (!root || !json_is_object(root)) {
        damaged(segment, "the header is not JSON", err);
        goto done;
    }
    json_object_foreach(json_object_get(root, "__metadata__"), key, value) {
        const char *content = json_string_value(value);
        if (!content) {
            damaged(segment, "a metadata value that is not a text", err);
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
        damaged(segment, "a header without kind, format, segment or last", err);
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

/* Does the checksum in the image agree with the image? */
static int verify(const struct tt_segment *segment, struct tt_err *err)
{
    static const char zeros[TT_FINGERPRINT_HEX + 1] = "00000000000000000000000000000000";
    char checksum[TT_FINGERPRINT_HEX + 1];
    size_t length = segment->length;
    const unsigned char *image = segment->image;
    struct tt_hasher *hasher = tt_hasher_new(err);

    if (!hasher)
        return -1;
    tt_hasher_update(hasher, image, CHECKSUM_AT);
    tt_hasher_update(hasher, zeros, TT_FINGERPRINT_HEX);
    tt_hasher_update(hasher, image + CHECKSUM_AT + TT_FINGERPRINT_HEX, length - CHECKSUM_AT - TT_FINGERPRINT_HEX);
    tt_hasher_digest(hasher, checksum);
    tt_hasher_free(hasher);
    if (memcmp(checksum, image + CHECKSUM_AT, TT_FINGERPRINT_HEX) != 0)
        return damaged(segment, "the checksum does not agree", err);
    return 0;
}

/* Is this the beginning of a tt segment? Gives the header's length. */
static int check_start(struct tt_segment *segment, const unsigned char *bytes, size_t *header, struct tt_err *err)
{
    uint64_t n = little_endian(bytes);

    if (memcmp(bytes + 8, head, sizeof(head) - 1) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: not a tt file", segment->name);
    if (n > MAX_HEADER || (8 + n) % DATA_ALIGN)
        return damaged(segment, "the header's length", err);
    *header = (size_t)n;
    return 0;
}

/* A regular file that stands at its beginning is mapped whole; the segment must be all of it, or more must follow. */
static int map_file(struct tt_container *container, struct tt_segment *segment, size_t *available)
{
    struct stat st;
    int fd = container->reader.fd;

    if (container->lasting && container->next_number == 0 && lseek(fd, 0, SEEK_CUR) == 0) {
        void *bytes;
        segment->steady = tt_steady_map(fd, &bytes, available);
        if (segment->steady) {
            segment->image = bytes;
            segment->map_length = *available;
        }
        return segment->steady ? 0 : -1;
    }
    if (container->lasting || container->next_number > 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        st.st_size <= 0 || lseek(fd, 0, SEEK_CUR) != 0)
        return -1;
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return -1;
    segment->image = map;
    segment->map_length = *available = (size_t)st.st_size;
    return 0;
}

enum { START = CHECKSUM_AT + TT_FINGERPRINT_HEX + 1 }; /* the shortest beginning that can be judged */

/* Bring the whole segment into segment->image; *header is its header's length, *length the segment's. */
static int read_image(struct tt_container *container, struct tt_segment *segment, uint64_t *number, int *is_last,
                      size_t *length, struct tt_err *err)
{
    struct tt_reader *reader = &container->reader;
    size_t got = 0, cap = 0, header = 0, data = 0, available = 0;
    unsigned char *bytes;
    int mapped = map_file(container, segment, &available) == 0;

    if (!mapped) {
        segment->image = tt_alloc(START, 1, err);
        if (!segment->image || tt_reader_read_full(reader, segment->image, START, &available, err))
            return -1;
        cap = got = available;
    }
    bytes = segment->image;
    if (available == 0) {
        if (container->next_number == 0)
            return tt_err_set(err, TT_ERR_INPUT, "%s: empty: a tt file is expected", segment->name);
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: the last segment is missing", segment->name);
    }
    if (available < START)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated or not a tt file: only %zu bytes", segment->name,
                          available);
    if (check_start(segment, bytes, &header, err))
        return -1;
    if (mapped && header + 8 > available)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a header of %zu are there", segment->name,
                          available, header + 8);
    if (!mapped && read_more(reader, &segment->image, &cap, got, header + 8 - START, err))
        return -1;
    bytes = segment->image;
    if (read_header(segment, (const char *)bytes + 8, header, number, is_last, &data, err))
        return -1;
    if (__builtin_add_overflow(header + 8, data, length))
        return damaged(segment, "a tensor's place", err);
    if (mapped && *length > available)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a segment of %zu are there", segment->name,
                          available, *length);
    if (mapped) {
        if (lseek(reader->fd, (off_t)*length, SEEK_SET) < 0)
            return tt_err_system(err, errno, "%s: cannot seek", segment->name);
    } else if (read_more(reader, &segment->image, &cap, header + 8, data, err)) {
        return -1;
    }
    for (size_t i = 0, at = header + 8; i < segment->n_tensors; at += tensor_bytes(&segment->tensors[i++]))
        segment->tensors[i].data = segment->image + at;
    return 0;
}

/* After the last segment nothing may follow. */
static int check_end(struct tt_container *container, struct tt_err *err)
{
    char byte;
    size_t got;

    if (tt_reader_read(&container->reader, &byte, 1, &got, err))
        return -1;
    if (got)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: bytes follow the last segment", container->reader.name);
    return 0;
}

int tt_container_next(struct tt_container *container, const char *kind, struct tt_segment *segment, struct tt_err *err)
{
    uint64_t number = 0, format, newest;
    int is_last = 0;
    size_t length = 0;

    *segment = (struct tt_segment){.name = container->reader.name};
    if (container->ended)
        return 0;
    if (read_image(container, segment, &number, &is_last, &length, err))
        goto fail;
    memcpy(segment->checksum, segment->image + CHECKSUM_AT, TT_FINGERPRINT_HEX);
    segment->length = length;
    if (verify(segment, err))
        goto fail;
    if (number != container->next_number) {
        tt_err_set(err, TT_ERR_INPUT, "%s: segment %llu stands where %llu is expected", segment->name,
                   (unsigned long long)number, (unsigned long long)container->next_number);
        goto fail;
    }
    if (kind && strcmp(segment->texts[0].value, kind) != 0) {
        tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected '%s'", segment->name, segment->texts[0].value, kind);
        goto fail;
    }
    newest = strcmp(segment->texts[0].value, "model") == 0 ? TT_FORMAT_LAYERS : TT_FORMAT;
    if (tt_parse_u64(segment->texts[1].value, strlen(segment->texts[1].value), &format) || format > newest) {
        tt_err_set(err, TT_ERR_INPUT, "%s: format version '%s' is newer than this program knows", segment->name,
                   segment->texts[1].value);
        goto fail;
    }
    container->next_number++;
    container->ended = is_last;
    if (is_last && check_end(container, err))
        goto fail;
    return 1;
fail:
    tt_segment_release(segment);
    return -1;
}

static int load_only(const char *path, const char *kind, int lasting, struct tt_segment *segment,
                     struct tt_err *err)
{
    struct tt_container container;
    int status = -1;

    *segment = (struct tt_segment){0};
    if (tt_container_open(&container, path, err))
        return -1;
    container.lasting = lasting;
    if (tt_container_next(&container, kind, segment, err) == 1) {
        segment->name = path ? path : "<stdin>";
        if (container.ended)
            status = 0;
        else
            tt_err_set(err, TT_ERR_INPUT, "%s: a stream of several segments, where one file is expected",
                   segment->name);
    }
    if (status)
        tt_segment_release(segment);
    tt_container_close(&container);
    return status;
}

int tt_container_load(const char *path, const char *kind, struct tt_segment *segment, struct tt_err *err)
{
    return load_only(path, kind, 0, segment, err);
}

int tt_container_load_lasting(const char *path, const char *kind, struct tt_segment *segment, struct tt_err *err)
{
    return load_only(path, kind, 1, segment, err);
}

const char *tt_segment_find_text(const struct tt_segment *segment, const char *key)
{
    for (size_t i = 0; i < segment->n_texts; i++)
        if (strcmp(segment->texts[i].key, key) == 0)
            return segment->texts[i].value;
    return NULL;
}

const char *tt_segment_need_text(const struct tt_segment *segment, const char *key, struct tt_err *err)
{
    const char *value = tt_segment_find_text(segment, key);

    if (!value)
        tt_err_set(err, TT_ERR_INPUT, "%s: the header has no '%s'", segment->name, key);
    return value;
}

const struct tt_tensor *tt_segment_find(const struct tt_segment *segment, const char *name)
{
    for (size_t i = 0; i < segment->n_tensors; i++)
        if (strcmp(segment->tensors[i].name, name) == 0)
            return &segment->tensors[i];
    return NULL;
}

const struct tt_tensor *tt_segment_need(const struct tt_segment *segment, const char *name, enum tt_dtype dtype,
                                        size_t rows, size_t columns, struct tt_err *err)
{
    const struct tt_tensor *t = tt_segment_find(segment, name);

    if (!t) {
        tt_err_set(err, TT_ERR_INPUT, "%s: no tensor '%s'", segment->name, name);
        return NULL;
    }
    if (t->dtype != dtype || t->n_dims != (columns ? 2 : 1) || (rows != TT_ANY && t->shape[0] != rows) ||
        (columns && columns != TT_ANY && t->shape[1] != columns)) {
        tt_err_set(err, TT_ERR_INPUT, "%s: tensor '%s' has another type or shape than expected", segment->name, name);
        return NULL;
    }
    return t;
}

int tt_segment_need_text_list(const struct tt_segment *segment, const char *name, size_t n, struct tt_text_list *view,
                              struct tt_err *err)
{
    char full[256];

    snprintf(full, sizeof(full), "%s.offsets", name);
    const struct tt_tensor *offsets = tt_segment_need(segment, full, TT_U64, n == TT_ANY ? TT_ANY : n + 1, 0, err);
    snprintf(full, sizeof(full), "%s.bytes", name);
    const struct tt_tensor *bytes = tt_segment_need(segment, full, TT_U8, TT_ANY, 0, err);
    if (!offsets || !bytes)
        return -1;
    *view = (struct tt_text_list){
        .n = offsets->shape[0] - 1, .offsets = (uint64_t *)offsets->data, .bytes = (char *)bytes->data};
    if (offsets->shape[0] == 0)
        return damaged(segment, "a list of texts without offsets", err);
    for (size_t i = 0; i < view->n; i++)
        if (view->offsets[i] > view->offsets[i + 1])
            return damaged(segment, "a list of texts whose offsets fall", err);
    if (view->offsets[0] != 0 || view->offsets[view->n] != bytes->shape[0])
        return damaged(segment, "a list of texts whose offsets do not fit", err);
    return 0;
}

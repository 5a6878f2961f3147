/* Segments written and read: see container.h, and man 5 tt-format for the rules. */
#include "io/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/number.h"
#include "io/mapped_file.h"
#include "io/segment_header.h"

enum { COPY_STEP = 1 << 20 }; /* a stream's image grows by what has arrived, not by what its header claims */

/* ---- writing ---- */

/* The tensors by falling element size, otherwise as they were added. */
static const struct tt_tensor **by_size(const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_tensor **order = tt_alloc(segment->n_tensors, sizeof(struct tt_tensor *), err);
    size_t n = 0;

    if (!order)
        return NULL;
    for (size_t size = 8; size > 0; size /= 2)
        for (size_t i = 0; i < segment->n_tensors; i++)
            if (tt_dtype_size(segment->tensors[i].dtype) == size)
                order[n++] = &segment->tensors[i];
    return order;
}

int tt_segment_write(struct tt_segment *segment, struct tt_writer *writer, uint64_t number, int is_last,
                     struct tt_err *err)
{
    const struct tt_tensor **order = by_size(segment, err);
    struct tt_hasher *hasher = tt_hasher_new(err);
    struct tt_buf header = TT_BUF_INIT;
    int status = -1;

    if (!order || !hasher || tt_segment_header_write(segment, order, number, is_last, &header, err))
        goto done;
    tt_hasher_update(hasher, header.data, header.len);
    for (size_t i = 0; i < segment->n_tensors; i++)
        tt_hasher_update(hasher, order[i]->data, tt_tensor_bytes(order[i]));
    tt_hasher_digest(hasher, segment->checksum);
    memcpy(header.data + TT_CHECKSUM_AT, segment->checksum, TT_FINGERPRINT_HEX);
    if (tt_writer_write(writer, header.data, header.len, err))
        goto done;
    for (size_t i = 0; i < segment->n_tensors; i++)
        if (tt_writer_write(writer, order[i]->data, tt_tensor_bytes(order[i]), err))
            goto done;
    status = is_last ? 0 : tt_writer_flush(writer, err); /* a reader may wait for this segment */
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
    tt_hasher_update(hasher, image, TT_CHECKSUM_AT);
    tt_hasher_update(hasher, zeros, TT_FINGERPRINT_HEX);
    tt_hasher_update(hasher, image + TT_CHECKSUM_AT + TT_FINGERPRINT_HEX, length - TT_CHECKSUM_AT - TT_FINGERPRINT_HEX);
    tt_hasher_digest(hasher, checksum);
    tt_hasher_free(hasher);
    if (memcmp(checksum, image + TT_CHECKSUM_AT, TT_FINGERPRINT_HEX) != 0)
        return tt_segment_damaged(segment, "the checksum does not agree", err);
    return 0;
}

/* A regular file that stands at its beginning is mapped whole; the segment must be all of it, or more must follow. */
static int map_file(struct tt_container *container, struct tt_segment *segment, size_t *available)
{
    struct stat st;
    int fd = container->reader.fd;

    if (container->preserved && container->next_number == 0 && lseek(fd, 0, SEEK_CUR) == 0) {
        void *bytes;
        segment->mapped_file = tt_mapped_file_new(fd, &bytes, available);
        if (segment->mapped_file) {
            segment->image = bytes;
            segment->map_length = *available;
        }
        return segment->mapped_file ? 0 : -1;
    }
    if (container->preserved || container->next_number > 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        st.st_size <= 0 || lseek(fd, 0, SEEK_CUR) != 0)
        return -1;
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return -1;
    segment->image = map;
    segment->map_length = *available = (size_t)st.st_size;
    return 0;
}

/* Bring the whole segment into segment->image; *header is its header's length, *length the segment's. */
static int read_image(struct tt_container *container, struct tt_segment *segment, uint64_t *number, int *is_last,
                      size_t *length, struct tt_err *err)
{
    struct tt_reader *reader = &container->reader;
    size_t got = 0, cap = 0, header = 0, data = 0, available = 0;
    unsigned char *bytes;
    int mapped = map_file(container, segment, &available) == 0;

    if (!mapped) {
        segment->image = tt_alloc(TT_HEADER_LEAST, 1, err);
        if (!segment->image || tt_reader_read_full(reader, segment->image, TT_HEADER_LEAST, &available, err))
            return -1;
        cap = got = available;
    }
    bytes = segment->image;
    if (available == 0) {
        if (container->next_number == 0)
            return tt_err_set(err, TT_ERR_INPUT, "%s: empty: a tt file is expected", segment->name);
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: the last segment is missing", segment->name);
    }
    if (available < TT_HEADER_LEAST)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated or not a tt file: only %zu bytes", segment->name,
                          available);
    if (tt_segment_header_start(segment, bytes, &header, err))
        return -1;
    if (mapped && header + 8 > available)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a header of %zu are there", segment->name,
                          available, header + 8);
    if (!mapped && read_more(reader, &segment->image, &cap, got, header + 8 - TT_HEADER_LEAST, err))
        return -1;
    bytes = segment->image;
    if (tt_segment_header_parse(segment, (const char *)bytes + 8, header, number, is_last, &data, err))
        return -1;
    if (__builtin_add_overflow(header + 8, data, length))
        return tt_segment_damaged(segment, "a tensor's place", err);
    if (mapped && *length > available)
        return tt_err_set(err, TT_ERR_INPUT, "%s: truncated: %zu bytes of a segment of %zu are there", segment->name,
                          available, *length);
    if (mapped) {
        if (lseek(reader->fd, (off_t)*length, SEEK_SET) < 0)
            return tt_err_system(err, errno, "%s: cannot seek", segment->name);
    } else if (read_more(reader, &segment->image, &cap, header + 8, data, err)) {
        return -1;
    }
    for (size_t i = 0, at = header + 8; i < segment->n_tensors; at += tt_tensor_bytes(&segment->tensors[i++]))
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
    memcpy(segment->checksum, segment->image + TT_CHECKSUM_AT, TT_FINGERPRINT_HEX);
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

static int load_only(const char *path, const char *kind, int preserved, struct tt_segment *segment,
                     struct tt_err *err)
{
    struct tt_container container;
    int status = -1;

    *segment = (struct tt_segment){0};
    if (tt_container_open(&container, path, err))
        return -1;
    container.preserved = preserved;
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

int tt_container_load_preserved(const char *path, const char *kind, struct tt_segment *segment, struct tt_err *err)
{
    return load_only(path, kind, 1, segment, err);
}

void tt_checksum_chain(char chain[TT_FINGERPRINT_HEX + 1], const char *checksum)
{
    char both[2 * TT_FINGERPRINT_HEX];

    if (chain[0] == '\0') {
        memcpy(chain, checksum, TT_FINGERPRINT_HEX + 1);
        return;
    }
    memcpy(both, chain, TT_FINGERPRINT_HEX);
    memcpy(both + TT_FINGERPRINT_HEX, checksum, TT_FINGERPRINT_HEX);
    tt_fingerprint(both, sizeof(both), chain);
}

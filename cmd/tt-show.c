/* tt-show: any file of tt in, text out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli.h"
#include "index/index_file.h"
#include "io/container.h"
#include "io/tsv_writer.h"
#include "io/vectors_file.h"

static int check, tsv;
static const char *rows, *text, *npy;

static struct cli_option options[] = {
    {0, "check", CLI_FLAG, &check, .help = "verify all of the file and print one line"},
    {0, "rows", CLI_TEXT, &rows, .metavar = "NAME", .help = "print the rows of a tensor or of a list of texts as TSV"},
    {0, "tsv", CLI_FLAG, &tsv, .help = "print the keys and values of vectors or of an index as TSV"},
    {0, "text", CLI_TEXT, &text, .metavar = "KEY", .help = "print one value of the header, such as schema"},
    {0, "npy", CLI_TEXT, &npy, .metavar = "FILE", .no_lineage = 1,
     .help = "write the vectors to FILE for NumPy (.npy)"},
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-show",
    .purpose = "Read any file of tt, write what it holds as text.",
    .usage = "[OPTION]... [FILE]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .max_operands = 1,
    .example = "tt-show --rows user.user_id.vocab model.tt | head",
};

/* The state between the segments of a stream. */
struct show {
    struct tt_writer writer;
    size_t segments;
    char kind[64], checksum[TT_FINGERPRINT_HEX + 1];
    char *header;  /* --rows, --tsv: the header line, which all segments must agree on */
    struct tt_buf values; /* --npy: floats so far */
    size_t n, dim;
};

static int field(struct show *show, const char *value, size_t len, struct tt_err *err)
{
    return tt_tsv_field(&show->writer, TT_CSV_TAB, value, len, err);
}

static int line(struct show *show, const char *key, const char *value, struct tt_err *err)
{
    if (field(show, key, strlen(key), err) || tt_writer_write(&show->writer, "\t", 1, err) ||
        field(show, value, strlen(value), err))
        return -1;
    return tt_writer_write(&show->writer, "\n", 1, err);
}

/* ---- without an option: all that the header says ---- */

static int show_header(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    char number[32];

    snprintf(number, sizeof(number), "%zu", show->segments);
    if (line(show, "segment", number, err) || line(show, "checksum", segment->checksum, err))
        return -1;
    for (size_t i = 0; i < segment->n_texts; i++)
        if (line(show, segment->texts[i].key, segment->texts[i].value, err))
            return -1;
    for (size_t i = 0; i < segment->n_tensors; i++) {
        const struct tt_tensor *t = &segment->tensors[i];
        if (tt_writer_text(&show->writer, "tensor\t", err) || field(show, t->name, strlen(t->name), err) ||
            tt_writer_printf(&show->writer, err, "\t%s\t%zu", tt_dtype_name(t->dtype), t->shape[0]) ||
            (t->n_dims == 2 && tt_writer_printf(&show->writer, err, "\t%zu", t->shape[1])) ||
            tt_writer_text(&show->writer, "\n", err))
            return -1;
    }
    return 0;
}

/* ---- --rows ---- */

static int put_value(struct tt_writer *w, const struct tt_tensor *t, size_t i, struct tt_err *err)
{
    const unsigned char *at = (const unsigned char *)t->data + i * tt_dtype_size(t->dtype);
    union { float f32; double f64; int8_t i8; int64_t i64; uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; } x;

    memcpy(&x, at, tt_dtype_size(t->dtype));
    switch (t->dtype) {
    case TT_F32: return tt_tsv_number(w, (double)x.f32, err);
    case TT_F64: return tt_writer_printf(w, err, "%.17g", x.f64);
    case TT_I8: return tt_writer_printf(w, err, "%d", x.i8);
    case TT_I64: return tt_writer_printf(w, err, "%" PRId64, x.i64);
    case TT_U8: return tt_writer_printf(w, err, "%u", x.u8);
    case TT_U16: return tt_writer_printf(w, err, "%u", x.u16);
    case TT_U32: return tt_writer_printf(w, err, "%" PRIu32, x.u32);
    case TT_U64: return tt_writer_printf(w, err, "%" PRIu64, x.u64);
    case TT_DTYPES: break;
    }
    return tt_err_set(err, TT_ERR_INPUT, "unknown type of tensor");
}

/* Write the header line once; later segments must have the same. Takes ownership of *names. */
static int put_header(struct show *show, struct tt_buf *names, const char *file, struct tt_err *err)
{
    int status = 0;

    if (!show->header) {
        show->header = names->data;
        return tt_writer_text(&show->writer, show->header, err);
    }
    if (strcmp(show->header, names->data) != 0)
        status =
            tt_err_set(err, TT_ERR_INPUT, "%s: segment %zu has other columns than the first", file, show->segments);
    tt_buf_release(names);
    return status;
}

static int show_tensor(struct show *show, const struct tt_segment *segment, const struct tt_tensor *t,
                       struct tt_err *err)
{
    struct tt_buf names = TT_BUF_INIT;

    for (size_t c = 0; c < t->shape[1]; c++)
        if (t->n_dims == 2 ? tt_buf_printf(&names, err, "%s%s.%zu", c ? "\t" : "", t->name, c)
                           : tt_buf_add_text(&names, t->name, err))
            goto fail;
    if (tt_buf_add_text(&names, "\n", err))
        goto fail;
    if (put_header(show, &names, segment->name, err))
        return -1;
    for (size_t r = 0; r < t->shape[0] && t->shape[1] > 0; r++)
        for (size_t c = 0; c < t->shape[1]; c++)
            if (put_value(&show->writer, t, r * t->shape[1] + c, err) ||
                tt_writer_write(&show->writer, c + 1 < t->shape[1] ? "\t" : "\n", 1, err))
                return -1;
    return 0;
fail:
    tt_buf_release(&names);
    return -1;
}

static int show_texts(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_buf names = TT_BUF_INIT;
    struct tt_text_list list;

    if (tt_segment_need_text_list(segment, rows, TT_ANY, &list, err))
        return -1;
    if (tt_buf_printf(&names, err, "%s\n", rows)) {
        tt_buf_release(&names);
        return -1;
    }
    if (put_header(show, &names, segment->name, err))
        return -1;
    for (size_t i = 0; i < list.n; i++) {
        size_t len;
        const char *value = tt_text_list_get(&list, i, &len);
        if (field(show, value, len, err) || tt_writer_write(&show->writer, "\n", 1, err))
            return -1;
    }
    return 0;
}

static int show_rows(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_tensor *t = tt_segment_find(segment, rows);
    char offsets[256];

    if (t)
        return show_tensor(show, segment, t, err);
    snprintf(offsets, sizeof(offsets), "%s.offsets", rows);
    if (tt_segment_find(segment, offsets))
        return show_texts(show, segment, err);
    return tt_err_set(err, TT_ERR_INPUT, "%s: no tensor '%s' (tt-show without an option lists them)", segment->name,
                      rows);
}

/* ---- --tsv, --npy ---- */

/* Vectors and an index alike: key columns and rows of floats. */
static int view_rows(struct tt_vectors *v, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_index index;

    if (strcmp(segment->texts[0].value, "vectors") == 0)
        return tt_vectors_view(v, segment, err);
    if (strcmp(segment->texts[0].value, "index") != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: holds '%s', expected 'vectors' or 'index'", segment->name,
                          segment->texts[0].value);
    if (tt_index_view(&index, segment, err))
        return -1;
    *v = (struct tt_vectors){.n = index.n, .dim = index.dim, .data = index.vectors, .n_keys = 1};
    v->key_names[0] = index.item;
    v->keys[0] = index.ids;
    return 0;
}

static int show_vectors(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_writer *w = &show->writer;
    struct tt_vectors v;
    size_t len;

    if (view_rows(&v, segment, err))
        return -1;
    if (show->segments == 0) {
        for (size_t i = 0; i < v.n_keys; i++)
            if (field(show, v.key_names[i], strlen(v.key_names[i]), err) || tt_writer_write(w, "\t", 1, err))
                return -1;
        for (size_t i = 0; i < v.dim; i++)
            if (tt_writer_printf(w, err, "v%zu%s", i + 1, i + 1 < v.dim ? "\t" : "\n"))
                return -1;
        show->n = v.n_keys;
        show->dim = v.dim;
    }
    if (v.n_keys != show->n || v.dim != show->dim)
        return tt_err_set(err, TT_ERR_INPUT, "%s: segment %zu has other columns than the first", segment->name,
                          show->segments);
    for (size_t r = 0; r < v.n; r++) {
        for (size_t i = 0; i < v.n_keys; i++) {
            const char *key = tt_text_list_get(&v.keys[i], r, &len);
            if (field(show, key, len, err) || tt_writer_write(w, "\t", 1, err))
                return -1;
        }
        for (size_t i = 0; i < v.dim; i++)
            if (tt_tsv_number(w, (double)v.data[r * v.dim + i], err) ||
                tt_writer_write(w, i + 1 < v.dim ? "\t" : "\n", 1, err))
                return -1;
    }
    return 0;
}

/* The rows are collected: their number stands at the beginning of the file. */
static int collect_npy(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_vectors v;

    if (view_rows(&v, segment, err))
        return -1;
    if (show->segments > 0 && v.dim != show->dim)
        return tt_err_set(err, TT_ERR_INPUT, "%s: segment %zu has other columns than the first", segment->name,
                          show->segments);
    show->n += v.n;
    show->dim = v.dim;
    return tt_buf_add(&show->values, v.data, v.n * v.dim * sizeof(float), err);
}

/* The .npy format, version 1.0 (NumPy's "numpy.lib.format"): 6 bytes of magic, the version, u16 length of a Python
 * dictionary in text that is padded so that the data begins at a multiple of 64; then the rows. */
static int write_npy(struct show *show, struct tt_err *err)
{
    char header[192];
    int used = snprintf(header + 10, sizeof(header) - 10,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", show->n, show->dim);
    size_t length = 64 * tt_blocks(10 + (size_t)used + 1, 64) - 10;

    memcpy(header, "\x93NUMPY\x01", 8); /* version 1.0: the literal's end is its 0 */
    header[8] = (char)(length & 0xff);
    header[9] = (char)(length >> 8);
    memset(header + 10 + used, ' ', length - (size_t)used - 1);
    header[10 + length - 1] = '\n';
    return tt_writer_write(&show->writer, header, 10 + length, err) ||
                   tt_writer_write(&show->writer, show->values.data, show->values.len, err)
               ? -1
               : 0;
}

/* ---- --check: the container is verified already; lists of texts, vectors and indexes have rules of their own ---- */

static int check_index(const struct tt_segment *segment, struct tt_err *err)
{
    struct tt_index index;
    struct tt_pool *pool = NULL;
    struct tt_ann *ann = NULL;
    int status = -1;

    if (tt_index_view(&index, segment, err) == 0 && (pool = tt_pool_new(1, err)))
        status = (ann = tt_index_open(&index, segment, pool, err)) ? 0 : -1;
    tt_ann_free(ann);
    tt_pool_free(pool);
    return status;
}

static int check_segment(const struct tt_segment *segment, struct tt_err *err)
{
    static const char offsets[] = ".offsets";
    const char *kind = segment->texts[0].value;
    struct tt_text_list list;
    struct tt_vectors v;
    char name[256];

    for (size_t i = 0; i < segment->n_tensors; i++) {
        size_t len = strlen(segment->tensors[i].name), tail = sizeof(offsets) - 1;
        if (len <= tail || len >= sizeof(name) - tail || strcmp(segment->tensors[i].name + len - tail, offsets) != 0)
            continue;
        snprintf(name, sizeof(name), "%.*s.bytes", (int)(len - tail), segment->tensors[i].name);
        if (!tt_segment_find(segment, name))
            continue;
        name[len - tail] = '\0';
        if (tt_segment_need_text_list(segment, name, TT_ANY, &list, err))
            return -1;
    }
    if (strcmp(kind, "index") == 0)
        return check_index(segment, err);
    return strcmp(kind, "vectors") == 0 ? tt_vectors_view(&v, segment, err) : 0;
}

/* ---- the whole ---- */

static int show_text(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    const char *value = tt_segment_need_text(segment, text, err);
    size_t n = value ? strlen(value) : 0;

    if (!value || tt_writer_text(&show->writer, value, err))
        return -1;
    return n > 0 && value[n - 1] == '\n' ? 0 : tt_writer_text(&show->writer, "\n", err);
}

static int show_segment(struct show *show, const struct tt_segment *segment, struct tt_err *err)
{
    if (check)
        return check_segment(segment, err);
    if (rows)
        return show_rows(show, segment, err);
    if (tsv)
        return show_vectors(show, segment, err);
    if (npy)
        return collect_npy(show, segment, err);
    if (text)
        return show->segments == 0 ? show_text(show, segment, err) : 0;
    return show_header(show, segment, err);
}

static int finish(struct show *show, const char *name, struct tt_err *err)
{
    if (npy)
        return write_npy(show, err);
    if (!check)
        return 0;
    return tt_writer_printf(&show->writer, err, "%s: ok, %s, %zu segment%s, %s\n", name, show->kind, show->segments,
                            show->segments == 1 ? "" : "s", show->checksum);
}

static int run(struct show *show, const char *path, struct tt_err *err)
{
    struct tt_container container;
    struct tt_segment segment;
    int more;

    if (tt_container_open(&container, path, err))
        return -1;
    while ((more = tt_container_next(&container, NULL, &segment, err)) == 1) {
        const char *kind = segment.texts[0].value;
        if (show->segments == 0)
            snprintf(show->kind, sizeof(show->kind), "%s", kind);
        else if (strncmp(show->kind, kind, sizeof(show->kind) - 1) != 0)
            more = tt_err_set(err, TT_ERR_INPUT, "%s: a segment of kind '%s' follows one of '%s'", segment.name, kind,
                              show->kind);
        if (more == 1 && show_segment(show, &segment, err))
            more = -1;
        show->segments++;
        tt_checksum_chain(show->checksum, segment.checksum);
        tt_segment_release(&segment);
        if (more < 0)
            break;
    }
    if (more == 0)
        more = finish(show, container.reader.name, err);
    tt_container_close(&container);
    return more;
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct show show = {.values = TT_BUF_INIT};
    int status = -1;

    cli_start(&program, argc, argv);
    if (check + tsv + !!rows + !!text + !!npy > 1)
        cli_usage_error("only one of --check, --rows, --tsv, --text and --npy can be given");
    if (npy && cli_output)
        cli_usage_error("--npy names its file: --output does not go with it");
    if (npy)
        cli_output = strcmp(npy, "-") == 0 ? NULL : npy;
    if (cli_open_output(&show.writer, !!npy, &err) == 0)
        status = run(&show, cli_n_operands ? cli_operands[0] : NULL, &err);
    status = cli_close_output(&show.writer, status, &err);
    free(show.header);
    tt_buf_release(&show.values);
    return cli_finish(status, &err);
}

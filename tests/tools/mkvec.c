/* mkvec: a vectors file from TSV, for tests. Reads a header and rows of key columns and then numbers; writes kind
 * "vectors".
 *
 *   mkvec [-k KEYS] [-s SIDE] [-m MODEL] [-r ROWS] [-e END] < rows.tsv > vectors
 *     -k how many columns are keys [1]     -s side []     -m model []
 *     -r rows a segment [all in one]       -e 0: leave out the mark of the last segment
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "io/csv_reader.h"
#include "io/vectors_file.h"

struct rows {
    struct tt_vectors vectors;
    float *data;
    size_t cap;
};

static void die(const struct tt_err *err)
{
    fprintf(stderr, "mkvec: %s\n", err->text);
    exit(1);
}

static void start(struct rows *rows, struct tt_err *err)
{
    rows->vectors.n = 0;
    for (size_t i = 0; i < rows->vectors.n_keys; i++) {
        tt_text_list_release(&rows->vectors.keys[i]);
        if (tt_text_list_init(&rows->vectors.keys[i], err))
            die(err);
    }
}

static void add(struct rows *rows, const struct tt_csv *csv, struct tt_err *err)
{
    struct tt_vectors *v = &rows->vectors;
    double value;

    if (tt_grow(&rows->data, &rows->cap, (v->n + 1) * v->dim + 1, sizeof(float), err))
        die(err);
    for (size_t i = 0; i < v->n_keys; i++)
        if (tt_text_list_add(&v->keys[i], csv->fields[i].text, csv->fields[i].len, err))
            die(err);
    for (size_t i = 0; i < v->dim; i++) {
        const struct tt_csv_field *f = &csv->fields[v->n_keys + i];
        if (tt_parse_f64(f->text, f->len, &value)) {
            tt_csv_field_error(csv, v->n_keys + i, "is not a number", err);
            die(err);
        }
        rows->data[v->n * v->dim + i] = (float)value;
    }
    v->n++;
}

static void put(struct rows *rows, struct tt_writer *out, uint64_t number, int is_last, struct tt_err *err)
{
    struct tt_segment segment;

    rows->vectors.data = rows->data;
    if (tt_vectors_store(&rows->vectors, &segment, err) || tt_segment_text(&segment, "program", "mkvec", err) ||
        tt_segment_write(&segment, out, number, is_last, err))
        die(err);
    tt_segment_release(&segment);
    start(rows, err);
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct rows rows = {.vectors = {.n_keys = 1, .side = "", .model = ""}};
    struct tt_writer out;
    struct tt_csv csv;
    uint64_t a_segment = UINT64_MAX, number = 0, end = 1, keys = 1;
    int option, more, bad = 0;

    while ((option = getopt(argc, argv, "k:s:m:r:e:")) != -1) {
        switch (option) {
        case 'k': bad |= tt_parse_u64(optarg, strlen(optarg), &keys) != 0; break;
        case 's': rows.vectors.side = optarg; break;
        case 'm': rows.vectors.model = optarg; break;
        case 'r': bad |= tt_parse_u64(optarg, strlen(optarg), &a_segment) != 0; break;
        case 'e': bad |= tt_parse_u64(optarg, strlen(optarg), &end) != 0; break;
        default: bad = 1;
        }
    }
    if (bad || keys < 1 || keys > TT_MAX_KEYS)
        return 2;
    if (tt_csv_open(&csv, NULL, TT_CSV_TAB, &err) || tt_writer_open(&out, NULL, NULL, &err))
        die(&err);
    if (csv.n_columns <= keys)
        return 2;
    tt_csv_use_all(&csv);
    rows.vectors.n_keys = (size_t)keys;
    rows.vectors.dim = csv.n_columns - (size_t)keys;
    for (size_t i = 0; i < keys; i++)
        rows.vectors.key_names[i] = csv.names[i];
    start(&rows, &err);
    while ((more = tt_csv_next(&csv, &err)) == 1) {
        if (rows.vectors.n == a_segment)
            put(&rows, &out, number++, 0, &err);
        add(&rows, &csv, &err);
    }
    if (more < 0)
        die(&err);
    put(&rows, &out, number, end != 0, &err);
    if (tt_writer_finish(&out, NULL, &err))
        die(&err);
    for (size_t i = 0; i < keys; i++)
        tt_text_list_release(&rows.vectors.keys[i]);
    free(rows.data);
    tt_csv_close(&csv);
    return 0;
}

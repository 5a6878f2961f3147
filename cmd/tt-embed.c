/* tt-embed: encoded rows of one side to vectors, a segment for each segment that comes. */
#include <string.h>

#include "cli.h"
#include "base/alloc.h"
#include "encode/row_encoder.h"
#include "io/vectors_file.h"
#include "model/model.h"

static struct cli_option options[] = {
    CLI_JOBS,
    CLI_OUTPUT,
    CLI_QUIET,
    CLI_VERBOSE,
};

static const struct cli_program program = {
    .name = "tt-embed",
    .purpose = "Read rows encoded like MODEL; write their vectors by its user or item tower.",
    .usage = "[OPTION]... MODEL [ROWS]",
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .min_operands = 1,
    .max_operands = 2,
    .example = "tt-encode --like model.tt --side item < stores.csv | tt-embed model.tt > stores.vec",
};

struct counts {
    size_t vectors, zeros;
};

/* One segment of rows into one of vectors. */
static int embed_segment(const struct tt_model *model, const struct tt_segment *rows_segment, uint64_t number,
                         int is_last, struct tt_pool *pool, struct tt_writer *writer, struct counts *counts,
                         struct tt_err *err)
{
    const struct tt_dictionary *d = &model->entities.dictionary;
    struct tt_rows rows = {0};
    struct tt_tower_input input = {0};
    struct tt_segment segment = {0};
    struct tt_vectors vectors = {.dim = model->dim, .model = model->entities.segment.checksum};
    float *data = NULL;
    char inputs[80];
    int status = -1;

    if (tt_rows_view(&rows, d, model->entities.segment.checksum, rows_segment, err) ||
        tt_tower_input_of_table(&input, &rows.table, &d->schema, err))
        goto done;
    data = tt_alloc_aligned(rows.table.n_rows, model->dim * sizeof(*data), err);
    if (!data || tt_model_embed(model, &input, pool, data, err))
        goto done;
    for (size_t r = 0; r < rows.table.n_rows; r++) {
        size_t i = 0;
        while (i < model->dim && data[r * model->dim + i] == 0)
            i++;
        counts->zeros += i == model->dim;
    }
    counts->vectors += rows.table.n_rows;
    vectors.n = rows.table.n_rows;
    vectors.data = data;
    vectors.side = tt_side_name(rows.table.side);
    vectors.n_keys = rows.n_keys;
    memcpy(vectors.key_names, rows.key_names, sizeof(vectors.key_names));
    memcpy(vectors.keys, rows.keys, sizeof(vectors.keys));
    snprintf(inputs, sizeof(inputs), "%s %s", model->entities.segment.checksum, rows_segment->checksum);
    if (tt_vectors_store(&vectors, &segment, err) || cli_add_lineage(&segment, err) ||
        tt_segment_text(&segment, "inputs", inputs, err) || tt_segment_write(&segment, writer, number, is_last, err))
        goto done;
    status = 0;
done:
    tt_segment_release(&segment);
    tt_tower_input_release(&input);
    tt_rows_release(&rows, d);
    free(data);
    return status;
}

static int embed(const char *model_path, const char *rows_path, struct tt_writer *writer, struct tt_err *err)
{
    struct tt_pool *pool = cli_pool(err);
    struct tt_model model = {0};
    struct tt_container container;
    struct tt_segment segment;
    uint64_t number = 0;
    struct counts counts = {0};
    int more = -1;

    if (!pool || tt_model_load(&model, model_path, err) || tt_container_open(&container, rows_path, err))
        goto done;
    while ((more = tt_container_next(&container, "rows", &segment, err)) == 1) {
        int failed = embed_segment(&model, &segment, number++, container.ended, pool, writer, &counts, err);
        tt_segment_release(&segment);
        if (failed) {
            more = -1;
            break;
        }
    }
    tt_container_close(&container);
    if (more == 0 && counts.zeros)
        cli_note("%zu rows have no embedded feature: their vectors are 0", counts.zeros);
    if (more == 0 && cli_verbose)
        cli_note("%zu vectors of %zu dimensions in %.2f s", counts.vectors, model.dim, cli_seconds());
done:
    tt_model_release(&model);
    tt_pool_free(pool);
    return more;
}

static void check_usage(void)
{
    if (strcmp(cli_operands[0], "-") == 0 && (cli_n_operands == 1 || strcmp(cli_operands[1], "-") == 0))
        cli_usage_error("MODEL and ROWS cannot both be standard input");
}

int main(int argc, char **argv)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    cli_start(&program, argc, argv);
    check_usage();
    int status = cli_open_output(&writer, 1, &err);
    if (status == 0)
        status = cli_close_output(
            &writer, embed(cli_operands[0], cli_n_operands > 1 ? cli_operands[1] : NULL, &writer, &err), &err);
    return cli_finish(status, &err);
}

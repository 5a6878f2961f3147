/* The encoded rows of one side: see row_encoder.h. */
#include "encode/row_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"
#include "encode/column_kind.h"
#include "encode/events.h"
#include "encode/history.h"

/* What a side file gives, found by the id's text. Fields stay texts until a row wants them: an empty one gives way to
 * what the model knows, and a value that the model does not know is counted where it is used. */
struct side_file {
    struct tt_vocab ids;
    struct tt_text_list *fields; /* (schema.n_columns), owned: a text for each id; n 0: the column is not there */
};

/* What a history file gives, likewise. */
struct history_file {
    struct tt_vocab ids;
    struct tt_bags bags; /* a row for each id */
};

struct row_encoder {
    const struct tt_entities *base;
    const struct tt_row_options *options;
    struct tt_row_stats *stats;
    size_t id;                     /* schema column of the side's id */
    size_t n_keys;
    size_t key_columns[TT_MAX_KEYS]; /* schema columns of id and contexts */
    long *columns;                 /* (schema.n_columns) place in the input, or -1 */
    struct side_file attributes;
    struct history_file history;
    /* the rows of the present segment */
    struct tt_vocab seen;          /* joined keys, to drop repetitions */
    struct tt_buf joined;
    struct tt_text_list keys[TT_MAX_KEYS];
    struct tt_table table;
    uint64_t *hashes;              /* (table.n_rows) of the row's attributes in the input, to notice other ones */
    size_t cap_hashes;
};

static void side_file_release(struct side_file *file, size_t n_columns)
{
    tt_vocab_release(&file->ids);
    for (size_t i = 0; file->fields && i < n_columns; i++)
        tt_text_list_release(&file->fields[i]);
    free(file->fields);
    *file = (struct side_file){0};
}

static int is_attribute(const struct tt_column *c, enum tt_side side)
{
    return c->side == side && tt_column_is_attribute(c);
}

static int empty_field(const struct tt_csv *csv, long column, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: field '%s' is empty", csv->reader.name,
                      (unsigned long long)csv->line, csv->names[column]);
}

static int check_field(const struct row_encoder *en, const struct tt_csv *csv, long column, size_t feature,
                       struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[column];
    const char *wrong = tt_feature_refuses(&en->base->dictionary.features[feature], field->text, field->len);

    return wrong ? tt_csv_field_error(csv, (size_t)column, wrong, err) : 0;
}

/* One row of the side file: the first one counts when an id comes twice. */
static int take_side_row(struct row_encoder *en, const struct tt_csv *csv, long id, const long *columns,
                         struct tt_err *err)
{
    struct side_file *file = &en->attributes;
    size_t known = file->ids.texts.n;
    int differs = 0;
    uint32_t code;

    if (csv->fields[id].len == 0)
        return empty_field(csv, id, err);
    if (tt_vocab_add(&file->ids, csv->fields[id].text, csv->fields[id].len, &code, err))
        return -1;
    for (size_t i = 0; i < en->base->dictionary.schema.n_columns; i++) {
        if (columns[i] < 0)
            continue;
        const struct tt_csv_field *field = &csv->fields[columns[i]];
        if (check_field(en, csv, columns[i], i, err))
            return -1;
        if (file->ids.texts.n > known) {
            if (tt_text_list_add(&file->fields[i], field->text, field->len, err))
                return -1;
            continue;
        }
        size_t len;
        const char *first = tt_text_list_get(&file->fields[i], code, &len);
        differs |= len != field->len || memcmp(first, field->text, len) != 0;
    }
    en->stats->other_attributes[1] += (uint64_t)differs;
    return 0;
}

static int read_attributes(struct row_encoder *en, struct tt_err *err)
{
    const struct tt_schema *schema = &en->base->dictionary.schema;
    struct side_file *file = &en->attributes;
    struct tt_csv csv = {0};
    long *columns = tt_alloc(schema->n_columns, sizeof(*columns), err);
    int more, status = -1;

    file->fields = tt_alloc_zero(schema->n_columns, sizeof(*file->fields), err);
    if (!columns || !file->fields || tt_vocab_init(&file->ids, err) ||
        tt_csv_open(&csv, en->options->attributes, TT_CSV_AUTO, err))
        goto done;
    long id = tt_csv_need_column(&csv, schema->columns[en->id].name, err);
    if (id < 0)
        goto done;
    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        columns[i] = is_attribute(c, en->options->side) ? tt_csv_find_column(&csv, c->name) : -1;
        if (columns[i] < 0)
            continue;
        tt_csv_use(&csv, (size_t)columns[i]);
        if (tt_text_list_init(&file->fields[i], err))
            goto done;
    }
    while ((more = tt_csv_next(&csv, err)) == 1)
        if (take_side_row(en, &csv, id, columns, err))
            goto done;
    if (more < 0)
        goto done;
    tt_hasher_digest(csv.reader.hasher, en->stats->inputs[1]);
    status = 0;
done:
    tt_csv_close(&csv);
    free(columns);
    return status;
}

/* The columns of a history file; -1: not there, or not wanted. */
struct visit_columns {
    const struct tt_column *time_column, *label_column, *weight_column;
    long user, item, time, label, weight;
};

static int take_visit(struct row_encoder *en, const struct tt_csv *csv, const struct visit_columns *columns,
                      struct tt_events *visits, struct tt_err *err)
{
    const struct tt_dictionary *d = &en->base->dictionary;
    const struct tt_csv_field *user = &csv->fields[columns->user], *item = &csv->fields[columns->item];
    struct tt_event_values values = {.weight = 1, .label = 1};
    uint32_t number;

    if (user->len == 0 || item->len == 0)
        return empty_field(csv, user->len == 0 ? columns->user : columns->item, err);
    if (tt_vocab_add(&en->history.ids, user->text, user->len, &number, err))
        return -1;
    uint32_t code = tt_vocab_find(&d->features[d->item_id].vocab, item->text, item->len);
    en->stats->unseen[d->item_id] += code == TT_VOCAB_NONE;
    if ((columns->time >= 0 && tt_event_read_field(&values, columns->time_column, csv, (size_t)columns->time, err)) ||
        (columns->label >= 0 &&
         tt_event_read_field(&values, columns->label_column, csv, (size_t)columns->label, err)) ||
        (columns->weight >= 0 &&
         tt_event_read_field(&values, columns->weight_column, csv, (size_t)columns->weight, err)))
        return -1;
    return tt_events_add(visits, number, code == TT_VOCAB_NONE ? 0 : code + 1, &values, err);
}

/* Ids must be there, and times where they count; label and weight may be. */
static int find_visit_columns(struct visit_columns *columns, const struct tt_dictionary *d, struct tt_csv *csv,
                              struct tt_err *err)
{
    const struct tt_column *history = tt_schema_find(&d->schema, TT_USER, TT_KIND_HISTORY);
    const struct tt_column *time = tt_schema_find(&d->schema, TT_EVENT, TT_KIND_TIME);
    const struct tt_column *label = tt_schema_find(&d->schema, TT_EVENT, TT_KIND_LABEL);
    const struct tt_column *weight = tt_schema_find(&d->schema, TT_EVENT, TT_KIND_WEIGHT);

    *columns = (struct visit_columns){.time_column = time, .label_column = label, .weight_column = weight,
                                      .time = -1, .label = -1, .weight = -1};
    columns->user = tt_csv_need_column(csv, d->schema.columns[d->user_id].name, err);
    columns->item = tt_csv_need_column(csv, d->schema.columns[d->item_id].name, err);
    if (history->half_life > 0)
        columns->time = tt_csv_need_column(csv, time->name, err);
    if (label && tt_csv_find_column(csv, label->name) >= 0)
        columns->label = tt_csv_need_column(csv, label->name, err);
    if (weight && tt_csv_find_column(csv, weight->name) >= 0)
        columns->weight = tt_csv_need_column(csv, weight->name, err);
    return err->kind ? -1 : 0;
}

/* The history file: its users' bags replace the model's. */
static int read_history(struct row_encoder *en, struct tt_err *err)
{
    const struct tt_dictionary *d = &en->base->dictionary;
    const struct tt_column *history = tt_schema_find(&d->schema, TT_USER, TT_KIND_HISTORY);
    struct visit_columns columns;
    struct tt_events events = {.has = TT_HAS_ALL};
    struct tt_csv csv = {0};
    int more, status = -1;

    if (!history)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: the model's schema has no history", en->options->history);
    if (tt_vocab_init(&en->history.ids, err) || tt_csv_open(&csv, en->options->history, TT_CSV_AUTO, err) ||
        find_visit_columns(&columns, d, &csv, err))
        goto done;
    while ((more = tt_csv_next(&csv, err)) == 1)
        if (take_visit(en, &csv, &columns, &events, err))
            goto done;
    if (more < 0)
        goto done;
    tt_hasher_digest(csv.reader.hasher, en->stats->inputs[2]);
    struct tt_visits visits = tt_visits_of(&events);
    status = tt_history_build(&en->history.bags, history, en->history.ids.texts.n, &visits, err);
done:
    tt_events_release(&events);
    tt_csv_close(&csv);
    return status;
}

/* ---- the input's rows ---- */

static int begin_segment(struct row_encoder *en, struct tt_err *err)
{
    if (tt_vocab_init(&en->seen, err) || tt_table_init(&en->table, en->options->side, &en->base->dictionary, err))
        return -1;
    for (size_t k = 0; k < en->n_keys; k++)
        if (tt_text_list_init(&en->keys[k], err))
            return -1;
    return 0;
}

static void end_segment(struct row_encoder *en)
{
    tt_vocab_release(&en->seen);
    tt_table_release(&en->table, &en->base->dictionary);
    for (size_t k = 0; k < en->n_keys; k++)
        tt_text_list_release(&en->keys[k]);
}

static int write_segment(struct row_encoder *en, struct tt_writer *writer, uint64_t number, int is_last,
                         tt_lineage_fn *lineage, void *lineage_arg, struct tt_err *err)
{
    const struct tt_dictionary *d = &en->base->dictionary;
    struct tt_segment segment = {0};
    char name[32];
    int status = -1;

    if (tt_segment_init(&segment, "rows", TT_FORMAT, err) ||
        tt_segment_text(&segment, "side", tt_side_name(en->options->side), err) ||
        tt_segment_text(&segment, "model", en->base->segment.checksum, err) ||
        tt_segment_text(&segment, "schema_fingerprint", d->schema.fingerprint, err) ||
        lineage(&segment, lineage_arg, err))
        goto done;
    for (size_t k = 0; k < en->n_keys; k++) {
        snprintf(name, sizeof(name), "key.%zu", k);
        if (tt_segment_text_list(&segment, name, &en->keys[k], err))
            goto done;
    }
    if (tt_table_store(&en->table, d, TT_WITH_ALL, &segment, err) ||
        tt_segment_write(&segment, writer, number, is_last, err))
        goto done;
    status = 0;
done:
    tt_segment_release(&segment);
    return status;
}

/* Columns of the input: the id and the contexts must be there, attributes may be. */
static int find_columns(struct row_encoder *en, struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_schema *schema = &en->base->dictionary.schema;

    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        int needed = c->side == en->options->side && (c->kind == TT_KIND_ID || c->kind == TT_KIND_CONTEXT);
        en->columns[i] = -1;
        if (!needed && !is_attribute(c, en->options->side))
            continue;
        if (!needed && tt_csv_find_column(csv, c->name) < 0) {
            int elsewhere = en->attributes.fields && en->attributes.fields[i].offsets;
            en->stats->missing |= (uint64_t)!elsewhere << i;
            continue;
        }
        en->columns[i] = tt_csv_need_column(csv, c->name, err);
        if (en->columns[i] < 0)
            return -1;
    }
    return 0;
}

static uint64_t hash_attributes(const struct row_encoder *en, const struct tt_csv *csv)
{
    const struct tt_schema *schema = &en->base->dictionary.schema;
    uint64_t hash = 0;

    for (size_t i = 0; i < schema->n_columns; i++)
        if (en->columns[i] >= 0 && is_attribute(&schema->columns[i], en->options->side))
            hash = tt_hash64(csv->fields[en->columns[i]].text, csv->fields[en->columns[i]].len, hash);
    return hash;
}

/* Is this combination of id and contexts new in the segment? 1, 0, -1. Its keys are added when it is. */
static int take_keys(struct row_encoder *en, const struct tt_csv *csv, struct tt_err *err)
{
    uint64_t hash = hash_attributes(en, csv);
    size_t known = en->seen.texts.n;
    uint32_t code;

    en->joined.len = 0;
    for (size_t k = 0; k < en->n_keys; k++) {
        const struct tt_csv_field *field = &csv->fields[en->columns[en->key_columns[k]]];
        uint32_t len = (uint32_t)field->len; /* before the text, so that "a", "bc" is not "ab", "c" */
        if (tt_buf_add(&en->joined, &len, sizeof(len), err) || tt_buf_add(&en->joined, field->text, field->len, err))
            return -1;
    }
    if (tt_vocab_add(&en->seen, en->joined.data, en->joined.len, &code, err))
        return -1;
    if (en->seen.texts.n == known) {
        en->stats->other_attributes[0] += en->hashes[code] != hash;
        return 0;
    }
    if (tt_grow(&en->hashes, &en->cap_hashes, known + 1, sizeof(*en->hashes), err))
        return -1;
    en->hashes[code] = hash;
    for (size_t k = 0; k < en->n_keys; k++) {
        const struct tt_csv_field *field = &csv->fields[en->columns[en->key_columns[k]]];
        if (tt_text_list_add(&en->keys[k], field->text, field->len, err))
            return -1;
    }
    return 1;
}

/* An attribute or a context of the row: the input's field, else the side file's, else what the model knows of the
 * id. */
static int take_feature(struct row_encoder *en, const struct tt_csv *csv, size_t feature, uint32_t code,
                        struct tt_err *err)
{
    const struct tt_dictionary *d = &en->base->dictionary;
    const struct tt_table *known = en->options->side == TT_USER ? &en->base->users : &en->base->items;
    const struct tt_csv_field *id = &csv->fields[en->columns[en->id]];
    struct tt_bags *bags = &en->table.bags[feature];
    long column = en->columns[feature];
    struct tt_csv_field field = column >= 0 ? csv->fields[column] : (struct tt_csv_field){"", 0};

    if (column >= 0 && check_field(en, csv, column, feature, err))
        return -1;
    if (field.len == 0 && en->attributes.fields && en->attributes.fields[feature].n) {
        uint32_t row = tt_vocab_find(&en->attributes.ids, id->text, id->len);
        if (row != TT_VOCAB_NONE)
            field.text = tt_text_list_get(&en->attributes.fields[feature], row, &field.len);
    }
    if (field.len == 0 && d->schema.columns[feature].kind != TT_KIND_CONTEXT)
        return tt_bags_add_row_of(bags, &known->bags[feature], code, err);
    return tt_feature_encode(&d->features[feature], field.text, field.len, bags, &en->stats->unseen[feature], err);
}

/* The row's history: the history file's, else the model's. */
static int take_history(struct row_encoder *en, const struct tt_csv_field *id, size_t feature, uint32_t code,
                        struct tt_err *err)
{
    uint32_t row = en->options->history ? tt_vocab_find(&en->history.ids, id->text, id->len) : TT_VOCAB_NONE;

    const struct tt_table *known = en->options->side == TT_USER ? &en->base->users : &en->base->items;

    if (row == TT_VOCAB_NONE)
        return tt_bags_add_row_of(&en->table.bags[feature], &known->bags[feature], code, err);
    en->stats->with_history += code == 0;
    return tt_bags_add_row_of(&en->table.bags[feature], &en->history.bags, row, err);
}

static int take_row(struct row_encoder *en, const struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_dictionary *d = &en->base->dictionary;
    const struct tt_csv_field *id = &csv->fields[en->columns[en->id]];

    en->stats->read++;
    if (id->len == 0)
        return empty_field(csv, en->columns[en->id], err);
    int is_new = take_keys(en, csv, err);
    if (is_new <= 0)
        return is_new;
    uint32_t found = tt_vocab_find(&d->features[en->id].vocab, id->text, id->len);
    uint32_t code = found == TT_VOCAB_NONE ? 0 : found + 1;
    en->stats->unknown_ids += code == 0;
    for (size_t i = 0; i < d->schema.n_columns; i++) {
        const struct tt_column *c = &d->schema.columns[i];
        if (c->side != en->options->side)
            continue;
        if (c->kind == TT_KIND_ID        ? tt_bags_add(&en->table.bags[i], &code, NULL, 1, 1, err)
            : c->kind == TT_KIND_HISTORY ? take_history(en, id, i, code, err)
                                         : take_feature(en, csv, i, code, err))
            return -1;
    }
    en->table.n_rows++;
    en->stats->rows++;
    return 0;
}

static int encode_input(struct row_encoder *en, struct tt_writer *writer, tt_lineage_fn *lineage, void *lineage_arg,
                        struct tt_err *err)
{
    struct tt_csv csv;
    uint64_t number = 0;
    int more, status = -1;

    if (tt_csv_open(&csv, en->options->input, en->options->format, err))
        return -1;
    if (find_columns(en, &csv, err) || begin_segment(en, err))
        goto done;
    while ((more = tt_csv_next(&csv, err)) == 1) {
        if (take_row(en, &csv, err))
            goto done;
        if (en->options->chunk && en->table.n_rows == en->options->chunk) {
            if (write_segment(en, writer, number++, 0, lineage, lineage_arg, err))
                goto done;
            end_segment(en);
            if (begin_segment(en, err))
                goto done;
        }
    }
    if (more < 0)
        goto done;
    tt_hasher_digest(csv.reader.hasher, en->stats->inputs[0]);
    status = write_segment(en, writer, number, 1, lineage, lineage_arg, err);
done:
    tt_csv_close(&csv);
    return status;
}

int tt_encode_rows(const struct tt_entities *base, const struct tt_row_options *options, struct tt_writer *writer,
                   tt_lineage_fn *lineage, void *lineage_arg, struct tt_row_stats *stats, struct tt_err *err)
{
    const struct tt_dictionary *d = &base->dictionary;
    struct row_encoder en = {.base = base, .options = options, .stats = stats,
                             .id = options->side == TT_USER ? d->user_id : d->item_id};
    int status = -1;

    en.columns = tt_alloc(d->schema.n_columns, sizeof(*en.columns), err);
    if (!en.columns)
        return -1;
    en.key_columns[en.n_keys++] = en.id;
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (options->side == TT_USER && d->schema.columns[i].kind == TT_KIND_CONTEXT)
            en.key_columns[en.n_keys++] = i; /* no schema has more contexts than that */
    if ((options->attributes && read_attributes(&en, err)) || (options->history && read_history(&en, err)))
        goto done;
    status = encode_input(&en, writer, lineage, lineage_arg, err);
done:
    end_segment(&en);
    side_file_release(&en.attributes, d->schema.n_columns);
    tt_vocab_release(&en.history.ids);
    tt_bags_release(&en.history.bags);
    tt_buf_release(&en.joined);
    free(en.hashes);
    free(en.columns);
    return status;
}

/* ---- reading ---- */

int tt_rows_view(struct tt_rows *rows, const struct tt_dictionary *d, const char *checksum,
                 const struct tt_segment *segment, struct tt_err *err)
{
    const char *side = tt_segment_need_text(segment, "side", err), *model = tt_segment_need_text(segment, "model", err);
    char name[32];

    *rows = (struct tt_rows){0};
    if (!side || !model)
        return -1;
    if (strcmp(model, checksum) != 0)
        return tt_err_set(err, TT_ERR_MISMATCH, "%s: encoded like another model (%.8s, not %.8s)", segment->name, model,
                          checksum);
    enum tt_side which = strcmp(side, "item") == 0 ? TT_ITEM : TT_USER;
    if (strcmp(side, tt_side_name(which)) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s: damaged: rows of neither users nor items", segment->name);
    rows->key_names[rows->n_keys++] = d->schema.columns[which == TT_USER ? d->user_id : d->item_id].name;
    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (which == TT_USER && d->schema.columns[i].kind == TT_KIND_CONTEXT && rows->n_keys < TT_MAX_KEYS)
            rows->key_names[rows->n_keys++] = d->schema.columns[i].name;
    for (size_t k = 0; k < rows->n_keys; k++) {
        snprintf(name, sizeof(name), "key.%zu", k);
        if (tt_segment_need_text_list(segment, name, k ? rows->keys[0].n : TT_ANY, &rows->keys[k], err))
            return -1;
    }
    return tt_table_load(&rows->table, which, d, TT_WITH_ALL, rows->keys[0].n, segment, err);
}

void tt_rows_release(struct tt_rows *rows, const struct tt_dictionary *d)
{
    tt_table_release(&rows->table, d);
    *rows = (struct tt_rows){0};
}

/* From rows of text to encoded examples: see example_encoder.h. */
#include "encode/example_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/column_kind.h"
#include "table/vocab_block.h"

int tt_encode_stats_init(struct tt_encode_stats *stats, const struct tt_schema *schema, struct tt_err *err)
{
    *stats = (struct tt_encode_stats){0};
    stats->unseen = tt_alloc_zero(schema->n_columns, sizeof(*stats->unseen), err);
    stats->contradicted = tt_alloc_zero(schema->n_columns, sizeof(*stats->contradicted), err);
    return stats->unseen && stats->contradicted ? 0 : -1;
}

void tt_encode_stats_release(struct tt_encode_stats *stats)
{
    free(stats->unseen);
    free(stats->contradicted);
    *stats = (struct tt_encode_stats){0};
}

/* What one column needs while its rows are read. */
struct source {
    long column;                   /* its place in the file at hand, or -1: not there */
    struct tt_attribute attribute; /* learning: category, bag, number, hash */
    int has_attribute;
    int done;                      /* a side file gave it: the events' column is not read */
};

/* Rows of events wait in a block, their ids and attributes copied, until there are enough of them to look all ids up
 * together (vocab_block.h). */
struct waiting_text {
    size_t at, len; /* in bytes.data: it moves while it grows */
};

struct block {
    size_t n;                        /* rows */
    struct tt_vocab_block ids[2];    /* by side */
    struct tt_buf bytes;             /* of attributes */
    struct waiting_text *attributes; /* (n_attributes, TT_VOCAB_BLOCK) */
    size_t *features;                /* (n_attributes): schema columns that the events' rows have attributes in */
    size_t n_attributes;
};

struct encoder {
    const struct tt_dictionary *dictionary;
    struct tt_events *events;
    struct tt_entities *learnt;     /* whose dictionary it is, when that is learnt; else NULL */
    const struct tt_examples *base; /* what is extended, or NULL */
    struct source *sources;         /* (schema.n_columns) */
    struct tt_encode_stats *stats;
    int has_side_file[2];
    long user, item, weight, label, time; /* columns of the events' file */
    const struct tt_column *weight_column, *label_column, *time_column;
    struct block block;
};

static int encoder_init(struct encoder *en, const struct tt_dictionary *dictionary, struct tt_entities *learnt,
                        struct tt_events *events, struct tt_encode_stats *stats, struct tt_err *err)
{
    size_t n = dictionary->schema.n_columns;

    *en = (struct encoder){.dictionary = dictionary, .learnt = learnt, .events = events, .stats = stats,
                           .weight = -1, .label = -1, .time = -1};
    en->sources = tt_alloc_zero(n, sizeof(*en->sources), err);
    if (!en->sources)
        return -1;
    for (size_t i = 0; i < n; i++) {
        en->sources[i].column = -1;
        if (learnt && tt_column_is_attribute(&dictionary->schema.columns[i])) {
            if (tt_attribute_init(&en->sources[i].attribute, err))
                return -1;
            en->sources[i].has_attribute = 1;
        }
    }
    return 0;
}

static void encoder_release(struct encoder *en)
{
    for (size_t i = 0; en->sources && i < en->dictionary->schema.n_columns; i++)
        if (en->sources[i].has_attribute)
            tt_attribute_release(&en->sources[i].attribute);
    free(en->sources);
    free(en->block.attributes);
    free(en->block.features);
    tt_buf_release(&en->block.bytes);
    tt_vocab_block_release(&en->block.ids[TT_USER]);
    tt_vocab_block_release(&en->block.ids[TT_ITEM]);
}

/* The code of a text; learning adds it, else what is not there is counted and becomes 0. */
static int take_code(struct encoder *en, const char *text, size_t len, uint64_t hash, size_t feature, uint32_t *code,
                     struct tt_err *err)
{
    uint32_t found;

    if (en->learnt) {
        if (tt_vocab_add_hashed(&en->learnt->dictionary.features[feature].vocab, text, len, hash, &found, err))
            return -1;
    } else {
        found = tt_vocab_find_hashed(&en->dictionary->features[feature].vocab, text, len, hash);
        en->stats->unseen[feature] += found == TT_VOCAB_NONE;
    }
    *code = found == TT_VOCAB_NONE ? 0 : found + 1;
    return 0;
}

static int need_id(const struct tt_csv *csv, long column, struct tt_err *err)
{
    return csv->fields[column].len ? 0
                                   : tt_err_set(err, TT_ERR_INPUT, "%s:%llu: field '%s' is empty", csv->reader.name,
                                                (unsigned long long)csv->line, csv->names[column]);
}

/* Learning: is this row's attribute fit for its column? */
static int check_attribute(const struct encoder *en, const struct tt_csv *csv, size_t feature, struct tt_err *err)
{
    long column = en->sources[feature].column;
    const struct tt_csv_field *field = &csv->fields[column];
    const char *wrong = tt_feature_refuses(&en->dictionary->features[feature], field->text, field->len);

    return wrong ? tt_csv_field_error(csv, (size_t)column, wrong, err) : 0;
}

static int take_context(struct encoder *en, const struct tt_csv *csv, size_t feature, struct tt_err *err)
{
    const struct tt_csv_field *field = &csv->fields[en->sources[feature].column];
    uint32_t code = 0;

    if (field->len &&
        take_code(en, field->text, field->len, tt_vocab_hash(field->text, field->len), feature, &code, err))
        return -1;
    return tt_narrow_add(&en->events->contexts[feature], code, err);
}

/* weight, label and time of the row that becomes event e; there is room. */
static int take_event_columns(struct encoder *en, const struct tt_csv *csv, size_t e, struct tt_err *err)
{
    struct tt_events *ev = en->events;
    struct tt_event_values values;

    if ((en->weight >= 0 && tt_event_read_field(&values, en->weight_column, csv, (size_t)en->weight, err)) ||
        (en->label >= 0 && tt_event_read_field(&values, en->label_column, csv, (size_t)en->label, err)) ||
        (en->time >= 0 && tt_event_read_field(&values, en->time_column, csv, (size_t)en->time, err)))
        return -1;
    if (en->weight >= 0)
        ev->weight[e] = values.weight;
    if (en->label >= 0)
        ev->label[e] = values.label;
    if (en->time >= 0)
        ev->time[e] = values.time;
    return 0;
}

/* Find the columns of the events' file. */
static int find_event_columns(struct encoder *en, struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_schema *schema = &en->dictionary->schema;

    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        if (c->kind == TT_KIND_HISTORY || (tt_column_is_attribute(c) && (!en->learnt || en->sources[i].done)))
            continue;
        struct tt_err missing = TT_ERR_INIT;
        long column = tt_csv_need_column(csv, c->name, &missing);
        if (column < 0 && tt_column_is_attribute(c) && en->base) {
            en->stats->missing |= (uint64_t)1 << i;
            continue;
        }
        if (column < 0)
            return tt_column_is_attribute(c) && !en->has_side_file[c->side]
                       ? tt_err_set(err, missing.kind, "%s, and no file of %ss is given", missing.text,
                                    tt_side_name(c->side))
                       : tt_err_set(err, missing.kind, "%s", missing.text);
        en->sources[i].column = column;
        switch (c->kind) {
        case TT_KIND_ID: *(c->side == TT_USER ? &en->user : &en->item) = column; break;
        case TT_KIND_WEIGHT: en->weight = column; en->weight_column = c; break;
        case TT_KIND_LABEL: en->label = column; en->label_column = c; break;
        case TT_KIND_TIME: en->time = column; en->time_column = c; break;
        default: break;
        }
    }
    return 0;
}

/* Copy a field into the block. */
static int put_waiting(struct block *block, const struct tt_csv_field *field, struct waiting_text *text,
                       struct tt_err *err)
{
    *text = (struct waiting_text){block->bytes.len, field->len};
    return tt_buf_add(&block->bytes, field->text, field->len, err);
}

static int put_waiting_id(struct encoder *en, const struct tt_csv *csv, enum tt_side side, struct tt_err *err)
{
    const struct tt_dictionary *d = en->dictionary;
    long column = side == TT_USER ? en->user : en->item;
    const struct tt_csv_field *field = &csv->fields[column];

    if (need_id(csv, column, err))
        return -1;
    return tt_vocab_block_put(&en->block.ids[side], &d->features[side == TT_USER ? d->user_id : d->item_id].vocab,
                              field->text, field->len, err);
}

/* The ids of one side of the block's rows as codes of their events. */
static int take_ids(struct encoder *en, enum tt_side side, uint32_t *codes, struct tt_err *err)
{
    size_t feature = side == TT_USER ? en->dictionary->user_id : en->dictionary->item_id;

    if (!en->learnt)
        tt_vocab_block_find(&en->block.ids[side], &en->dictionary->features[feature].vocab, codes);
    else if (tt_vocab_block_add(&en->block.ids[side], &en->learnt->dictionary.features[feature].vocab, codes, err))
        return -1;
    for (size_t r = 0; r < en->block.n; r++) {
        en->stats->unseen[feature] += codes[r] == TT_VOCAB_NONE;
        codes[r]++; /* TT_VOCAB_NONE becomes 0, the unknown one */
    }
    return 0;
}

/* Turn the waiting rows into events. */
static int end_block(struct encoder *en, struct tt_err *err)
{
    struct tt_events *ev = en->events;
    struct block *block = &en->block;

    if (block->n == 0)
        return 0;
    if (take_ids(en, TT_USER, ev->user + ev->n, err) || take_ids(en, TT_ITEM, ev->item + ev->n, err))
        return -1;
    for (size_t i = 0; i < block->n_attributes; i++) {
        struct tt_attribute *attribute = &en->sources[block->features[i]].attribute;
        const struct tt_column *c = &en->dictionary->schema.columns[block->features[i]];
        const uint32_t *entities = (c->side == TT_USER ? ev->user : ev->item) + ev->n;
        for (size_t r = 0; r < block->n; r++)
            tt_attribute_prefetch(attribute, entities[r]);
        for (size_t r = 0; r < block->n; r++) {
            const struct waiting_text *text = &block->attributes[i * TT_VOCAB_BLOCK + r];
            if (tt_attribute_add(attribute, entities[r], block->bytes.data + text->at, text->len, err))
                return -1;
        }
    }
    ev->n += block->n;
    block->n = 0;
    block->bytes.len = 0;
    return 0;
}

/* Which attributes the rows have: known when the columns are. */
static int begin_blocks(struct encoder *en, struct tt_err *err)
{
    size_t n = en->dictionary->schema.n_columns;
    struct block *block = &en->block;

    block->features = tt_alloc(n, sizeof(*block->features), err);
    if (!block->features)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (en->sources[i].has_attribute && en->sources[i].column >= 0)
            block->features[block->n_attributes++] = i;
    block->attributes = tt_alloc(block->n_attributes * TT_VOCAB_BLOCK, sizeof(*block->attributes), err);
    return block->attributes ? 0 : -1;
}

static int take_event(struct encoder *en, const struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_schema *schema = &en->dictionary->schema;
    struct block *block = &en->block;
    size_t e = en->events->n + block->n;

    if (e == UINT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s: more than 4294967295 events", csv->reader.name);
    if (put_waiting_id(en, csv, TT_USER, err) || put_waiting_id(en, csv, TT_ITEM, err) ||
        tt_events_reserve(en->events, e + 1, err) || take_event_columns(en, csv, e, err))
        return -1;
    for (size_t i = 0; i < schema->n_columns; i++)
        if (schema->columns[i].kind == TT_KIND_CONTEXT && take_context(en, csv, i, err))
            return -1;
    for (size_t i = 0; i < block->n_attributes; i++)
        if (check_attribute(en, csv, block->features[i], err) ||
            put_waiting(block, &csv->fields[en->sources[block->features[i]].column],
                        &block->attributes[i * TT_VOCAB_BLOCK + block->n], err))
            return -1;
    block->n++;
    int is_full = tt_vocab_block_is_full(&block->ids[TT_USER]) || tt_vocab_block_is_full(&block->ids[TT_ITEM]) ||
                  block->bytes.len > TT_VOCAB_BLOCK_BYTES;
    return is_full ? end_block(en, err) : 0;
}

/* The events of the examples that are extended. */
static int add_earlier_events(struct encoder *en, struct tt_err *err)
{
    const struct tt_events *earlier = &en->base->events;

    for (size_t e = 0; e < earlier->n; e++)
        if (tt_events_add_from(en->events, earlier, e, err))
            return -1;
    return 0;
}

static int read_events(struct encoder *en, struct tt_csv *csv, struct tt_err *err)
{
    int more;

    if (find_event_columns(en, csv, err) || begin_blocks(en, err) || (en->base && add_earlier_events(en, err)))
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1)
        if (take_event(en, csv, err))
            return -1;
    if (more < 0 || end_block(en, err))
        return -1;
    en->stats->events = en->events->n - (en->base ? en->base->events.n : 0);
    tt_hasher_digest(csv->reader.hasher, en->stats->inputs[0]);
    return 0;
}

/* A side file, opened: which attributes it has. The events need not have those. */
static int find_side_columns(struct encoder *en, enum tt_side side, struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_dictionary *d = en->dictionary;
    size_t id = side == TT_USER ? d->user_id : d->item_id;

    if (tt_csv_need_column(csv, d->schema.columns[id].name, err) < 0)
        return -1;
    for (size_t i = 0; i < d->schema.n_columns; i++) {
        const struct tt_column *c = &d->schema.columns[i];
        if (c->side == side && tt_column_is_attribute(c) && tt_csv_find_column(csv, c->name) >= 0)
            en->sources[i].done = 1;
    }
    return 0;
}

static int read_side(struct encoder *en, enum tt_side side, struct tt_csv *csv, struct tt_err *err)
{
    const struct tt_dictionary *d = en->dictionary;
    size_t id = side == TT_USER ? d->user_id : d->item_id, before = d->features[id].vocab.texts.n;
    long id_column = tt_csv_find_column(csv, d->schema.columns[id].name);
    uint32_t entity;
    int more;

    for (size_t i = 0; i < d->schema.n_columns; i++)
        if (d->schema.columns[i].side == side && en->sources[i].done) {
            en->sources[i].column = tt_csv_find_column(csv, d->schema.columns[i].name);
            tt_csv_use(csv, (size_t)en->sources[i].column);
        }
    while ((more = tt_csv_next(csv, err)) == 1) {
        const struct tt_csv_field *name = &csv->fields[id_column];
        if (need_id(csv, id_column, err) ||
            take_code(en, name->text, name->len, tt_vocab_hash(name->text, name->len), id, &entity, err))
            return -1;
        for (size_t i = 0; i < d->schema.n_columns; i++) {
            struct source *s = &en->sources[i];
            if (d->schema.columns[i].side == side && s->done &&
                (check_attribute(en, csv, i, err) ||
                 tt_attribute_add(&s->attribute, entity, csv->fields[s->column].text, csv->fields[s->column].len, err)))
                return -1;
        }
    }
    if (more < 0)
        return -1;
    en->stats->side_only[side] = d->features[id].vocab.texts.n - before;
    tt_hasher_digest(csv->reader.hasher, en->stats->inputs[1 + side]);
    return 0;
}

/* The rows of one attribute, from the texts that were gathered; where there is none, from what is extended. */
static int encode_attribute(const struct encoder *en, size_t column, struct tt_table *table, struct tt_err *err)
{
    const struct tt_feature *f = &en->dictionary->features[column];
    const struct tt_attribute *a = &en->sources[column].attribute;
    const struct tt_table *known = !en->base              ? NULL
                                   : table->side == TT_USER ? &en->base->entities.users : &en->base->entities.items;
    uint64_t none = 0;

    for (size_t e = 0; e < table->n_rows; e++) {
        uint32_t value = tt_attribute_get(a, (uint32_t)e);
        size_t len = 0;
        const char *text = value == TT_VOCAB_NONE ? "" : tt_text_list_get(&a->values.texts, value, &len);
        if (value == TT_VOCAB_NONE && known && e < known->n_rows
                ? tt_bags_add_row_of(&table->bags[column], &known->bags[column], e, err)
                : tt_feature_encode(f, text, len, &table->bags[column], &none, err))
            return -1;
    }
    return 0;
}

/* After the last row: resolve the attributes, learn their codes, and make the side's rows. */
static int finish_side(struct encoder *en, enum tt_side side, struct tt_err *err)
{
    struct tt_dictionary *d = &en->learnt->dictionary;
    struct tt_table *table = side == TT_USER ? &en->learnt->users : &en->learnt->items;
    size_t id = side == TT_USER ? d->user_id : d->item_id;
    size_t n_rows = d->features[id].vocab.texts.n + 1;

    tt_feature_count_codes(&d->features[id]);
    if (tt_table_count_ids(table, id, n_rows, err))
        return -1;
    for (size_t i = 0; i < d->schema.n_columns; i++) {
        struct tt_feature *f = &d->features[i];
        if (f->column->side != side)
            continue;
        if (f->column->kind == TT_KIND_CONTEXT)
            tt_feature_count_codes(f);
        if (!en->sources[i].has_attribute)
            continue;
        en->stats->contradicted[i] = tt_attribute_resolve(&en->sources[i].attribute);
        if (tt_feature_learn(f, &en->sources[i].attribute, n_rows, err) || encode_attribute(en, i, table, err))
            return -1;
    }
    return 0;
}

/* The files of a learning run. */
struct sources {
    const char *events, *side[2];
    enum tt_csv_format format;
};

/* Learn into empty examples, whose dictionary may begin with that of `base`. */
static int learn(struct tt_examples *examples, const struct tt_examples *base, const struct sources *from,
                 struct tt_encode_stats *stats, struct tt_err *err)
{
    struct tt_csv csv = {0}, side[2] = {csv, csv};
    struct encoder en = {0};
    int status = -1;

    if (encoder_init(&en, &examples->entities.dictionary, &examples->entities, &examples->events, stats, err))
        goto done;
    en.base = base;
    for (int s = TT_USER; s <= TT_ITEM; s++)
        en.has_side_file[s] = from->side[s] != NULL;
    for (int s = TT_USER; s <= TT_ITEM; s++) /* opened first: what they have decides what the events must have */
        if (from->side[s] && (tt_csv_open(&side[s], from->side[s], TT_CSV_AUTO, err) ||
                              find_side_columns(&en, (enum tt_side)s, &side[s], err)))
            goto done;
    if (tt_csv_open(&csv, from->events, from->format, err) || read_events(&en, &csv, err))
        goto done;
    for (int s = TT_USER; s <= TT_ITEM; s++)
        if ((from->side[s] && read_side(&en, (enum tt_side)s, &side[s], err)) ||
            finish_side(&en, (enum tt_side)s, err))
            goto done;
    tt_dictionary_share_ids(&examples->entities.dictionary);
    status = 0;
done:
    encoder_release(&en);
    tt_csv_close(&csv);
    tt_csv_close(&side[TT_USER]);
    tt_csv_close(&side[TT_ITEM]);
    return status;
}

int tt_encode_examples(struct tt_examples *examples, struct tt_schema *schema, const char *events, const char *users,
                       const char *items, enum tt_csv_format format, struct tt_encode_stats *stats, struct tt_err *err)
{
    const struct sources from = {events, {users, items}, format};
    struct tt_dictionary dictionary;

    *examples = (struct tt_examples){0};
    if (tt_dictionary_init(&dictionary, schema, err) || tt_examples_init(examples, &dictionary, err))
        return -1;
    if (learn(examples, NULL, &from, stats, err)) {
        tt_examples_release(examples);
        return -1;
    }
    return 0;
}

int tt_encode_extending(struct tt_examples *examples, const struct tt_examples *base, const char *events,
                        const char *users, const char *items, enum tt_csv_format format, struct tt_encode_stats *stats,
                        struct tt_err *err)
{
    const struct sources from = {events, {users, items}, format};
    const struct tt_entities *known = &base->entities;
    const struct tt_schema *schema = &known->dictionary.schema;
    struct tt_schema same = {0};
    struct tt_dictionary dictionary = {0};

    *examples = (struct tt_examples){0};
    if (tt_schema_parse(&same, schema->text, strlen(schema->text), known->segment.name, err) ||
        tt_dictionary_init(&dictionary, &same, err)) {
        tt_schema_release(&same);
        return -1;
    }
    if (tt_examples_init(examples, &dictionary, err))
        return -1;
    memcpy(examples->entities.extends, tt_entities_are_model(known) ? known->segment.checksum : known->extends,
           sizeof(known->extends));
    if (tt_dictionary_extend(&examples->entities.dictionary, &known->dictionary, err) ||
        learn(examples, base, &from, stats, err)) {
        tt_examples_release(examples);
        return -1;
    }
    return 0;
}

int tt_encode_like(struct tt_events *events, const struct tt_dictionary *dictionary, const char *path,
                   enum tt_csv_format format, struct tt_encode_stats *stats, struct tt_err *err)
{
    struct tt_csv csv = {0};
    struct encoder en = {0};
    int status = -1;

    if (tt_events_init(events, &dictionary->schema, err))
        return -1;
    if (encoder_init(&en, dictionary, NULL, events, stats, err) == 0 && tt_csv_open(&csv, path, format, err) == 0 &&
        read_events(&en, &csv, err) == 0)
        status = 0;
    encoder_release(&en);
    tt_csv_close(&csv);
    if (status)
        tt_events_release(events);
    return status;
}

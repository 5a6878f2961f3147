/* Splits the rows of a table: see splitter.h. */
#include "split/splitter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/rng.h"
#include "table/vocab_block.h"
#include "io/spool.h"

/* Users or items: their codes, those of each row where a plan needs them, and the parts in which each occurs. */
struct ids {
    long column;   /* -1: there is none */
    int keep;      /* keep the code of each row */
    struct tt_vocab vocab;
    struct tt_vocab_block block; /* rows whose id is not looked up yet */
    int waiting_parts[TT_VOCAB_BLOCK]; /* not kept: the parts of those rows */
    uint32_t *codes; /* (n_codes) of the rows so far, if kept */
    size_t n_codes, cap;
    unsigned char *seen; /* (values) bit p: in part p */
    size_t cap_seen, n_seen;
};

struct split {
    struct tt_csv *csv;
    const struct tt_split_options *options;
    struct ids users, items;
    size_t columns[TT_SPLIT_MAX_COLUMNS]; /* places of options->columns */
    size_t time;
    enum tt_key_form forms[TT_SPLIT_MAX_COLUMNS];
    int64_t *keys[TT_SPLIT_MAX_COLUMNS]; /* (rows) each */
    size_t cap_keys[TT_SPLIT_MAX_COLUMNS];
    unsigned char *parts; /* (rows) the plan; NULL without one */
    uint64_t n_rows;      /* of the pass so far */
};

enum tt_split_part tt_split_by_shares(const double shares[TT_SPLIT_PARTS], uint64_t bits)
{
    double point = (double)(bits >> 11) * 0x1p-53 * 100, sum = 0;
    enum tt_split_part last = TT_SPLIT_TRAIN;

    for (int p = 0; p < TT_SPLIT_PARTS; p++) {
        sum += shares[p];
        if (shares[p] > 0) {
            last = (enum tt_split_part)p;
            if (point < sum)
                return last;
        }
    }
    return last; /* the sum fell short of 100 by rounding */
}

uint64_t tt_split_hash(const struct tt_csv_field *fields, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        seed = tt_hash64(fields[i].text, fields[i].len, seed);
    return seed;
}

static int needs_plan(const struct tt_split_options *options)
{
    return options->method == TT_SPLIT_LAST || options->k_core > 1;
}

/* ---- users and items ---- */

static int ids_open(struct ids *ids, struct tt_csv *csv, const char *name, int keep, struct tt_err *err)
{
    ids->column = -1;
    ids->keep = keep;
    if (!name)
        return 0;
    ids->column = tt_csv_need_column(csv, name, err);
    return ids->column < 0 ? -1 : tt_vocab_init(&ids->vocab, err);
}

static void ids_release(struct ids *ids)
{
    tt_vocab_release(&ids->vocab);
    tt_vocab_block_release(&ids->block);
    free(ids->codes);
    free(ids->seen);
}

static int ids_mark(struct ids *ids, uint32_t code, int part, struct tt_err *err)
{
    if (code >= ids->n_seen) {
        if (tt_grow(&ids->seen, &ids->cap_seen, (size_t)code + 1, 1, err))
            return -1;
        memset(ids->seen + ids->n_seen, 0, (size_t)code + 1 - ids->n_seen);
        ids->n_seen = (size_t)code + 1;
    }
    ids->seen[code] |= (unsigned char)(1 << part);
    return 0;
}

/* Look the waiting ids up: keep the rows' codes, or count them in their parts. */
static int ids_end(struct ids *ids, struct tt_err *err)
{
    uint32_t codes[TT_VOCAB_BLOCK];
    size_t n = ids->block.n;

    if (n == 0)
        return 0;
    if (tt_vocab_block_add(&ids->block, &ids->vocab, codes, err))
        return -1;
    if (ids->keep) {
        if (tt_grow(&ids->codes, &ids->cap, ids->n_codes + n, sizeof(*ids->codes), err))
            return -1;
        memcpy(ids->codes + ids->n_codes, codes, n * sizeof(*codes));
        ids->n_codes += n;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        if (ids_mark(ids, codes[i], ids->waiting_parts[i], err))
            return -1;
    return 0;
}

static int ids_put(struct ids *ids, const struct tt_csv *csv, int part, struct tt_err *err)
{
    struct tt_csv_field field = csv->fields[ids->column];

    ids->waiting_parts[ids->block.n] = part;
    if (tt_vocab_block_put(&ids->block, &ids->vocab, field.text, field.len, err))
        return -1;
    return tt_vocab_block_is_full(&ids->block) ? ids_end(ids, err) : 0;
}

/* The first pass: the row's code, if codes are kept. */
static int ids_observe(struct ids *ids, const struct tt_csv *csv, struct tt_err *err)
{
    return ids->keep ? ids_put(ids, csv, 0, err) : 0;
}

/* The pass that writes: count the row's user or item in its part. */
static int ids_count(struct ids *ids, const struct tt_csv *csv, size_t row, int part, struct tt_err *err)
{
    if (ids->column < 0)
        return 0;
    return ids->keep ? ids_mark(ids, ids->codes[row], part, err) : ids_put(ids, csv, part, err);
}

static void ids_total(const struct ids *ids, uint64_t in_part[TT_SPLIT_PARTS], uint64_t *new)
{
    for (size_t code = 0; code < ids->n_seen; code++) {
        for (int p = 0; p < TT_SPLIT_PARTS; p++)
            in_part[p] += ids->seen[code] >> p & 1;
        *new += (ids->seen[code] >> TT_SPLIT_TEST & 1) && !(ids->seen[code] >> TT_SPLIT_TRAIN & 1);
    }
}

/* ---- the first pass, and the plan ---- */

/* The row's key in order column k. */
static int observe_key(struct split *s, size_t k, size_t row, struct tt_err *err)
{
    size_t column = s->columns[k];
    struct tt_csv_field field = s->csv->fields[column];
    struct tt_order_key key;
    const char *wrong;
    char what[128];

    if (tt_order_key_parse(field.text, field.len, &key, &wrong))
        return tt_csv_field_error(s->csv, column, wrong, err);
    if (s->forms[k] == TT_KEY_NONE)
        s->forms[k] = key.form;
    if (!tt_order_key_fits(s->forms[k], key.form)) {
        snprintf(what, sizeof(what), "is not %s as in the rows before", tt_key_form_name(s->forms[k]));
        return tt_csv_field_error(s->csv, column, what, err);
    }
    if (tt_grow(&s->keys[k], &s->cap_keys[k], row + 1, sizeof(*s->keys[k]), err))
        return -1;
    if (key.form == TT_KEY_WHOLE && s->forms[k] == TT_KEY_REAL) {
        key.key = tt_order_key_real(key.key);
    } else if (key.form == TT_KEY_REAL && s->forms[k] == TT_KEY_WHOLE) { /* the first that is not whole */
        for (size_t i = 0; i < row; i++)
            s->keys[k][i] = tt_order_key_real(s->keys[k][i]);
        s->forms[k] = TT_KEY_REAL;
    }
    s->keys[k][row] = key.key;
    return 0;
}

static int observe_row(struct split *s, struct tt_err *err)
{
    size_t row = (size_t)s->n_rows;

    if (s->n_rows >= UINT32_MAX)
        return tt_err_set(err, TT_ERR_INPUT, "%s:%llu: more than %u rows", s->csv->reader.name,
                          (unsigned long long)s->csv->line, UINT32_MAX);
    if (s->options->method == TT_SPLIT_LAST)
        for (size_t k = 0; k < s->options->n_columns; k++)
            if (observe_key(s, k, row, err))
                return -1;
    if (ids_observe(&s->users, s->csv, err) || ids_observe(&s->items, s->csv, err))
        return -1;
    s->n_rows++;
    return 0;
}

/* Read all rows; with a spool, copy them there. */
static int observe(struct split *s, struct tt_spool *spool, struct tt_err *err)
{
    struct tt_csv *csv = s->csv;
    int more;

    if (spool && tt_spool_write(spool, csv->header, csv->header_len, err))
        return -1;
    while ((more = tt_csv_next(csv, err)) == 1)
        if (observe_row(s, err) || (spool && tt_spool_write(spool, csv->row, csv->row_len, err)))
            return -1;
    return more || ids_end(&s->users, err) || ids_end(&s->items, err) ? -1 : 0;
}

static int make_plan(struct split *s, struct tt_err *err)
{
    const struct tt_split_options *o = s->options;
    size_t n = (size_t)s->n_rows, left;

    s->parts = tt_alloc_zero(n, 1, err);
    if (!s->parts)
        return -1;
    if (o->k_core > 1 && tt_split_k_core(o->k_core, s->users.codes, s->users.vocab.texts.n, s->items.codes,
                                         s->items.vocab.texts.n, n, s->parts, &left, err))
        return -1;
    if (o->method == TT_SPLIT_LAST && tt_split_plan_last(&o->last, s->users.codes, s->users.vocab.texts.n, n, s->keys,
                                                         o->n_columns, s->parts, err))
        return -1;
    return 0;
}

/* Is it a regular file that was read from its first byte on? (`{ read line; tt-split ...; } < file` starts later.) */
static int can_read_again(const struct tt_reader *reader)
{
    struct stat st;

    return fstat(reader->fd, &st) == 0 && S_ISREG(st.st_mode) &&
           lseek(reader->fd, 0, SEEK_CUR) == (off_t)reader->offset;
}

/* The first pass, and the input at its first row again. *fingerprint: what the second pass must find, "" when it reads
 * our own copy. */
static int plan(struct split *s, char fingerprint[TT_FINGERPRINT_HEX + 1], struct tt_err *err)
{
    struct tt_csv *csv = s->csv;
    struct tt_spool spool = {0};
    int is_file = can_read_again(&csv->reader), status = -1;

    fingerprint[0] = '\0';
    if (!is_file && tt_spool_open(&spool, err))
        return -1;
    if (observe(s, is_file ? NULL : &spool, err))
        goto done;
    if (is_file)
        tt_hasher_digest(csv->reader.hasher, fingerprint);
    else if (tt_spool_to_reader(&spool, &csv->reader, err))
        goto done;
    if (tt_csv_rewind(csv)) {
        tt_err_set(err, TT_ERR_SYSTEM, "%s: cannot be read a second time", csv->reader.name);
        goto done;
    }
    status = make_plan(s, err);
done:
    tt_spool_release(&spool);
    return status;
}

/* ---- the pass that writes ---- */

static int part_by_time(struct split *s, int *part, struct tt_err *err)
{
    const struct tt_split_options *o = s->options;
    struct tt_csv_field field = s->csv->fields[s->time];
    struct tt_order_key key;
    const char *advice = "", *wrong;
    char what[160];

    if (tt_order_key_parse(field.text, field.len, &key, &wrong))
        return tt_csv_field_error(s->csv, s->time, wrong, err);
    if (!tt_order_key_fits(key.form, o->before.form)) {
        if (key.form == TT_KEY_ZONED && o->before.form == TT_KEY_LOCAL)
            advice = ": write the bound with an offset, as 2024-03-01T00:00+09:00";
        if (key.form == TT_KEY_LOCAL && o->before.form == TT_KEY_ZONED)
            advice = ": write the bound without an offset";
        snprintf(what, sizeof(what), "is not %s as the bound is%s", tt_key_form_name(o->before.form), advice);
        return tt_csv_field_error(s->csv, s->time, what, err);
    }
    if (tt_order_key_compare(key, o->before) < 0)
        *part = TT_SPLIT_TRAIN;
    else if (o->valid_before.form != TT_KEY_NONE && tt_order_key_compare(key, o->valid_before) < 0)
        *part = TT_SPLIT_VALID;
    else
        *part = TT_SPLIT_TEST;
    return 0;
}

static int part_by_hash(struct split *s)
{
    struct tt_csv_field key[TT_SPLIT_MAX_COLUMNS];

    for (size_t i = 0; i < s->options->n_columns; i++)
        key[i] = s->csv->fields[s->columns[i]];
    return (int)tt_split_by_shares(s->options->shares, tt_split_hash(key, s->options->n_columns, s->options->seed));
}

static int part_of_row(struct split *s, int *part, struct tt_err *err)
{
    struct tt_rng rng;

    *part = s->parts ? s->parts[s->n_rows] : TT_SPLIT_TRAIN;
    if (*part == TT_SPLIT_DROPPED)
        return 0;
    switch (s->options->method) {
    case TT_SPLIT_LAST: return 0;
    case TT_SPLIT_BEFORE: return part_by_time(s, part, err);
    case TT_SPLIT_HASH: *part = part_by_hash(s); return 0;
    case TT_SPLIT_RANDOM:
        tt_rng_init(&rng, s->options->seed, TT_RNG_SPLIT, s->n_rows);
        *part = (int)tt_split_by_shares(s->options->shares, tt_rng_u64(&rng));
        return 0;
    }
    return 0;
}

static int write_rows(struct split *s, struct tt_writer *const parts[TT_SPLIT_PARTS], uint64_t n_planned,
                      struct tt_split_counts *counts, struct tt_err *err)
{
    struct tt_csv *csv = s->csv;
    int more, part;

    for (int p = 0; p < TT_SPLIT_PARTS; p++)
        if (parts[p] && tt_writer_write(parts[p], csv->header, csv->header_len, err))
            return -1;
    for (s->n_rows = 0; (more = tt_csv_next(csv, err)) == 1; s->n_rows++) {
        if (s->parts && s->n_rows == n_planned) /* the file grew */
            return 0;
        if (part_of_row(s, &part, err))
            return -1;
        counts->rows[part]++;
        if (part == TT_SPLIT_DROPPED)
            continue;
        if (ids_count(&s->users, csv, (size_t)s->n_rows, part, err) ||
            ids_count(&s->items, csv, (size_t)s->n_rows, part, err) ||
            (parts[part] && tt_writer_write(parts[part], csv->row, csv->row_len, err)))
            return -1;
    }
    return more;
}

static int open_columns(struct split *s, struct tt_err *err)
{
    const struct tt_split_options *o = s->options;
    int is_last = o->method == TT_SPLIT_LAST, has_core = o->k_core > 1;

    if (ids_open(&s->users, s->csv, o->user, is_last || has_core, err) ||
        ids_open(&s->items, s->csv, o->item, has_core, err))
        return -1;
    for (size_t i = 0; i < o->n_columns; i++) {
        long column = tt_csv_need_column(s->csv, o->columns[i], err);
        if (column < 0)
            return -1;
        s->columns[i] = (size_t)column;
    }
    if (o->method == TT_SPLIT_BEFORE) {
        long column = tt_csv_need_column(s->csv, o->time, err);
        if (column < 0)
            return -1;
        s->time = (size_t)column;
    }
    return 0;
}

int tt_split(struct tt_csv *csv, const struct tt_split_options *options, struct tt_writer *const parts[TT_SPLIT_PARTS],
             struct tt_split_counts *counts, struct tt_err *err)
{
    struct split s = {.csv = csv, .options = options};
    char planned[TT_FINGERPRINT_HEX + 1] = "", written[TT_FINGERPRINT_HEX + 1];
    int status = -1;

    *counts = (struct tt_split_counts){0};
    if (open_columns(&s, err) || (needs_plan(options) && plan(&s, planned, err)))
        goto done;
    uint64_t n_planned = s.n_rows;
    if (write_rows(&s, parts, n_planned, counts, err) || ids_end(&s.users, err) || ids_end(&s.items, err))
        goto done;
    tt_hasher_digest(csv->reader.hasher, written);
    if (planned[0] && strcmp(planned, written) != 0) {
        tt_err_set(err, TT_ERR_INPUT, "%s: changed while it was read", csv->reader.name);
        goto done;
    }
    ids_total(&s.users, counts->users, &counts->new_users);
    ids_total(&s.items, counts->items, &counts->new_items);
    status = 0;
done:
    ids_release(&s.users);
    ids_release(&s.items);
    for (size_t k = 0; k < TT_SPLIT_MAX_COLUMNS; k++)
        free(s.keys[k]);
    free(s.parts);
    return status;
}

/* Columns of the previous row: see previous.h. */
#include "table/previous.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/tsv_writer.h"

int tt_previous_init(struct tt_previous *p, struct tt_err *err)
{
    *p = (struct tt_previous){0};
    if (tt_vocab_init(&p->groups, err) || tt_vocab_init(&p->texts, err)) {
        tt_previous_release(p);
        return -1;
    }
    return 0;
}

void tt_previous_release(struct tt_previous *p)
{
    for (size_t i = 0; i < p->n_columns; i++)
        free(p->columns[i].name);
    for (size_t i = 0; i < p->n_by; i++)
        free(p->by[i].name);
    tt_vocab_release(&p->groups);
    tt_vocab_release(&p->texts);
    free(p->last);
    tt_buf_release(&p->key);
    *p = (struct tt_previous){0};
}

static int parse_names(struct tt_previous_column *columns, size_t *n_columns, const char *names, struct tt_err *err)
{
    for (const char *name = names;; name++) {
        size_t n = strcspn(name, ",");
        if (n == 0)
            return tt_err_set(err, TT_ERR_USAGE, "'%.100s': a name is empty", names);
        for (size_t i = 0; i < *n_columns; i++)
            if (strlen(columns[i].name) == n && memcmp(columns[i].name, name, n) == 0)
                return tt_err_set(err, TT_ERR_USAGE, "'%.100s' is given twice", columns[i].name);
        if (*n_columns == TT_PREVIOUS_MAX)
            return tt_err_set(err, TT_ERR_USAGE, "'%.100s': more than %d columns", names, TT_PREVIOUS_MAX);
        columns[*n_columns] = (struct tt_previous_column){tt_copy_text(name, n, err), -1};
        if (!columns[*n_columns].name)
            return -1;
        ++*n_columns;
        name += n;
        if (!*name)
            return 0;
    }
}

int tt_previous_columns(struct tt_previous *p, const char *names, struct tt_err *err)
{
    return parse_names(p->columns, &p->n_columns, names, err);
}

int tt_previous_by(struct tt_previous *p, const char *names, struct tt_err *err)
{
    return parse_names(p->by, &p->n_by, names, err);
}

static int find(struct tt_previous_column *columns, size_t n, struct tt_csv *csv, struct tt_err *err)
{
    for (size_t i = 0; i < n; i++)
        if ((columns[i].at = tt_csv_need_column(csv, columns[i].name, err)) < 0)
            return -1;
    return 0;
}

int tt_previous_find(struct tt_previous *p, struct tt_csv *csv, struct tt_err *err)
{
    return find(p->by, p->n_by, csv, err) || find(p->columns, p->n_columns, csv, err) ? -1 : 0;
}

/* Where the codes of the row's group are; those of a new group are TT_VOCAB_NONE. */
static int find_group(struct tt_previous *p, const struct tt_csv *csv, uint32_t **last, struct tt_err *err)
{
    size_t n_groups = p->groups.texts.n;
    uint32_t group;

    p->key.len = 0;
    for (size_t i = 0; i < p->n_by; i++) { /* NUL bytes between: a field has none */
        const struct tt_csv_field *field = &csv->fields[p->by[i].at];
        if ((i && tt_buf_add(&p->key, "", 1, err)) || tt_buf_add(&p->key, field->text, field->len, err))
            return -1;
    }
    if (tt_grow(&p->last, &p->cap_last, (n_groups + 1) * p->n_columns, sizeof(*p->last), err) ||
        tt_vocab_add(&p->groups, p->key.data ? p->key.data : "", p->key.len, &group, err))
        return -1;
    *last = p->last + (size_t)group * p->n_columns;
    for (size_t i = 0; p->groups.texts.n > n_groups && i < p->n_columns; i++)
        (*last)[i] = TT_VOCAB_NONE;
    return 0;
}

int tt_previous_write(struct tt_previous *p, const struct tt_csv *csv, struct tt_writer *writer, struct tt_err *err)
{
    char delimiter = tt_tsv_delimiter(csv->format);
    uint32_t *last;

    if (p->n_columns == 0)
        return 0;
    if (find_group(p, csv, &last, err))
        return -1;
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct tt_csv_field *field = &csv->fields[p->columns[i].at];
        size_t len = 0;
        const char *text = last[i] == TT_VOCAB_NONE ? "" : tt_text_list_get(&p->texts.texts, last[i], &len);
        if (tt_writer_write(writer, &delimiter, 1, err) || tt_tsv_field(writer, csv->format, text, len, err) ||
            tt_vocab_add(&p->texts, field->text, field->len, &last[i], err))
            return -1;
    }
    return 0;
}

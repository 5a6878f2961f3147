/* Vectors with their keys: see vectors_file.h. */
#include "io/vectors_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

int tt_vectors_store(const struct tt_vectors *vectors, struct tt_segment *segment, struct tt_err *err)
{
    struct tt_buf names = TT_BUF_INIT;
    char name[32];
    int status = -1;

    *segment = (struct tt_segment){0};
    for (size_t i = 0; i < vectors->n_keys; i++)
        if (tt_buf_printf(&names, err, "%s%s", i ? "\t" : "", vectors->key_names[i]))
            goto done;
    if (tt_segment_init(segment, "vectors", TT_FORMAT, err))
        goto done;
    if (tt_segment_text(segment, "side", vectors->side, err) ||
        tt_segment_text(segment, "model", vectors->model, err) ||
        tt_segment_text(segment, "keys", names.data, err) ||
        tt_segment_tensor(segment, "vectors", TT_F32, vectors->n, vectors->dim, vectors->data, err))
        goto done;
    for (size_t i = 0; i < vectors->n_keys; i++) {
        snprintf(name, sizeof(name), "key.%zu", i);
        if (tt_segment_text_list(segment, name, &vectors->keys[i], err))
            goto done;
    }
    status = 0;
done:
    if (status)
        tt_segment_release(segment);
    tt_buf_release(&names);
    return status;
}

/* Cut the names at tabs, in vectors->names_store, and point key_names there. */
static int split_names(struct tt_vectors *vectors, const char *joined, const char *file, struct tt_err *err)
{
    size_t n = strlen(joined);

    if (n >= sizeof(vectors->names_store))
        return tt_err_set(err, TT_ERR_INPUT, "%s: the names of the key columns are too long", file);
    memcpy(vectors->names_store, joined, n + 1);
    for (char *name = vectors->names_store; name;) {
        char *tab = strchr(name, '\t');
        if (vectors->n_keys == TT_MAX_KEYS)
            return tt_err_set(err, TT_ERR_INPUT, "%s: more than %d key columns", file, TT_MAX_KEYS);
        vectors->key_names[vectors->n_keys++] = name;
        if (tab)
            *tab++ = '\0';
        name = tab;
    }
    return 0;
}

int tt_vectors_view(struct tt_vectors *vectors, const struct tt_segment *segment, struct tt_err *err)
{
    const struct tt_tensor *data = tt_segment_need(segment, "vectors", TT_F32, TT_ANY, TT_ANY, err);
    const char *names = tt_segment_need_text(segment, "keys", err);
    char name[32];

    *vectors = (struct tt_vectors){.side = tt_segment_need_text(segment, "side", err),
                                   .model = tt_segment_need_text(segment, "model", err)};
    if (!data || !names || !vectors->side || !vectors->model || split_names(vectors, names, segment->name, err))
        return -1;
    vectors->n = data->shape[0];
    vectors->dim = data->shape[1];
    vectors->data = data->data;
    for (size_t i = 0; i < vectors->n * vectors->dim; i++)
        if (!isfinite(vectors->data[i]))
            return tt_err_set(err, TT_ERR_INPUT, "%s: row %zu holds a value that is not finite", segment->name,
                              i / vectors->dim + 1);
    for (size_t i = 0; i < vectors->n_keys; i++) {
        snprintf(name, sizeof(name), "key.%zu", i);
        if (tt_segment_need_text_list(segment, name, vectors->n, &vectors->keys[i], err))
            return -1;
    }
    return 0;
}

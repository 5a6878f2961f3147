/* Events grouped by query: see queries.h. */
#include "train/queries.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "encode/history.h"

enum { MAX_CONTEXTS = 60 };

/* The number of each event's query, and the queries' users and contexts. */
static int number_events(struct tt_queries *q, const struct tt_dictionary *d, const struct tt_events *events,
                         uint32_t *number, struct tt_err *err)
{
    struct tt_vocab keys;
    uint32_t key[1 + MAX_CONTEXTS];
    size_t columns[MAX_CONTEXTS], n_contexts = 0, cap = 0;
    int status = -1;

    for (size_t c = 0; c < d->schema.n_columns; c++)
        if (d->schema.columns[c].kind == TT_KIND_CONTEXT)
            columns[n_contexts++] = c;
    if (tt_vocab_init(&keys, err))
        return -1;
    for (size_t e = 0; e < events->n; e++) {
        key[0] = events->user[e];
        for (size_t i = 0; i < n_contexts; i++)
            key[1 + i] = tt_narrow_get(&events->contexts[columns[i]], e);
        if (tt_vocab_add(&keys, (const char *)key, (1 + n_contexts) * sizeof(*key), &number[e], err))
            goto done;
        if (keys.texts.n == q->n)
            continue;
        if (tt_grow(&q->user, &cap, q->n + 1, sizeof(*q->user), err))
            goto done;
        q->user[q->n++] = key[0];
        for (size_t i = 0; i < n_contexts; i++)
            if (tt_bags_add(&q->contexts[columns[i]], &key[1 + i], NULL, 1, 1, err))
                goto done;
    }
    status = 0;
done:
    tt_vocab_release(&keys);
    return status;
}

/* Remove from each query's disliked items those that are positives; both are rising. */
static void remove_positives(struct tt_queries *q)
{
    struct tt_bags *disliked = &q->disliked;
    size_t used = 0, from = 0;

    for (size_t i = 0; i < q->n; i++) {
        uint64_t p = q->positives.offsets[i];
        for (; from < disliked->offsets[i + 1]; from++) {
            while (p < q->positives.offsets[i + 1] && q->positives.codes[p] < disliked->codes[from])
                p++;
            if (p == q->positives.offsets[i + 1] || q->positives.codes[p] != disliked->codes[from])
                disliked->codes[used++] = disliked->codes[from];
        }
        disliked->offsets[i + 1] = used;
    }
}

static int find_disliked(struct tt_queries *q, const struct tt_events *events, const uint32_t *number,
                         struct tt_err *err)
{
    static const struct tt_column once = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_ONE};
    uint8_t *is_disliked = tt_alloc(events->n, 1, err);
    struct tt_visits visits = {.n = events->n, .user = number, .item = events->item, .label = is_disliked,
                               .weight = events->weight};
    int status = -1;

    if (!is_disliked)
        return -1;
    for (size_t e = 0; e < events->n; e++)
        is_disliked[e] = !events->label[e];
    if (tt_history_build(&q->disliked, &once, q->n, &visits, err))
        goto done;
    remove_positives(q);
    if (q->disliked.offsets[q->n] == 0)
        tt_bags_release(&q->disliked);
    status = 0;
done:
    free(is_disliked);
    return status;
}

int tt_queries_init(struct tt_queries *q, const struct tt_dictionary *d, const struct tt_events *events,
                    double half_life, int keep_disliked, struct tt_err *err)
{
    const struct tt_column sum = {.kind = TT_KIND_HISTORY, .count = TT_COUNT_LINEAR, .half_life = half_life};
    uint32_t *number = tt_alloc(events->n, sizeof(*number), err);
    int status = -1;

    *q = (struct tt_queries){.n_columns = d->schema.n_columns};
    q->contexts = tt_alloc_zero(q->n_columns, sizeof(*q->contexts), err);
    if (!number || !q->contexts || number_events(q, d, events, number, err))
        goto done;
    struct tt_visits visits = {.n = events->n, .user = number, .item = events->item, .label = events->label,
                               .weight = events->weight, .time = events->time};
    if (tt_history_build(&q->positives, &sum, q->n, &visits, err) ||
        (keep_disliked && events->label && find_disliked(q, events, number, err)))
        goto done;
    for (size_t i = 0; i < q->positives.offsets[q->n]; i++)
        q->weight += (double)q->positives.weights[i];
    if (!(q->unknown = tt_alloc_zero(q->n, sizeof(*q->unknown), err)))
        goto done;
    for (size_t e = 0; e < events->n; e++)
        if (events->item[e] == 0 && (!events->label || events->label[e]))
            q->unknown[number[e]] += events->weight ? (double)events->weight[e] : 1;
    status = 0;
done:
    free(number);
    if (status)
        tt_queries_release(q);
    return status;
}

void tt_queries_release(struct tt_queries *q)
{
    for (size_t c = 0; q->contexts && c < q->n_columns; c++)
        tt_bags_release(&q->contexts[c]);
    free(q->contexts);
    free(q->user);
    free(q->unknown);
    tt_bags_release(&q->positives);
    tt_bags_release(&q->disliked);
    *q = (struct tt_queries){0};
}

int tt_queries_input(const struct tt_queries *q, const struct tt_dictionary *d, const struct tt_table *users,
                     struct tt_tower_input *input, struct tt_err *err)
{
    if (tt_tower_input_init(input, TT_USER, q->n, &d->schema, err))
        return -1;
    for (size_t c = 0; c < d->schema.n_columns; c++) {
        const struct tt_column *column = &d->schema.columns[c];
        if (column->side != TT_USER || !column->is_embedded)
            continue;
        if (column->kind == TT_KIND_CONTEXT) {
            input->bags[c] = &q->contexts[c];
        } else {
            input->bags[c] = &users->bags[c];
            input->rows[c] = q->user;
        }
    }
    return 0;
}

/* ---- the catalogue ---- */

int tt_catalogue_init(struct tt_catalogue *catalogue, const struct tt_queries *queries, size_t n_items,
                      struct tt_err *err)
{
    *catalogue = (struct tt_catalogue){.items = tt_alloc(n_items, sizeof(uint32_t), err),
                                       .place = tt_alloc_zero(n_items, sizeof(uint32_t), err)};
    if (!catalogue->items || !catalogue->place) {
        tt_catalogue_release(catalogue);
        return -1;
    }
    for (size_t e = 0; e < queries->positives.offsets[queries->n]; e++)
        catalogue->place[queries->positives.codes[e]] = 1;
    for (size_t e = 0; queries->disliked.n_rows && e < queries->disliked.offsets[queries->n]; e++)
        catalogue->place[queries->disliked.codes[e]] = 1;
    for (size_t i = 0; i < n_items; i++) {
        int is_in = catalogue->place[i] == 1;
        catalogue->place[i] = is_in ? (uint32_t)catalogue->n : TT_NO_PLACE;
        if (is_in)
            catalogue->items[catalogue->n++] = (uint32_t)i;
    }
    return 0;
}

void tt_catalogue_release(struct tt_catalogue *catalogue)
{
    free(catalogue->items);
    free(catalogue->place);
    *catalogue = (struct tt_catalogue){0};
}

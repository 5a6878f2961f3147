/* A packed list of texts: see text_list.h. */
#include "base/text_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int tt_text_list_init(struct tt_text_list *list, struct tt_err *err)
{
    *list = (struct tt_text_list){0};
    if (tt_grow(&list->offsets, &list->cap_texts, 1, sizeof(*list->offsets), err) ||
        tt_grow(&list->bytes, &list->cap_bytes, 1, 1, err)) {
        tt_text_list_release(list);
        return -1;
    }
    list->offsets[0] = 0;
    return 0;
}

void tt_text_list_release(struct tt_text_list *list)
{
    if (list->cap_texts) {
        free(list->offsets);
        free(list->bytes);
    }
    *list = (struct tt_text_list){0};
}

int tt_text_list_add(struct tt_text_list *list, const char *text, size_t len, struct tt_err *err)
{
    size_t used = (size_t)list->offsets[list->n];

    if (tt_grow(&list->offsets, &list->cap_texts, list->n + 2, sizeof(*list->offsets), err) ||
        tt_grow(&list->bytes, &list->cap_bytes, used + len + 1, 1, err))
        return -1;
    if (len)
        memcpy(list->bytes + used, text, len);
    list->offsets[++list->n] = used + len;
    return 0;
}

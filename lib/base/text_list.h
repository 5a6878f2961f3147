/* A list of texts packed into one block of bytes: the values of a vocabulary, the ids of rows.
 *
 *     offsets  0      3      7  7        text i is bytes[offsets[i]] ... bytes[offsets[i + 1] - 1]
 *     bytes    a b c  d e f g            (here: "abc", "defg", "")
 *
 * Either it owns its memory (init, add, release), or it is a view of memory that another struct owns (cap_texts = 0).
 */
#ifndef TT_BASE_TEXT_LIST_H
#define TT_BASE_TEXT_LIST_H

#include <stdint.h>

#include "base/err.h"

struct tt_text_list {
    size_t n;
    uint64_t *offsets; /* (n + 1) */
    char *bytes;       /* (offsets[n]) */
    size_t cap_texts, cap_bytes;
};

int tt_text_list_init(struct tt_text_list *list, struct tt_err *err) TT_CHECKED;
void tt_text_list_release(struct tt_text_list *list); /* fine on a view, and on a struct that is all zero */

int tt_text_list_add(struct tt_text_list *list, const char *text, size_t len, struct tt_err *err) TT_CHECKED;

static inline const char *tt_text_list_get(const struct tt_text_list *list, size_t i, size_t *len)
{
    *len = (size_t)(list->offsets[i + 1] - list->offsets[i]);
    return list->bytes + list->offsets[i];
}

#endif

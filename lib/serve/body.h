/* JSON bodies of requests, as rows of named texts: what a query's parameters are for GET. By jansson.
 *
 *     tt_body_read(&body, text, len, &shape, &err)       TT_ERR_USAGE: not JSON, or not of this shape
 *     for i < body.n:  tt_body_row(&body, i, &params, &n, &err)
 *     tt_body_release(&body)
 *
 * A body is one object, which is one row; or an array of objects; or an object that holds such an array under the name
 * shape.list, whose other members then belong to every row that has none of that name. An element that is a plain text
 * or number is a row with one member, shape.plain. Under shape.columns, when that is given, an object may hold an array
 * for each name instead, all of one length: row i has the elements i.
 *
 * Members are texts, numbers, true and false (as 1 and 0), or arrays of these, which come as one param for each
 * element; a member that is null is as if it were not there, but for the list.
 */
#ifndef TT_SERVE_BODY_H
#define TT_SERVE_BODY_H

#include "http/http.h"

struct tt_body_shape {
    const char *list;       /* "requests" */
    const char *plain;      /* "user", or NULL: elements are objects */
    const char *columns;    /* "inputs", or NULL */
    size_t max_rows;
};

struct tt_body {
    size_t n;               /* rows */
    int is_list;            /* the body was an array or held one: the answer is a list, too */
    int is_columns;         /* it came by columns */
    int skips_root;         /* set by the caller after read: members around the rows do not belong to them */
    /* private */
    void *root, *rows;      /* jansson's; rows is an array, an object of arrays, or NULL: the root is the row */
    struct tt_body_shape shape;
    struct tt_http_param *params;
    size_t n_params, cap_params, n_all;
    size_t n_bytes, max_bytes; /* of the values of all rows */
    char **texts;           /* of numbers, owned */
    size_t n_texts, cap_texts;
};

int tt_body_read(struct tt_body *body, const char *text, size_t len, const struct tt_body_shape *shape,
                 struct tt_err *err) TT_CHECKED;

/* Row i's members, valid until the next call. */
int tt_body_row(struct tt_body *body, size_t i, const struct tt_http_param **params, size_t *n,
                struct tt_err *err) TT_CHECKED;

void tt_body_release(struct tt_body *body); /* fine on a struct that is all zero */

#endif

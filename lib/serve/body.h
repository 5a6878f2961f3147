/* JSON bodies of requests as rows of parameters, so that a POST is handled as many GETs. By jansson.
 *
 *     tt_body_read(&body, text, len, &shape, &err)       TT_ERR_USAGE: not JSON, or not of this shape
 *     for i < body.n:  tt_body_row(&body, i, &params, &n, &err)
 *     tt_body_release(&body)
 *
 * A body is one object, which is one row; or an array of objects, a row each; or an object that holds such an array
 * under the name shape.list, and its other members are then defaults for all rows. An element of the array that is a
 * text or a number is a row with one member, named shape.plain. When shape.columns is not NULL, the body may hold under
 * that name an object of arrays of the same length instead: row i has the element i of each.
 *
 * A member is a text, a number, true or false (1 and 0), or an array of these, which gives a parameter for each
 * element. A member that is null counts as absent, except that of the list.
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
    int is_list;            /* the body is or holds an array: the answer must be a list, too */
    int is_columns;         /* the rows came by columns */
    int skips_root;         /* set by the caller after tt_body_read: members beside the list are no defaults */
    /* private */
    void *root, *rows;      /* json_t; rows is an array, an object of arrays, or NULL: the root is the row */
    struct tt_body_shape shape;
    struct tt_http_param *params;
    size_t n_params, cap_params, n_all;
    size_t n_bytes, max_bytes; /* of the values of all rows */
    char **texts;           /* of numbers, owned */
    size_t n_texts, cap_texts;
};

int tt_body_read(struct tt_body *body, const char *text, size_t len, const struct tt_body_shape *shape,
                 struct tt_err *err) TT_CHECKED;

/* The parameters of row i, valid until the next call. */
int tt_body_row(struct tt_body *body, size_t i, const struct tt_http_param **params, size_t *n,
                struct tt_err *err) TT_CHECKED;

void tt_body_release(struct tt_body *body); /* fine on a struct that is all zero */

#endif

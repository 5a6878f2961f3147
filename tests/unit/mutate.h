/* Inputs that are almost right: copies of a good one, each changed in a few places at random. For tests that a parser
 * refuses or reads whatever it gets, most of all under the sanitizers.
 *
 *     struct mutator m = {.words = words, .n_words = LENGTH(words)};
 *     tt_rng_init(&m.rng, 7, TT_RNG_TEST, 0);
 *     for (int round = 0; round < 10000; round++) {
 *         mutate(&m, &text, good, strlen(good), 1 + tt_rng_below(&m.rng, 4));
 *         ... parse text.data, text.len ...
 *     }
 *
 * The same seed gives the same inputs on every machine. */
#ifndef TT_TESTS_MUTATE_H
#define TT_TESTS_MUTATE_H

#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "unit.h"

struct mutator {
    struct tt_rng rng;
    const char *const *words; /* texts that mean something to the parser: half of the changes insert one; may be none */
    size_t n_words;
    char before_words;   /* half of the words are inserted behind this character; 0: anywhere */
    size_t max_len;      /* no insertion makes an input longer than this; 0: 64 KiB */
    size_t max_repeats;  /* some insertions are repeated, up to so many times; 0: never */
};

/* Numbers at which something wraps around, loses digits or is no number any more. */
static const char *const mutate_numbers[] = {
    "0", "-0", "-1", "1", "255", "256", "65536", "2147483648", "4294967295", "4294967296", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551616", "0.1", "1e308", "1e999", "-1e999", "1e-999", "00", "0x10", "1_0", "nan", "inf", "",
};

static inline void mutate_cut(struct tt_buf *text, size_t at, size_t n)
{
    memmove(text->data + at, text->data + at + n, text->len - at - n);
    text->len -= n;
}

/* Insert n bytes, which are not in `text` itself. */
static inline void mutate_insert(struct mutator *m, struct tt_buf *text, size_t at, const char *bytes, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    size_t repeats = m->max_repeats && tt_rng_below(&m->rng, 20) == 0 ? tt_rng_below(&m->rng, m->max_repeats + 1) : 1;
    size_t max_len = m->max_len ? m->max_len : 65536;

    for (; repeats > 0 && text->len + n <= max_len; repeats--) {
        assert_int_equal(tt_buf_reserve(text, n, &err), 0);
        memmove(text->data + at + n, text->data + at, text->len - at);
        memcpy(text->data + at, bytes, n);
        text->len += n;
    }
}

static inline void mutate_number(struct mutator *m, struct tt_buf *text, size_t at)
{
    const char *number = mutate_numbers[tt_rng_below(&m->rng, LENGTH(mutate_numbers))];
    size_t n;

    at += strcspn(text->data + at, "0123456789"); /* up to the next NUL or the end */
    n = strspn(text->data + at, "0123456789");
    mutate_cut(text, at, n);
    text->data[text->len] = '\0';
    mutate_insert(m, text, at, number, strlen(number));
}

static inline void mutate_word(struct mutator *m, struct tt_buf *text, size_t at)
{
    const char *word = m->words[tt_rng_below(&m->rng, m->n_words)];
    const char *before = m->before_words && tt_rng_below(&m->rng, 2)
                             ? memchr(text->data + at, m->before_words, text->len - at) : NULL;

    mutate_insert(m, text, before ? (size_t)(before - text->data) + 1 : at, word, strlen(word));
}

/* A piece of the input once more, at its own place or at another. */
static inline void mutate_splice(struct mutator *m, struct tt_buf *text, size_t at, size_t n)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_buf piece = TT_BUF_INIT;

    assert_int_equal(tt_buf_add(&piece, text->data + at, n, &err), 0);
    mutate_insert(m, text, tt_rng_below(&m->rng, 2) ? at : tt_rng_below(&m->rng, text->len + 1), piece.data, n);
    tt_buf_release(&piece);
}

static inline void mutate_once(struct mutator *m, struct tt_buf *text)
{
    size_t at = tt_rng_below(&m->rng, text->len + 1), left = text->len - at;
    size_t n = left ? 1 + tt_rng_below(&m->rng, left) : 0; /* bytes from `at` on */

    switch (tt_rng_below(&m->rng, m->n_words ? 12 : 6)) {
    case 0: /* one bit */
        if (left)
            text->data[at] = (char)(text->data[at] ^ 1 << tt_rng_below(&m->rng, 8));
        break;
    case 1: /* one byte, often NUL */
        if (left)
            text->data[at] = (char)(tt_rng_below(&m->rng, 3) ? tt_rng_below(&m->rng, 256) : 0);
        break;
    case 2: /* the end is missing */
        mutate_cut(text, at, left);
        break;
    case 3: /* a few bytes are missing */
        mutate_cut(text, at, n > 16 ? 16 : n);
        break;
    case 4:
        mutate_splice(m, text, at, n);
        break;
    case 5:
        mutate_number(m, text, at);
        break;
    default:
        mutate_word(m, text, at);
    }
    text->data[text->len] = '\0';
}

/* Make `text` a copy of the good input with so many changes. */
static inline void mutate(struct mutator *m, struct tt_buf *text, const char *good, size_t n, size_t changes)
{
    struct tt_err err = TT_ERR_INIT;

    text->len = 0;
    assert_int_equal(tt_buf_add(text, good, n, &err), 0);
    for (; changes > 0; changes--)
        mutate_once(m, text);
}

#endif

/* UTF-8: is a text well-formed, and how many characters has it? Characters are code points, whatever width a terminal
 * gives them.
 */
#ifndef TT_BASE_UTF8_H
#define TT_BASE_UTF8_H

#include <stddef.h>

/* 1 when the n bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms), else 0. */
int tt_is_utf8(const char *text, size_t n);

/* The characters of n bytes of UTF-8. */
size_t tt_utf8_count(const char *text, size_t n);

/* The bytes of the first `count` characters of n bytes of UTF-8; n when there are no more. */
size_t tt_utf8_cut(const char *text, size_t n, size_t count);

#endif

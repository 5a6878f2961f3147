/* Strict numbers from text: all of the text must be the number; no blanks, no sign where none makes sense, no
 * hexadecimal, no "nan" or "inf", the C locale always. Each returns 0, or -1 when the text is not such a number or is
 * out of range; nothing is written then. None makes an error text: that is for the caller, who can name the field.
 */
#ifndef TT_BASE_NUMBER_H
#define TT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

int tt_parse_u64(const char *text, size_t n, uint64_t *out);
int tt_parse_i64(const char *text, size_t n, int64_t *out);
int tt_parse_f64(const char *text, size_t n, double *out); /* decimal, optional exponent; finite */

/* A whole number with an optional K, M or G (thousand, million, thousand million), for options. */
int tt_parse_count(const char *text, size_t n, uint64_t *out);

#endif

/* What every unit test includes: cmocka, in the order that it wants. */
#ifndef TT_TESTS_UNIT_H
#define TT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#endif

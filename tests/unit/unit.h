/* What every unit test includes: cmocka, in the order that it wants. */
#ifndef TT_TESTS_UNIT_H
#define TT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* End the test: this machine has not what it needs. tests/run.sh shows the reason. */
#define SKIP(reason) do { print_message("# SKIP %s\n", reason); skip(); } while (0)

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#endif

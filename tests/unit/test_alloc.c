/* Sizes that overflow are errors, and growing keeps what was there. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void test_alloc_refuses_products_that_overflow(void **state)
{
    static const struct { size_t n, size; } sizes[] = {
        {SIZE_MAX, 2}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 8 + 2, 8}, {SIZE_MAX, SIZE_MAX}, {PTRDIFF_MAX, 2},
        {SIZE_MAX, 1}, {(size_t)1 << 32, (size_t)1 << 32},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        void *(*const functions[])(size_t, size_t, struct tt_err *) = {tt_alloc, tt_alloc_zero, tt_alloc_aligned};
        for (size_t f = 0; f < LENGTH(functions); f++) {
            struct tt_err err = TT_ERR_INIT;
            assert_null(functions[f](sizes[i].n, sizes[i].size, &err));
            assert_int_equal(err.kind, TT_ERR_MEMORY);
            assert_ptr_equal(strstr(err.text, "out of memory: "), err.text);
        }
    }
}

static void test_alloc_gives_blocks_for_nothing_too(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    void *blocks[3] = {tt_alloc(0, 8, &err), tt_alloc_zero(0, 8, &err), tt_alloc_aligned(0, 8, &err)};

    (void)state;
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        assert_non_null(blocks[i]);
        free(blocks[i]);
    }
}

static void test_alloc_clears_and_aligns(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    unsigned char *zero = tt_alloc_zero(1000, 3, &err), *aligned;

    (void)state;
    assert_non_null(zero);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(zero[i], 0);
    free(zero);
    for (size_t n = 1; n < 200; n += 7) {
        aligned = tt_alloc_aligned(n, 1, &err);
        assert_int_equal((uintptr_t)aligned % 64, 0);
        memset(aligned, 1, n);
        free(aligned);
    }
}

/* Large blocks come in another way; what is given back dirty may come again. */
static void test_alloc_clears_and_aligns_large_blocks(void **state)
{
    enum { LARGE = 5 << 20 };
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    free(tt_alloc(4, LARGE, &err)); /* glibc takes what is smaller than that from its heap from now on */
    for (size_t run = 0; run < 4; run++) {
        unsigned char *dirty = tt_alloc_aligned(LARGE + run, 1, &err), *zero;
        assert_non_null(dirty);
        assert_int_equal((uintptr_t)dirty % 64, 0);
        for (size_t i = 0; i < LARGE + run; i += 64) /* volatile: stores before free() may be left out */
            ((volatile unsigned char *)dirty)[i] = 1;
        free(dirty);
        zero = tt_alloc_zero(LARGE + run, 1, &err);
        assert_non_null(zero);
        for (size_t i = 0; i < LARGE + run; i++)
            assert_true(zero[i] == 0);
        free(zero);
    }
}

static void test_grow_keeps_what_was_there(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    uint32_t *block = NULL;
    size_t cap = 0, moves = 0, old = 0;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        assert_int_equal(tt_grow(&block, &cap, i + 1, sizeof(*block), &err), 0);
        assert_true(cap > i);
        moves += cap != old;
        old = cap;
        block[i] = (uint32_t)i;
    }
    assert_true(moves < 40); /* by half each time */
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(block[i], i);

    uint32_t *before = block;
    assert_int_equal(tt_grow(&block, &cap, SIZE_MAX / 2, sizeof(*block), &err), -1);
    assert_int_equal(err.kind, TT_ERR_MEMORY);
    assert_ptr_equal(block, before);
    assert_int_equal(cap, old);
    free(block);
}

static void test_copy_text_ends_in_a_nul(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    char *copy = tt_copy_text("abcdef", 3, &err);

    (void)state;
    assert_string_equal(copy, "abc");
    free(copy);
    copy = tt_copy_text("", 0, &err);
    assert_string_equal(copy, "");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_refuses_products_that_overflow),
        cmocka_unit_test(test_alloc_gives_blocks_for_nothing_too),
        cmocka_unit_test(test_alloc_clears_and_aligns),
        cmocka_unit_test(test_alloc_clears_and_aligns_large_blocks),
        cmocka_unit_test(test_grow_keeps_what_was_there),
        cmocka_unit_test(test_copy_text_ends_in_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* XXH3's published values, which splits and checksums rely on for ever, and fingerprints of bytes in pieces. */
#include "base/hash.h"

#include <string.h>

#include "base/rng.h"

#include "unit.h"

static void test_hash64_known_values(void **state)
{
    static const struct { const char *text; uint64_t seed, hash; } known[] = {
        {"", 0, UINT64_C(0x2d06800538d394c2)},
        {"a", 0, UINT64_C(0xe6c632b61e964e1f)},
        {"abc", 0, UINT64_C(0x78af5f94892f3950)},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++)
        assert_int_equal(tt_hash64(known[i].text, strlen(known[i].text), known[i].seed), known[i].hash);
    assert_int_not_equal(tt_hash64("abc", 3, 0), tt_hash64("abc", 3, 1));
}

static void test_fingerprint_known_values(void **state)
{
    static const struct { const char *text, *hex; } known[] = {
        {"", "99aa06d3014798d86001c324468d497f"},
        {"a", "a96faf705af16834e6c632b61e964e1f"},
        {"abc", "06b05ab6733a618578af5f94892f3950"},
    };
    char hex[TT_FINGERPRINT_HEX + 1];

    (void)state;
    for (size_t i = 0; i < LENGTH(known); i++) {
        tt_fingerprint(known[i].text, strlen(known[i].text), hex);
        assert_string_equal(hex, known[i].hex);
    }
}

/* Values by XXH3's plain functions: they are not to depend on which instructions this processor has. */
static void test_known_values_of_long_inputs(void **state)
{
    static const struct { size_t n; const char *hex; uint64_t seed_7; } known[] = {
        {241, "8f7b3b6898244931fa3e3f950b821a67", UINT64_C(0x242be6a7dda590dd)},
        {1025, "99fd280e417dee6866b070bd27327c00", UINT64_C(0x50b41dda5e4a2160)},
        {100000, "eff2ce11120848664cbc1becad16bfbc", UINT64_C(0xeafa6da66936f263)},
    };
    static unsigned char bytes[100000];
    char hex[TT_FINGERPRINT_HEX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * i % 251);
    for (size_t i = 0; i < LENGTH(known); i++) {
        tt_fingerprint(bytes, known[i].n, hex);
        assert_string_equal(hex, known[i].hex);
        assert_int_equal(tt_hash64(bytes, known[i].n, 7), known[i].seed_7);
    }
}

static void test_hasher_does_not_mind_how_bytes_are_cut(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_rng rng;
    static unsigned char bytes[5000];
    char whole[TT_FINGERPRINT_HEX + 1], pieces[TT_FINGERPRINT_HEX + 1];

    (void)state;
    tt_rng_init(&rng, 1, TT_RNG_TEST, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)tt_rng_u32(&rng);
    for (int i = 0; i < 300; i++) {
        size_t n = tt_rng_below(&rng, sizeof(bytes) + 1), at = 0;
        struct tt_hasher *hasher = tt_hasher_new(&err);
        assert_non_null(hasher);
        while (at < n) {
            size_t piece = tt_rng_below(&rng, 1 + (i % 2 ? 20 : 1500));
            piece = piece < n - at ? piece : n - at;
            tt_hasher_update(hasher, bytes + at, piece);
            at += piece;
            tt_hasher_digest(hasher, pieces); /* asking does not disturb */
        }
        tt_hasher_digest(hasher, pieces);
        tt_fingerprint(bytes, n, whole);
        assert_string_equal(pieces, whole);
        tt_hasher_free(hasher);
    }
    tt_hasher_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash64_known_values),
        cmocka_unit_test(test_fingerprint_known_values),
        cmocka_unit_test(test_known_values_of_long_inputs),
        cmocka_unit_test(test_hasher_does_not_mind_how_bytes_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

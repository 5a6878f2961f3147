/* Zones against Python's zoneinfo, at the edges of daylight saving and far from today, and against made files. */
#include "table/zone.h"

#include <unistd.h>

#include "table/calendar.h"
#include "unit.h"

/* Printed once by
 *   python3 -c 'import datetime as d, zoneinfo
 *   for z, t in PAIRS:
 *       u = d.datetime.fromisoformat(t).replace(tzinfo=d.timezone.utc); l = u.astimezone(zoneinfo.ZoneInfo(z))
 *       print(z, u.timestamp(), l.utcoffset().total_seconds(), l.isoformat())' */
static const struct { const char *zone; int64_t instant; int32_t offset; } known[] = {
    {"Asia/Seoul", INT64_C(-460339200), 34200}, /* 1955-06-01T09:30:00 */
    {"Asia/Seoul", INT64_C(552096000), 36000}, /* 1987-07-01T10:00:00 */
    {"Asia/Seoul", INT64_C(592358400), 32400}, /* 1988-10-09T09:00:00 */
    {"Asia/Seoul", INT64_C(1709251200), 32400}, /* 2024-03-01T09:00:00 */
    {"Asia/Seoul", INT64_C(7258032000), 32400}, /* 2199-12-31T09:00:00 */
    {"America/New_York", INT64_C(-1625356800), -14400}, /* 1918-06-30T20:00:00 */
    {"America/New_York", INT64_C(-94694400), -18000}, /* 1966-12-31T19:00:00 */
    {"America/New_York", INT64_C(1173596399), -18000}, /* 2007-03-11T01:59:59 */
    {"America/New_York", INT64_C(1173596400), -14400}, /* 2007-03-11T03:00:00 */
    {"America/New_York", INT64_C(1194155999), -14400}, /* 2007-11-04T01:59:59 */
    {"America/New_York", INT64_C(1194156000), -18000}, /* 2007-11-04T01:00:00 */
    {"America/New_York", INT64_C(1720051200), -14400}, /* 2024-07-03T20:00:00 */
    {"America/New_York", INT64_C(2145830400), -18000}, /* 2037-12-30T19:00:00 */
    {"America/New_York", INT64_C(2161555200), -14400}, /* 2038-06-30T20:00:00 */
    {"America/New_York", INT64_C(4108690799), -18000}, /* 2100-03-14T01:59:59 */
    {"America/New_York", INT64_C(4108690800), -14400}, /* 2100-03-14T03:00:00 */
    {"America/New_York", INT64_C(7284491999), -14400}, /* 2200-11-02T01:59:59 */
    {"America/New_York", INT64_C(7284492000), -18000}, /* 2200-11-02T01:00:00 */
    {"Europe/London", INT64_C(-31536000), 3600}, /* 1969-01-01T01:00:00 */
    {"Europe/London", INT64_C(1711846799), 0}, /* 2024-03-31T00:59:59 */
    {"Europe/London", INT64_C(1711846800), 3600}, /* 2024-03-31T02:00:00 */
    {"Europe/London", INT64_C(5705945999), 3600}, /* 2150-10-25T01:59:59 */
    {"Europe/London", INT64_C(5705946000), 0}, /* 2150-10-25T01:00:00 */
    {"Europe/Dublin", INT64_C(1705276800), 0}, /* 2024-01-15T00:00:00 */
    {"Europe/Dublin", INT64_C(1721001600), 3600}, /* 2024-07-15T01:00:00 */
    {"Europe/Dublin", INT64_C(4072118400), 0}, /* 2099-01-15T00:00:00 */
    {"Europe/Dublin", INT64_C(4087756800), 3600}, /* 2099-07-15T01:00:00 */
    {"Australia/Lord_Howe", INT64_C(1704067200), 39600}, /* 2024-01-01T11:00:00 */
    {"Australia/Lord_Howe", INT64_C(1712415599), 39600}, /* 2024-04-07T01:59:59 */
    {"Australia/Lord_Howe", INT64_C(1712415600), 37800}, /* 2024-04-07T01:30:00 */
    {"Australia/Lord_Howe", INT64_C(4733510400), 39600}, /* 2120-01-01T11:00:00 */
    {"Australia/Lord_Howe", INT64_C(4749235200), 37800}, /* 2120-07-01T10:30:00 */
    {"America/Sao_Paulo", INT64_C(1541300399), -10800}, /* 2018-11-03T23:59:59 */
    {"America/Sao_Paulo", INT64_C(1541300400), -7200}, /* 2018-11-04T01:00:00 */
    {"America/Sao_Paulo", INT64_C(1733011200), -10800}, /* 2024-11-30T21:00:00 */
    {"Asia/Kathmandu", INT64_C(504900000), 19800}, /* 1985-12-31T23:30:00 */
    {"Asia/Kathmandu", INT64_C(517968000), 20700}, /* 1986-06-01T05:45:00 */
    {"Asia/Kathmandu", INT64_C(4102444800), 20700}, /* 2100-01-01T05:45:00 */
    {"Asia/Kolkata", INT64_C(-807408000), 23400}, /* 1944-06-01T06:30:00 */
    {"Asia/Kolkata", INT64_C(1717200000), 19800}, /* 2024-06-01T05:30:00 */
    {"Pacific/Apia", INT64_C(1325239199), -36000}, /* 2011-12-29T23:59:59 */
    {"Pacific/Apia", INT64_C(1325239200), 50400}, /* 2011-12-31T00:00:00 */
    {"Pacific/Apia", INT64_C(1704067200), 46800}, /* 2024-01-01T13:00:00 */
    {"Asia/Tokyo", INT64_C(-615513600), 36000}, /* 1950-07-01T10:00:00 */
    {"Asia/Tokyo", INT64_C(1767225600), 32400}, /* 2026-01-01T09:00:00 */
};

static int has_database(void)
{
    return access("/usr/share/zoneinfo/Asia/Seoul", R_OK) == 0;
}

static struct tt_zone *zone_or_fail(const char *name, const char *folder)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_zone *zone = tt_zone_new(name, folder, &err);

    if (!zone)
        fail_msg("%s", err.text);
    return zone;
}

static void test_zone_agrees_with_zoneinfo(void **state)
{
    (void)state;
    if (!has_database())
        SKIP("the database of time zones is not installed");
    for (size_t i = 0; i < LENGTH(known); i++) {
        struct tt_zone *zone = zone_or_fail(known[i].zone, NULL);
        struct tt_span span = TT_SPAN_INIT;
        struct tt_time time = {.seconds = known[i].instant};
        int64_t local = tt_zone_local(zone, &time, &span);
        if (local - known[i].instant != known[i].offset)
            fail_msg("%s at %lld: offset %lld, expected %d", known[i].zone, (long long)known[i].instant,
                     (long long)(local - known[i].instant), (int)known[i].offset);
        assert_true(span.from <= known[i].instant && known[i].instant < span.until);
        tt_zone_free(zone);
    }
}

static void test_zone_of_fixed_offset(void **state)
{
    static const struct { const char *name; int32_t offset; } fixed[] = {
        {"UTC", 0}, {"+09:00", 32400}, {"-03:30", -12600}, {"+00:00", 0}, {"+23:59", 86340}};
    (void)state;
    for (size_t i = 0; i < LENGTH(fixed); i++) {
        struct tt_zone *zone = zone_or_fail(fixed[i].name, "no such folder is needed");
        struct tt_span span = TT_SPAN_INIT;
        struct tt_time instant = {.seconds = 1709264096}, local = {.seconds = 1709264096, .is_local = 1};
        assert_int_equal(tt_zone_local(zone, &instant, &span), 1709264096 + fixed[i].offset);
        assert_int_equal(tt_zone_local(zone, &local, &span), 1709264096);
        assert_int_equal(tt_zone_instant(zone, 1709264096, &span), 1709264096 - fixed[i].offset);
        tt_zone_free(zone);
    }
}

/* ---- made files ---- */

static char folder[] = "/tmp/tt-zone-XXXXXX";

static void put32(unsigned char *p, int64_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)((uint64_t)x >> (24 - 8 * i));
}

/* A file of version 2 with an empty 32-bit block, two types (UTC+1, UTC+2) and transitions, the first to type 1. */
static size_t make_file(unsigned char *bytes, const int64_t *times, size_t n, uint32_t leaps, const char *footer)
{
    unsigned char *p = bytes;

    memset(bytes, 0, 1024);
    memcpy(p, "TZif2", 5);
    put32(p + 36, 1); /* the RFC wants one type even here */
    put32(p + 40, 1);
    p += 44 + 6 + 1;
    memcpy(p, "TZif2", 5);
    put32(p + 28, leaps);
    put32(p + 32, (int64_t)n);
    put32(p + 36, 2);
    put32(p + 40, 4);
    p += 44;
    for (size_t i = 0; i < n; i++, p += 8) {
        put32(p, times[i] >> 32);
        put32(p + 4, times[i]);
    }
    for (size_t i = 0; i < n; i++)
        *p++ = i % 2 == 0;
    put32(p, 3600);
    put32(p + 6, 7200);
    p += 12;
    memcpy(p, "ABC", 4);
    p += 4 + leaps * 12;
    p += snprintf((char *)p, 200, "\n%s\n", footer);
    return (size_t)(p - bytes);
}

static void write_zone(const char *name, const unsigned char *bytes, size_t n)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"Made", "Cut"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static int32_t offset_at(const struct tt_zone *zone, int64_t t)
{
    struct tt_span span;

    tt_zone_span(zone, t, &span);
    assert_true(span.from <= t && t < span.until);
    return span.offset;
}

static void test_zone_table_holds_between_its_transitions(void **state)
{
    static const int64_t times[] = {1000, 2000, 5000000000};
    unsigned char bytes[1024];

    (void)state;
    write_zone("Made", bytes, make_file(bytes, times, 3, 0, ""));
    struct tt_zone *zone = zone_or_fail("Made", folder);
    assert_int_equal(offset_at(zone, -5000000000), 3600);
    assert_int_equal(offset_at(zone, 999), 3600);
    assert_int_equal(offset_at(zone, 1000), 7200);
    assert_int_equal(offset_at(zone, 2000), 3600);
    assert_int_equal(offset_at(zone, 4999999999), 3600);
    assert_int_equal(offset_at(zone, 5000000000), 7200);
    assert_int_equal(offset_at(zone, 7000000000), 7200); /* no footer: the last type stays */
    tt_zone_free(zone);
}

static void test_zone_footer_rules(void **state)
{
    static const struct { const char *footer; int64_t t; int32_t offset; } rules[] = {
        {"XXX3", 1704067200, -10800},
        {"<+0530>-5:30", 1704067200, 19800},
        /* daylight saving all the year, as RFC 9636 spells it: the seam between two years is daylight too */
        {"XXX3EDT4,0/0,J365/23", 1704067200, -14400},
        {"XXX3EDT4,0/0,J365/23", 1704078000, -14400},
        {"XXX3EDT4,0/0,J365/23", 1704077999, -14400},
        /* J60 is 1 March in leap years too, n counts from 0 and 29 February */
        {"AAA0BBB,J60/0,J300", 1709251199, 0},
        {"AAA0BBB,J60/0,J300", 1709251200, 3600},
        {"AAA0BBB,59/0,299", 1709164799, 0},
        {"AAA0BBB,59/0,299", 1709164800, 3600},
        /* the south: begins in October, ends in April of the next year; a week 5 is the last */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1704067200, 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1719792000, 36000},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1711846799, 3600}, /* 2024-03-31T01:00Z */
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1711846800, 7200},
        /* hours beyond the day, negative and above 24 */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1711843199, -7200}, /* 2024-03-31T00:00Z is the 30th, 22:00 local */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1711846800, -3600},
        {"IST-2IDT,M3.4.4/26,M10.5.0", 1711670399, 7200}, /* 2024-03-29T02:00 local, Friday after the fourth Thursday */
        {"IST-2IDT,M3.4.4/26,M10.5.0", 1711670400, 10800},
    };
    static const int64_t times[] = {0};
    unsigned char bytes[1024];

    (void)state;
    for (size_t i = 0; i < LENGTH(rules); i++) {
        write_zone("Made", bytes, make_file(bytes, times, 1, 0, rules[i].footer));
        struct tt_zone *zone = zone_or_fail("Made", folder);
        if (offset_at(zone, rules[i].t) != rules[i].offset)
            fail_msg("%s at %lld: %d", rules[i].footer, (long long)rules[i].t, (int)offset_at(zone, rules[i].t));
        tt_zone_free(zone);
    }
}

static void assert_refused(const char *name, const char *text, enum tt_err_kind kind)
{
    struct tt_err err = TT_ERR_INIT;

    assert_null(tt_zone_new(name, folder, &err));
    assert_non_null(strstr(err.text, text));
    assert_int_equal(err.kind, kind);
}

static void test_zone_refuses_damaged_files(void **state)
{
    static const int64_t times[] = {1000, 2000}, falling[] = {2000, 1000};
    static const char *const footers[] = {"X3", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST25",
                                          "EST5EDT,M3.2.0,M11.1.0x", "<EST5", "EST5EDT,J0,J10", "EST5EDT,M3.0.0,M4.1.0",
                                          "EST5EDT,M3.2.0/168,M11.1.0", "EST5:60"};
    unsigned char bytes[1024];
    size_t n = make_file(bytes, times, 2, 0, "EST5EDT,M3.2.0,M11.1.0");

    (void)state;
    for (size_t cut = 0; cut < n; cut++) {
        write_zone("Cut", bytes, cut);
        assert_refused("Cut", "Cut: not a usable TZif file: ", TT_ERR_INPUT);
    }
    bytes[44 + 6 + 1 + 44 + 2 * 8] = 2; /* the first transition's type */
    write_zone("Made", bytes, n);
    assert_refused("Made", "a transition to a type that is not there", TT_ERR_INPUT);
    write_zone("Made", bytes, make_file(bytes, falling, 2, 0, ""));
    assert_refused("Made", "transitions that do not rise", TT_ERR_INPUT);
    write_zone("Made", bytes, make_file(bytes, times, 2, 1, ""));
    assert_refused("Made", "it counts leap seconds", TT_ERR_INPUT);
    n = make_file(bytes, times, 2, 0, "");
    put32(bytes + 44 + 6 + 1 + 44 + 2 * 9, 93600);
    write_zone("Made", bytes, n);
    assert_refused("Made", "an offset of 26 hours or more", TT_ERR_INPUT);
    n = make_file(bytes, times, 2, 0, "");
    put32(bytes + 44 + 6 + 1 + 32, 0x7fffffff); /* a count that would lead far out of the file */
    write_zone("Made", bytes, n);
    assert_refused("Made", "no second header", TT_ERR_INPUT);
    n = make_file(bytes, times, 2, 0, "");
    bytes[4] = '\0';
    write_zone("Made", bytes, n);
    assert_refused("Made", "version 1, which ends in 2037", TT_ERR_INPUT);
    for (size_t i = 0; i < LENGTH(footers); i++) {
        write_zone("Made", bytes, make_file(bytes, times, 2, 0, footers[i]));
        assert_refused("Made", "its footer is not a POSIX TZ text", TT_ERR_INPUT);
    }
}

static void test_zone_refuses_names_that_are_not_there(void **state)
{
    static const char *const names[] = {"", "Nowhere", "../etc/passwd", "/etc/passwd", "+9", "+09:60", "+24:00", "utc",
                                        ".", "Made/", "a//b"};
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++)
        assert_refused(names[i], "': not UTC, not an offset like +09:00, and not a zone in /tmp/tt-", TT_ERR_USAGE);
    assert_null(tt_zone_new("Asia/Seoul", "/nonexistent/folder", &err));
    assert_string_equal(err.text, "zone 'Asia/Seoul': TZDIR is '/nonexistent/folder', which is not a folder");
    assert_int_equal(err.kind, TT_ERR_SYSTEM);
}

/* Local to instant: the first of two in a fold, the jump itself in a gap; never falls while local time rises. */
static void test_zone_instant_in_gaps_and_folds(void **state)
{
    static const int64_t none[] = {0};
    unsigned char bytes[1024];
    struct tt_span span = TT_SPAN_INIT;
    int64_t last = INT64_MIN;

    (void)state;
    write_zone("Made", bytes, make_file(bytes, none, 1, 0, "EST5EDT,M3.2.0,M11.1.0"));
    struct tt_zone *zone = zone_or_fail("Made", folder);
    assert_int_equal(tt_zone_instant(zone, 4108690800 - 18001, &span), 4108690800 - 1); /* 01:59:59 */
    assert_int_equal(tt_zone_instant(zone, 4108690800 - 18000, &span), 4108690800);        /* 02:00 does not exist */
    assert_int_equal(tt_zone_instant(zone, 4108690800 - 18000 + 1800, &span), 4108690800); /* nor does 02:30 */
    assert_int_equal(span.offset, -14400);
    assert_int_equal(tt_zone_instant(zone, 4108690800 - 14400, &span), 4108690800); /* 03:00 */
    assert_int_equal(tt_zone_instant(zone, 7284492000 - 18000, &span), 7284492000 - 3600); /* 01:00, the first of two */
    assert_int_equal(span.offset, -14400);
    assert_int_equal(tt_zone_instant(zone, 7284492000 - 14400, &span), 7284492000 + 3600); /* 02:00 comes once */
    for (int64_t local = 4100000000; local < 4100000000 + 400 * (int64_t)TT_DAY; local += 1777) {
        struct tt_span fresh = TT_SPAN_INIT;
        int64_t t = tt_zone_instant(zone, local, &span);
        assert_true(t >= last);
        assert_int_equal(t, tt_zone_instant(zone, local, &fresh)); /* the span that was kept changes nothing */
        assert_true(span.from <= t && t < span.until && span.offset == fresh.offset);
        last = t;
    }
    tt_zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zone_agrees_with_zoneinfo),
        cmocka_unit_test(test_zone_of_fixed_offset),
        cmocka_unit_test(test_zone_table_holds_between_its_transitions),
        cmocka_unit_test(test_zone_footer_rules),
        cmocka_unit_test(test_zone_refuses_damaged_files),
        cmocka_unit_test(test_zone_refuses_names_that_are_not_there),
        cmocka_unit_test(test_zone_instant_in_gaps_and_folds),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

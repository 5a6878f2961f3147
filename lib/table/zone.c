/* Time zones: see zone.h. TZif files are RFC 9636; their footer is the TZ text of POSIX (IEEE Std 1003.1-2017, 8.3)
 * with the RFC's extension of its hours to -167 ... 167. */
#include "table/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/stream.h"
#include "table/calendar.h"

enum {
    MAX_FILE = 1 << 20,  /* the largest of the database have a few thousand bytes */
    MAX_OFFSET = 93600,  /* 26 hours: RFC 9636, section 3.2, wants offsets below that */
    HEADER = 44,         /* bytes of a TZif header */
};

static const char *const usual_folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo",
                                            "/etc/zoneinfo"};

/* When daylight saving begins or ends, in every year. */
struct rule {
    char kind; /* 'M': weekday `day` (0 is Sunday) of week `week` (5: the last) of `month`; 'J': day 1 ... 365, never
                  29 February; 'n': day 0 ... 365 */
    int month, week, day;
    int32_t time; /* seconds after midnight of that day's clock, may be negative */
};

struct tt_zone {
    size_t n;         /* transitions of the table */
    int64_t *times;   /* (n) rising */
    int32_t *offsets; /* (n + 1): before the first transition, then after each */
    int has_rule;     /* after the last transition the two rules hold, else offsets[n] */
    int32_t standard, daylight;
    struct rule begin, end;
};

/* ---- the footer ---- */

/* A cursor over the footer's text; functions return 0, or -1 when the text is not what POSIX says. */
struct footer {
    const char *p, *end;
};

static int next_is(struct footer *f, char c)
{
    if (f->p < f->end && *f->p == c) {
        f->p++;
        return 1;
    }
    return 0;
}

static int footer_number(struct footer *f, int max, int *value)
{
    const char *from = f->p;

    *value = 0;
    while (f->p < f->end && *f->p >= '0' && *f->p <= '9' && *value <= max)
        *value = *value * 10 + (*f->p++ - '0');
    return f->p > from && *value <= max ? 0 : -1;
}

/* An abbreviation: three letters or more, or <...> of letters, digits and signs. */
static int footer_name(struct footer *f)
{
    const char *from = f->p;
    int quoted = next_is(f, '<');

    for (; f->p < f->end; f->p++) {
        char c = *f->p;
        int letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-')))
            break;
    }
    if (f->p - from < 3 + quoted)
        return -1;
    return quoted && !next_is(f, '>') ? -1 : 0;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int footer_time(struct footer *f, int max_hours, int32_t *seconds)
{
    int negative = next_is(f, '-'), hours, minutes = 0, rest = 0;

    if (!negative)
        (void)next_is(f, '+');
    if (footer_number(f, max_hours, &hours))
        return -1;
    if (next_is(f, ':') && (footer_number(f, 59, &minutes) || (next_is(f, ':') && footer_number(f, 59, &rest))))
        return -1;
    *seconds = hours * TT_HOUR + minutes * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return 0;
}

static int footer_rule(struct footer *f, struct rule *rule)
{
    *rule = (struct rule){.kind = 'n', .time = 2 * TT_HOUR};
    if (!next_is(f, ','))
        return -1;
    if (next_is(f, 'M')) {
        rule->kind = 'M';
        if (footer_number(f, 12, &rule->month) || !next_is(f, '.') || footer_number(f, 5, &rule->week) ||
            !next_is(f, '.') || footer_number(f, 6, &rule->day) || rule->month < 1 || rule->week < 1)
            return -1;
    } else {
        rule->kind = next_is(f, 'J') ? 'J' : 'n';
        if (footer_number(f, 365, &rule->day) || (rule->kind == 'J' && rule->day < 1))
            return -1;
    }
    return next_is(f, '/') ? footer_time(f, 167, &rule->time) : 0;
}

static int parse_footer(struct tt_zone *zone, const char *text, size_t n)
{
    struct footer f = {text, text + n};

    if (n == 0) /* "no rule known": the last offset stays */
        return 0;
    if (footer_name(&f) || footer_time(&f, 24, &zone->standard))
        return -1;
    zone->standard = -zone->standard; /* POSIX counts to the west */
    zone->offsets[zone->n] = zone->standard;
    if (f.p == f.end)
        return 0;
    if (footer_name(&f))
        return -1;
    zone->daylight = zone->standard + TT_HOUR;
    if (f.p < f.end && *f.p != ',') {
        if (footer_time(&f, 24, &zone->daylight))
            return -1;
        zone->daylight = -zone->daylight;
    }
    if (footer_rule(&f, &zone->begin) || footer_rule(&f, &zone->end) || f.p != f.end)
        return -1;
    zone->has_rule = 1;
    return 0;
}

/* ---- the file ---- */

static uint32_t u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t i64(const unsigned char *p)
{
    return (int64_t)((uint64_t)u32(p) << 32 | u32(p + 4));
}

struct counts {
    uint32_t utc, std, leap, time, type, chars;
};

/* A header at p; -1 when it is none. The counts are bounded so that sums of their sizes cannot overflow. */
static int parse_header(const unsigned char *p, const unsigned char *end, struct counts *c)
{
    if (end - p < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return -1;
    *c = (struct counts){u32(p + 20), u32(p + 24), u32(p + 28), u32(p + 32), u32(p + 36), u32(p + 40)};
    if (c->utc > MAX_FILE || c->std > MAX_FILE || c->leap > MAX_FILE || c->time > MAX_FILE || c->type > MAX_FILE ||
        c->chars > MAX_FILE)
        return -1;
    return 0;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->time * time_size + c->time + c->type * (size_t)6 + c->chars + c->leap * (time_size + 4) + c->std + c->utc;
}

static int damaged(const char *path, const char *what, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_INPUT, "%s: not a usable TZif file: %s", path, what);
}

/* The table of the 64-bit block at p. */
static int parse_table(struct tt_zone *zone, const unsigned char *p, const struct counts *c, const char *path,
                       struct tt_err *err)
{
    const unsigned char *indices = p + c->time * (size_t)8, *types = indices + c->time;

    zone->n = c->time;
    zone->times = tt_alloc(zone->n, sizeof(*zone->times), err);
    zone->offsets = tt_alloc(zone->n + 1, sizeof(*zone->offsets), err);
    if (!zone->times || !zone->offsets)
        return -1;
    for (size_t i = 0; i <= zone->n; i++) {
        unsigned type = i == 0 ? 0 : indices[i - 1]; /* type 0 holds before the first transition: section 3.2 */
        if (type >= c->type)
            return damaged(path, "a transition to a type that is not there", err);
        zone->offsets[i] = (int32_t)u32(types + type * (size_t)6);
        if (zone->offsets[i] <= -MAX_OFFSET || zone->offsets[i] >= MAX_OFFSET)
            return damaged(path, "an offset of 26 hours or more", err);
        if (i == 0)
            continue;
        zone->times[i - 1] = i64(p + (i - 1) * 8);
        if (i > 1 && zone->times[i - 1] <= zone->times[i - 2])
            return damaged(path, "transitions that do not rise", err);
    }
    return 0;
}

static int parse_file(struct tt_zone *zone, const unsigned char *p, size_t n, const char *path, struct tt_err *err)
{
    const unsigned char *end = p + n;
    struct counts c;

    if (n >= 5 && memcmp(p, "TZif", 4) == 0 && p[4] < '2')
        return damaged(path, "version 1, which ends in 2037", err);
    if (parse_header(p, end, &c))
        return damaged(path, "no TZif header", err);
    p += HEADER;
    if ((size_t)(end - p) < block_size(&c, 4)) /* the 32-bit block, for old readers */
        return damaged(path, "cut short", err);
    p += block_size(&c, 4);
    if (parse_header(p, end, &c))
        return damaged(path, "no second header", err);
    p += HEADER;
    if ((size_t)(end - p) < block_size(&c, 8))
        return damaged(path, "cut short", err);
    if (c.leap)
        return damaged(path, "it counts leap seconds (a zone under 'right')", err);
    if (parse_table(zone, p, &c, path, err))
        return -1;
    p += block_size(&c, 8);
    if (end - p < 2 || p[0] != '\n' || end[-1] != '\n' ||
        parse_footer(zone, (const char *)p + 1, (size_t)(end - p) - 2))
        return damaged(path, "its footer is not a POSIX TZ text", err);
    return 0;
}

static int load_file(struct tt_zone *zone, const char *path, struct tt_err *err)
{
    struct tt_reader reader;
    unsigned char *bytes = tt_alloc(MAX_FILE, 1, err);
    size_t n = 0;

    if (!bytes)
        return -1;
    int status = tt_reader_open(&reader, path, err);
    if (status == 0) {
        status = tt_reader_read_full(&reader, bytes, MAX_FILE, &n, err);
        tt_reader_close(&reader);
    }
    if (status == 0)
        status = n == MAX_FILE ? damaged(path, "too large", err) : parse_file(zone, bytes, n, path, err);
    free(bytes);
    return status;
}

/* ---- names ---- */

/* A name of the database: letters, digits, '_', '+', '-' in parts between single slashes, so that no name leads out of
 * the database's folder. */
static int is_name(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > 255 || name[0] == '/' || name[n - 1] == '/' || strstr(name, "//"))
        return 0;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == n;
}

static int is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int load_named(struct tt_zone *zone, const char *name, const char *folder, struct tt_err *err)
{
    char path[4096];
    struct stat st;

    if (folder && !*folder) /* TZDIR= */
        folder = NULL;
    for (size_t i = 0; !folder && i < sizeof(usual_folders) / sizeof(*usual_folders); i++)
        if (is_folder(usual_folders[i]))
            folder = usual_folders[i];
    if (!folder)
        return tt_err_set(err, TT_ERR_SYSTEM, "zone '%s': no time zone database in %s (install tzdata, or set TZDIR)",
                          name, usual_folders[0]);
    if (!is_folder(folder))
        return tt_err_set(err, TT_ERR_SYSTEM, "zone '%s': TZDIR is '%s', which is not a folder", name, folder);
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (!is_name(name) || n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) || !S_ISREG(st.st_mode))
        return tt_err_set(err, TT_ERR_USAGE, "zone '%s': not UTC, not an offset like +09:00, and not a zone in %s",
                          name, folder);
    return load_file(zone, path, err);
}

/* "UTC" or "+09:00": 1 and *offset, else 0. */
static int fixed_offset(const char *name, int32_t *offset)
{
    struct tt_time time;
    const char *what;
    char text[32];

    *offset = 0;
    if (strcmp(name, "UTC") == 0)
        return 1;
    if (strlen(name) != 6 || (name[0] != '+' && name[0] != '-'))
        return 0;
    snprintf(text, sizeof(text), "1970-01-01T00:00%s", name);
    if (tt_time_parse(text, strlen(text), &time, &what))
        return 0;
    *offset = (int32_t)-time.seconds;
    return 1;
}

struct tt_zone *tt_zone_new(const char *name, const char *folder, struct tt_err *err)
{
    struct tt_zone *zone = tt_alloc_zero(1, sizeof(*zone), err);
    int32_t offset;

    if (!zone)
        return NULL;
    if (fixed_offset(name, &offset)) {
        zone->offsets = tt_alloc(1, sizeof(*zone->offsets), err);
        if (zone->offsets) {
            zone->offsets[0] = offset;
            return zone;
        }
    } else if (load_named(zone, name, folder, err) == 0) {
        return zone;
    }
    tt_zone_free(zone);
    return NULL;
}

void tt_zone_free(struct tt_zone *zone)
{
    if (!zone)
        return;
    free(zone->times);
    free(zone->offsets);
    free(zone);
}

/* ---- looking up ---- */

/* The local time at which the rule acts in this year. */
static int64_t rule_local(const struct rule *rule, int year)
{
    int64_t day;

    if (rule->kind == 'M') {
        int64_t first = tt_days_from_date(year, rule->month, 1);
        int64_t next = tt_days_from_date(year + (rule->month == 12), rule->month % 12 + 1, 1);
        int sunday_based = (tt_weekday(first) + 1) % 7;
        day = first + (rule->day - sunday_based + 7) % 7 + 7 * (rule->week - 1);
        if (day >= next)
            day -= 7;
    } else if (rule->kind == 'J') {
        day = tt_days_from_date(year, 1, 1) + rule->day - 1;
        if (rule->day > 59 && tt_days_from_date(year, 3, 1) - tt_days_from_date(year, 2, 28) == 2)
            day++; /* a leap year: 1 March is day 60 all the same */
    } else {
        day = tt_days_from_date(year, 1, 1) + rule->day;
    }
    return day * TT_DAY + rule->time;
}

/* The span by the rules, of the year before, this year and the next, since a rule's hours may lead out of its year.
 * Where an end and a beginning fall together (daylight saving all the year), the beginning wins. */
static void rule_span(const struct tt_zone *zone, int64_t t, struct tt_span *span)
{
    struct tt_date date;

    tt_date_from_days(tt_local_day(t + zone->standard), &date);
    *span = (struct tt_span){INT64_MIN, INT64_MAX, zone->standard};
    for (int year = date.year - 1; year <= date.year + 1; year++) {
        int64_t at[2] = {rule_local(&zone->end, year) - zone->daylight,
                         rule_local(&zone->begin, year) - zone->standard};
        for (int begins = 0; begins < 2; begins++) {
            if (at[begins] > t && at[begins] < span->until)
                span->until = at[begins];
            if (at[begins] <= t && (at[begins] > span->from || (begins && at[begins] == span->from))) {
                span->from = at[begins];
                span->offset = begins ? zone->daylight : zone->standard;
            }
        }
    }
}

void tt_zone_span(const struct tt_zone *zone, int64_t t, struct tt_span *span)
{
    size_t low = 0, high = zone->n; /* low: how many transitions are at or before t */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t from = low ? zone->times[low - 1] : INT64_MIN;
    if (low == zone->n && zone->has_rule) {
        rule_span(zone, t, span);
        span->from = span->from > from ? span->from : from;
        return;
    }
    *span = (struct tt_span){from, low < zone->n ? zone->times[low] : INT64_MAX, zone->offsets[low]};
}

int64_t tt_zone_local(const struct tt_zone *zone, const struct tt_time *time, struct tt_span *span)
{
    if (time->is_local)
        return time->seconds;
    if (time->seconds < span->from || time->seconds >= span->until)
        tt_zone_span(zone, time->seconds, span);
    return time->seconds + span->offset;
}

int64_t tt_zone_instant(const struct tt_zone *zone, int64_t local, struct tt_span *span)
{
    int64_t t = local - span->offset;

    /* more than 26 hours after the span's start no earlier span can show the same local time */
    if (t < span->until && t >= span->from && (span->from < t - MAX_OFFSET))
        return t;
    tt_zone_span(zone, local - MAX_OFFSET, span);
    while (local - span->offset >= span->until)
        tt_zone_span(zone, span->until, span);
    t = local - span->offset;
    return t < span->from ? span->from : t;
}

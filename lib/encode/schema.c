/* The schema: see schema.h. */
#include "encode/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "io/stream.h"
#include "io/vectors_file.h"

enum {
    MAX_TEXT = 1 << 20,
    MAX_NAME = 200,
    MAX_COLUMNS = 60,
    MAX_SLOTS = 1 << 24,
    MAX_BUCKETS = 1000,
    MAX_OPTIONS = 4, /* more than any kind has */
};

static const char *const side_names[] = {"user", "item", "event"};
static const char *const count_names[] = {"one", "log", "sqrt", "linear"};

static const struct { const char *name; double seconds; } units[] = {
    {"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}, {"week", 604800}};
enum { N_UNITS = sizeof(units) / sizeof(*units) };

static const struct { const char *name; unsigned sides; } kinds[TT_KINDS] = {
    [TT_KIND_ID] = {"id", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_CATEGORY] = {"category", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_BAG] = {"bag", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_NUMBER] = {"number", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_HASH] = {"hash", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_CONTEXT] = {"context", 1 << TT_USER},
    [TT_KIND_HISTORY] = {"history", 1 << TT_USER | 1 << TT_ITEM},
    [TT_KIND_WEIGHT] = {"weight", 1 << TT_EVENT},
    [TT_KIND_LABEL] = {"label", 1 << TT_EVENT},
    [TT_KIND_TIME] = {"time", 1 << TT_EVENT},
};

const char *tt_side_name(enum tt_side side)
{
    return side_names[side];
}

/* A word of a line. */
struct word {
    const char *text;
    size_t len;
};

static int word_is(const struct word *word, const char *text)
{
    return strlen(text) == word->len && memcmp(word->text, text, word->len) == 0;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line from *at: 1, 0 at the line's end or a comment, -1 for a quote that is not closed or stands
 * inside a word: the canonical text could not show such a word. */
static int next_word(const char *line, size_t len, size_t *at, struct word *word)
{
    while (*at < len && is_blank(line[*at]))
        (*at)++;
    if (*at == len || line[*at] == '#')
        return 0;
    if (line[*at] == '"') {
        const char *end = memchr(line + *at + 1, '"', len - *at - 1);
        if (!end)
            return -1;
        *word = (struct word){line + *at + 1, (size_t)(end - (line + *at + 1))};
        *at = (size_t)(end + 1 - line);
        return *at == len || is_blank(line[*at]) ? 1 : -1;
    }
    size_t from = *at;
    while (*at < len && !is_blank(line[*at]))
        (*at)++;
    *word = (struct word){line + from, *at - from};
    return memchr(word->text, '"', word->len) ? -1 : 1;
}

/* Where a message is about: file and line. */
struct place {
    const char *name;
    int line;
    struct tt_err *err;
};

static int bad(const struct place *place, const char *what, const struct word *word)
{
    return tt_err_set(place->err, TT_ERR_INPUT, "%s:%d: %s '%.*s'", place->name, place->line, what,
                      (int)(word->len > 100 ? 100 : word->len), word->text);
}

static int parse_borders(struct tt_column *c, const struct word *value, const struct word *word,
                         const struct place *place)
{
    size_t cap = 0;

    for (size_t from = 0; from <= value->len;) {
        const char *comma = memchr(value->text + from, ',', value->len - from);
        size_t n = comma ? (size_t)(comma - value->text) - from : value->len - from;
        double border;
        if (tt_parse_f64(value->text + from, n, &border) || (c->n_borders && border <= c->borders[c->n_borders - 1]) ||
            c->n_borders == MAX_BUCKETS)
            return bad(place, "borders are rising numbers joined by commas, not", word);
        if (tt_grow(&c->borders, &cap, c->n_borders + 1, sizeof(*c->borders), place->err))
            return -1;
        c->borders[c->n_borders++] = border + 0.0; /* -0 is 0 */
        from += n + 1;
    }
    c->buckets = 0;
    return 0;
}

static int yes_or_no(const struct word *value, int *out)
{
    *out = word_is(value, "yes");
    return *out || word_is(value, "no") ? 0 : -1;
}

static int parse_unit(const struct word *value, double *seconds)
{
    for (size_t i = 0; i < N_UNITS; i++)
        if (word_is(value, units[i].name)) {
            *seconds = units[i].seconds;
            return 0;
        }
    return -1;
}

/* Is the character fit to stand between the values of a bag? */
static int is_separator(const struct word *value)
{
    unsigned char c = value->len == 1 ? (unsigned char)value->text[0] : 0;

    return (c >= ' ' && c < 0x7f) || c == '\t';
}

/* NAME=VALUE for the column's kind. */
static int parse_option(struct tt_column *c, const struct word *word, const struct place *place)
{
    const char *equals = memchr(word->text, '=', word->len);
    struct word name = {word->text, equals ? (size_t)(equals - word->text) : word->len};
    struct word value = {equals ? equals + 1 : "", equals ? word->len - name.len - 1 : 0};
    uint64_t count;

    if (!equals)
        return bad(place, "an option is NAME=VALUE, not", word);
    if (c->kind == TT_KIND_ID && word_is(&name, "embed")) {
        if (yes_or_no(&value, &c->embed))
            return bad(place, "embed is yes or no, not", word);
    } else if (c->kind == TT_KIND_BAG && word_is(&name, "sep")) {
        if (!is_separator(&value))
            return bad(place, "sep is one character of ASCII, not", word);
        c->separator = value.text[0];
    } else if (c->kind == TT_KIND_NUMBER && word_is(&name, "buckets")) {
        if (tt_parse_u64(value.text, value.len, &count) || count < 2 || count > MAX_BUCKETS)
            return bad(place, "buckets is a whole number from 2 to 1000, not", word);
        c->buckets = (unsigned)count;
    } else if (c->kind == TT_KIND_NUMBER && word_is(&name, "borders")) {
        return parse_borders(c, &value, word, place);
    } else if (c->kind == TT_KIND_NUMBER && word_is(&name, "scale")) {
        int scale;
        if (yes_or_no(&value, &scale))
            return bad(place, "scale is yes or no, not", word);
        if (scale)
            c->buckets = 0;
    } else if (c->kind == TT_KIND_HASH && word_is(&name, "slots")) {
        if (tt_parse_count(value.text, value.len, &count) || count < 1 || count > MAX_SLOTS)
            return bad(place, "slots is a whole number from 1 to 16777216, not", word);
        c->slots = (unsigned)count;
    } else if (c->kind == TT_KIND_HISTORY && word_is(&name, "count")) {
        for (int i = 0; i < 4; i++)
            if (word_is(&value, count_names[i])) {
                c->count = (enum tt_count)i;
                return 0;
            }
        return bad(place, "count is one of one, log, sqrt, linear, not", word);
    } else if (c->kind == TT_KIND_HISTORY && word_is(&name, "half_life")) {
        if (tt_parse_f64(value.text, value.len, &c->half_life) || c->half_life < 0)
            return bad(place, "half_life is a number of days, 0 for none, not", word);
        c->half_life += 0.0; /* -0 is 0 */
    } else if (c->kind == TT_KIND_TIME && word_is(&name, "unit")) {
        if (parse_unit(&value, &c->unit))
            return bad(place, "unit is one of second, minute, hour, day, week, not", word);
    } else if (c->kind == TT_KIND_LABEL && word_is(&name, "min")) {
        if (tt_parse_f64(value.text, value.len, &c->min))
            return bad(place, "min is a number, not", word);
        c->min += 0.0;
    } else {
        return bad(place, "this kind has no option", &name);
    }
    return 0;
}

/* The options of a line from `at` on: each at most once, and of those of a number, which exclude each other, one. */
static int parse_options(struct tt_column *c, const char *line, size_t len, size_t at, const struct place *place)
{
    struct word option, names[MAX_OPTIONS];
    int n = 0, more;

    while ((more = next_word(line, len, &at, &option)) == 1) {
        if (parse_option(c, &option, place))
            return -1;
        const char *equals = memchr(option.text, '=', option.len);
        option.len = (size_t)(equals - option.text);
        for (int i = 0; i < n; i++)
            if (names[i].len == option.len && memcmp(names[i].text, option.text, option.len) == 0)
                return bad(place, "an option that is given twice:", &option);
        if (c->kind == TT_KIND_NUMBER && n > 0)
            return bad(place, "only one of buckets, borders, scale: a second one is", &option);
        names[n++] = option; /* there is room: no kind has more options than that */
    }
    return more < 0 ? bad(place, "a quote that is not closed, or inside a word, in", &(struct word){line, len}) : 0;
}

/* May a column be called this? Not so that the canonical text or a tensor's name could not show it. */
static int is_name(const struct word *name)
{
    for (size_t i = 0; i < name->len; i++)
        if ((unsigned char)name->text[i] < ' ' || name->text[i] == 0x7f)
            return 0;
    return name->len > 0 && name->len <= MAX_NAME;
}

static int parse_line(struct tt_schema *schema, const char *line, size_t len, size_t *cap, const struct place *place)
{
    struct word side, name, kind;
    size_t at = 0;
    int more = next_word(line, len, &at, &side);

    if (more == 0)
        return 0;
    if (more > 0 && (more = next_word(line, len, &at, &name)) > 0)
        more = next_word(line, len, &at, &kind);
    if (more < 0)
        return bad(place, "a quote that is not closed, or inside a word, in", &(struct word){line, len});
    if (more == 0)
        return tt_err_set(place->err, TT_ERR_INPUT, "%s:%d: expected: side column kind [option=value]...", place->name,
                          place->line);
    struct tt_column c = {.line = place->line, .embed = 1, .separator = '|', .buckets = 10, .slots = 1 << 16,
                          .count = TT_COUNT_SQRT, .min = 1, .unit = 1, .side = TT_EVENT + 1, .kind = TT_KINDS};
    for (int i = 0; i <= TT_EVENT; i++)
        if (word_is(&side, side_names[i]))
            c.side = (enum tt_side)i;
    if (c.side > TT_EVENT)
        return bad(place, "the side is one of user, item, event, not", &side);
    for (int i = 0; i < TT_KINDS; i++)
        if (word_is(&kind, kinds[i].name))
            c.kind = (enum tt_kind)i;
    if (c.kind == TT_KINDS)
        return bad(place,
                   "the kind is one of id, category, bag, number, hash, context, history, weight, label, time, not",
                   &kind);
    if (!(kinds[c.kind].sides & 1u << c.side))
        return tt_err_set(place->err, TT_ERR_INPUT, "%s:%d: the %s side has no kind '%s'", place->name, place->line,
                          side_names[c.side], kinds[c.kind].name);
    if (!is_name(&name))
        return bad(place, "a column's name has 1 to 200 bytes and no control character, not", &name);
    if (schema->n_columns == MAX_COLUMNS)
        return tt_err_set(place->err, TT_ERR_INPUT, "%s:%d: more than %d columns", place->name, place->line,
                          MAX_COLUMNS);
    if (tt_grow(&schema->columns, cap, schema->n_columns + 1, sizeof(c), place->err))
        return -1;
    c.name = tt_copy_text(name.text, name.len, place->err);
    if (!c.name)
        return -1;
    struct tt_column *kept = &schema->columns[schema->n_columns++];
    *kept = c;
    return parse_options(kept, line, len, at, place);
}

/* Would the tensors of a column `longer` and those of the vocabulary of `name` be called alike? */
static int names_clash(const char *name, const char *longer)
{
    size_t n = strlen(name);

    return strncmp(name, longer, n) == 0 && strcmp(longer + n, ".vocab") == 0;
}

/* A history is of the other side's id; without times nothing in it can age. */
static int check_history(const struct tt_schema *schema, const struct tt_column *history, const struct tt_column *other,
                         const char *name, struct tt_err *err)
{
    if (history && strcmp(history->name, other->name) != 0)
        return tt_err_set(err, TT_ERR_INPUT, "%s:%d: a history is of the %s's id, '%s', not of '%s'", name,
                          history->line, side_names[other->side], other->name, history->name);
    if (history && history->half_life > 0 && !tt_schema_find(schema, TT_EVENT, TT_KIND_TIME))
        return tt_err_set(err, TT_ERR_INPUT, "%s:%d: half_life needs an event column of kind 'time'", name,
                          history->line);
    return 0;
}

/* What only the whole can tell: one id a side, no column twice, a history names the other side. */
static int check_whole(const struct tt_schema *schema, const char *name, struct tt_err *err)
{
    const struct tt_column *ids[2] = {NULL, NULL};
    unsigned seen[3][TT_KINDS] = {0};

    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        for (size_t k = 0; k < i; k++) {
            const struct tt_column *other = &schema->columns[k];
            if (other->side != c->side)
                continue;
            if (strcmp(other->name, c->name) == 0)
                return tt_err_set(err, TT_ERR_INPUT, "%s:%d: %s column '%s' stands in line %d already", name, c->line,
                                  side_names[c->side], c->name, other->line);
            if (names_clash(other->name, c->name) || names_clash(c->name, other->name))
                return tt_err_set(err, TT_ERR_INPUT,
                                  "%s:%d: the names '%s' and '%s' (line %d) cannot stand in one file", name, c->line,
                                  c->name, other->name, other->line);
        }
        if (c->kind == TT_KIND_ID) {
            if (ids[c->side])
                return tt_err_set(err, TT_ERR_INPUT, "%s:%d: a second id on the %s side", name, c->line,
                                  side_names[c->side]);
            ids[c->side] = c;
        }
        if (++seen[c->side][c->kind] > TT_MAX_KEYS - 1 && c->kind == TT_KIND_CONTEXT)
            return tt_err_set(err, TT_ERR_INPUT, "%s:%d: more than %d contexts", name, c->line, TT_MAX_KEYS - 1);
        if (c->kind >= TT_KIND_HISTORY && seen[c->side][c->kind] > 1)
            return tt_err_set(err, TT_ERR_INPUT, "%s:%d: a second column of kind '%s'", name, c->line,
                              kinds[c->kind].name);
    }
    if (!ids[TT_USER] || !ids[TT_ITEM])
        return tt_err_set(err, TT_ERR_INPUT, "%s: no id on the %s side", name, ids[TT_USER] ? "item" : "user");
    return check_history(schema, tt_schema_find(schema, TT_USER, TT_KIND_HISTORY), ids[TT_ITEM], name, err) ||
                   check_history(schema, tt_schema_find(schema, TT_ITEM, TT_KIND_HISTORY), ids[TT_USER], name, err)
               ? -1
               : 0;
}

static int add_options(const struct tt_column *c, struct tt_buf *text, struct tt_err *err)
{
    switch (c->kind) {
    case TT_KIND_ID: return tt_buf_printf(text, err, " embed=%s", c->embed ? "yes" : "no");
    case TT_KIND_BAG: return tt_buf_printf(text, err, is_blank(c->separator) ? " \"sep=%c\"" : " sep=%c", c->separator);
    case TT_KIND_NUMBER:
        if (c->buckets)
            return tt_buf_printf(text, err, " buckets=%u", c->buckets);
        if (!c->n_borders)
            return tt_buf_add_text(text, " scale=yes", err);
        for (size_t i = 0; i < c->n_borders; i++)
            if (tt_buf_printf(text, err, "%s%.17g", i ? "," : " borders=", c->borders[i]))
                return -1;
        return 0;
    case TT_KIND_HASH: return tt_buf_printf(text, err, " slots=%u", c->slots);
    case TT_KIND_HISTORY:
        return tt_buf_printf(text, err, " count=%s half_life=%.17g", count_names[c->count], c->half_life);
    case TT_KIND_TIME:
        for (size_t i = 0; i < N_UNITS; i++)
            if (c->unit == units[i].seconds)
                return tt_buf_printf(text, err, " unit=%s", units[i].name);
        return 0;
    case TT_KIND_LABEL: return tt_buf_printf(text, err, " min=%.17g", c->min);
    default: return 0;
    }
}

static int make_canonical(struct tt_schema *schema, struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;

    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        const char *quote = strpbrk(c->name, " #") ? "\"" : "";
        if (tt_buf_printf(&text, err, "%s %s%s%s %s", side_names[c->side], quote, c->name, quote,
                          kinds[c->kind].name) ||
            add_options(c, &text, err) || tt_buf_add_text(&text, "\n", err)) {
            tt_buf_release(&text);
            return -1;
        }
    }
    schema->text = text.data; /* taken */
    tt_fingerprint(text.data, text.len, schema->fingerprint);
    return 0;
}

int tt_schema_parse(struct tt_schema *schema, const char *text, size_t n, const char *name, struct tt_err *err)
{
    struct place place = {name, 0, err};
    size_t cap = 0;

    *schema = (struct tt_schema){0};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark, as Windows' editors write one */
        text += 3;
        n -= 3;
    }
    if (memchr(text, '\0', n) || !tt_is_utf8(text, n)) {
        tt_err_set(err, TT_ERR_INPUT, "%s: not a text in UTF-8", name);
        return -1;
    }
    for (size_t from = 0; from < n;) {
        const char *feed = memchr(text + from, '\n', n - from);
        size_t len = feed ? (size_t)(feed - text) - from : n - from;
        place.line++;
        if (parse_line(schema, text + from, len, &cap, &place))
            goto fail;
        from += len + 1;
    }
    if (check_whole(schema, name, err) || make_canonical(schema, err))
        goto fail;
    return 0;
fail:
    tt_schema_release(schema);
    return -1;
}

int tt_schema_load(struct tt_schema *schema, const char *path, struct tt_err *err)
{
    struct tt_reader reader;
    char *text = tt_alloc(MAX_TEXT, 1, err);
    size_t n;
    int status = -1;

    *schema = (struct tt_schema){0};
    if (!text || tt_reader_open(&reader, path, err)) {
        free(text);
        return -1;
    }
    if (tt_reader_read_full(&reader, text, MAX_TEXT, &n, err) == 0) {
        if (n == MAX_TEXT)
            tt_err_set(err, TT_ERR_INPUT, "%s: longer than a schema of %d bytes", reader.name, MAX_TEXT);
        else
            status = tt_schema_parse(schema, text, n, reader.name, err);
    }
    tt_reader_close(&reader);
    free(text);
    return status;
}

void tt_schema_release(struct tt_schema *schema)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        free(schema->columns[i].name);
        free(schema->columns[i].borders);
    }
    free(schema->columns);
    free(schema->text);
    *schema = (struct tt_schema){0};
}

const struct tt_column *tt_schema_find(const struct tt_schema *schema, enum tt_side side, enum tt_kind kind)
{
    for (size_t i = 0; i < schema->n_columns; i++)
        if (schema->columns[i].side == side && schema->columns[i].kind == kind)
            return &schema->columns[i];
    return NULL;
}

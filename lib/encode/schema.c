/* The schema: see schema.h. */
#include "encode/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "encode/column_kind.h"
#include "io/stream.h"
#include "io/vectors_file.h"

enum {
    MAX_TEXT = 1 << 20,
    MAX_NAME = 200,
    MAX_COLUMNS = 60,
};

static const char *const side_names[] = {"user", "item", "event"};

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

/* NAME=VALUE: the number of the kind's option, or -1. */
static int parse_option(struct tt_column *c, const struct word *word, const struct place *place)
{
    const struct tt_kind_option *options = tt_kind_of(c)->options;
    const char *equals = memchr(word->text, '=', word->len);
    char what[128];
    int i = 0;

    if (!equals)
        return bad(place, "an option is NAME=VALUE, not", word);
    struct word name = {word->text, (size_t)(equals - word->text)};
    while (options[i].name && !word_is(&name, options[i].name))
        i++;
    if (!options[i].name)
        return bad(place, "this kind has no option", &name);
    int status = options[i].parse(c, equals + 1, word->len - name.len - 1, place->err);
    if (status <= 0)
        return status ? -1 : i;
    snprintf(what, sizeof(what), "%s, not", options[i].expected);
    return bad(place, what, word);
}

/* "buckets, borders, scale" */
static const char *option_names(const struct tt_column_kind *kind, char *text, size_t size)
{
    size_t used = 0;

    for (int i = 0; kind->options[i].name && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", kind->options[i].name);
    return text;
}

/* The options of a line from `at` on, each at most once. */
static int parse_options(struct tt_column *c, const char *line, size_t len, size_t at, const struct place *place)
{
    const struct tt_column_kind *kind = tt_kind_of(c);
    unsigned given = 0;
    struct word option;
    int more;

    while ((more = next_word(line, len, &at, &option)) == 1) {
        int i = parse_option(c, &option, place);
        if (i < 0)
            return -1;
        option.len = strlen(kind->options[i].name);
        if (given & 1u << i)
            return bad(place, "an option that is given twice:", &option);
        if (given && kind->is_one_option) {
            char names[64], what[128];
            snprintf(what, sizeof(what), "only one of %s: a second one is", option_names(kind, names, sizeof(names)));
            return bad(place, what, &option);
        }
        given |= 1u << i;
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

static int bad_kind(const struct place *place, const struct word *word)
{
    char what[160];
    size_t used = 0;

    for (int i = 0; i < TT_KINDS && used < sizeof(what); i++)
        used += (size_t)snprintf(what + used, sizeof(what) - used, "%s%s%s", i ? ", " : "the kind is one of ",
                                 tt_column_kinds[i].name, i + 1 < TT_KINDS ? "" : ", not");
    return bad(place, what, word);
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
    int side_of = TT_USER, kind_of = 0;
    while (side_of <= TT_EVENT && !word_is(&side, side_names[side_of]))
        side_of++;
    if (side_of > TT_EVENT)
        return bad(place, "the side is one of user, item, event, not", &side);
    while (kind_of < TT_KINDS && !word_is(&kind, tt_column_kinds[kind_of].name))
        kind_of++;
    if (kind_of == TT_KINDS)
        return bad_kind(place, &kind);
    if (!(tt_column_kinds[kind_of].sides & 1u << side_of))
        return tt_err_set(place->err, TT_ERR_INPUT, "%s:%d: the %s side has no kind '%s'", place->name, place->line,
                          side_names[side_of], tt_column_kinds[kind_of].name);
    struct tt_column c = tt_column_kinds[kind_of].defaults;
    c.side = (enum tt_side)side_of;
    c.kind = (enum tt_kind)kind_of;
    c.line = place->line;
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
        if (tt_kind_of(c)->is_once && seen[c->side][c->kind] > 1)
            return tt_err_set(err, TT_ERR_INPUT, "%s:%d: a second column of kind '%s'", name, c->line,
                              tt_kind_of(c)->name);
    }
    if (!ids[TT_USER] || !ids[TT_ITEM])
        return tt_err_set(err, TT_ERR_INPUT, "%s: no id on the %s side", name, ids[TT_USER] ? "item" : "user");
    return check_history(schema, tt_schema_find(schema, TT_USER, TT_KIND_HISTORY), ids[TT_ITEM], name, err) ||
                   check_history(schema, tt_schema_find(schema, TT_ITEM, TT_KIND_HISTORY), ids[TT_USER], name, err)
               ? -1
               : 0;
}

static int make_canonical(struct tt_schema *schema, struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;

    for (size_t i = 0; i < schema->n_columns; i++) {
        const struct tt_column *c = &schema->columns[i];
        const char *quote = strpbrk(c->name, " #") ? "\"" : "";
        if (tt_buf_printf(&text, err, "%s %s%s%s %s", side_names[c->side], quote, c->name, quote,
                          tt_kind_of(c)->name) ||
            (tt_kind_of(c)->print_options && tt_kind_of(c)->print_options(c, &text, err)) ||
            tt_buf_add_text(&text, "\n", err)) {
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

const char *tt_tensor_name(char buffer[TT_TENSOR_NAME], const struct tt_column *column, const char *what)
{
    snprintf(buffer, TT_TENSOR_NAME, "%s.%s.%s", tt_side_name(column->side), column->name, what);
    return buffer;
}

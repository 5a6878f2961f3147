/* Findings as columns, or as sentences and tables: see findings_writer.h. */
#include "eval/findings_writer.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "eval/verdict.h"
#include "io/tsv_writer.h"

enum { TEXT_WIDTH = 100, NAME_WIDTH = 20 }; /* characters */

/* ---- columns ---- */

/* A number, or "-" when it is not known. */
static int write_number(struct tt_writer *writer, double value, struct tt_err *err)
{
    if (tt_writer_text(writer, "\t", err))
        return -1;
    return isnan(value) ? tt_writer_text(writer, "-", err) : tt_writer_printf(writer, err, "%.9g", value);
}

static int write_field(struct tt_writer *writer, const char *text, size_t len, struct tt_err *err)
{
    return tt_tsv_field(writer, TT_CSV_TAB, text, len, err) || tt_writer_text(writer, "\t", err) ? -1 : 0;
}

/* The verdict, and its sentences in two columns. text is scratch. */
static int write_verdict(struct tt_writer *writer, const struct tt_finding *f, const struct tt_compare_options *o,
                         struct tt_buf *text, struct tt_err *err)
{
    text->len = 0;
    if (tt_writer_printf(writer, err, "\t%s\t", tt_verdict_names[tt_verdict(f, o)]) ||
        tt_verdict_answer(f, o, text, err) || write_field(writer, text->data, text->len, err))
        return -1;
    text->len = 0;
    if (tt_verdict_reason(f, o, text, err) || tt_tsv_field(writer, TT_CSV_TAB, text->data, text->len, err))
        return -1;
    return tt_writer_text(writer, "\n", err);
}

static int write_finding(struct tt_writer *writer, const struct tt_finding *f, const struct tt_compare_options *o,
                         struct tt_buf *text, struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    const char *at = strrchr(f->figure, '@');
    size_t len = at ? (size_t)(at - f->figure) : strlen(f->figure);
    const double numbers[] = {
        c->value, c->base_value, c->difference, c->low, c->high, c->p, f->p_holm, c->cohens_d, c->users_part,
        c->seeds_part, c->degrees, (double)f->n_runs, (double)f->n_base_runs, (double)f->n_users, f->n, c->power,
        c->detectable, tt_verdict_more(f), tt_verdict_runs(f),
    };

    if (f->slice && (write_field(writer, f->slice, strlen(f->slice), err) ||
                     write_field(writer, f->part, f->part_len, err)))
        return -1;
    if (write_field(writer, f->model, strlen(f->model), err) || write_field(writer, f->base, strlen(f->base), err) ||
        tt_tsv_field(writer, TT_CSV_TAB, f->figure, len, err) ||
        tt_writer_printf(writer, err, "\t%s", at ? at + 1 : "-"))
        return -1;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (write_number(writer, numbers[i], err))
            return -1;
    return write_verdict(writer, f, o, text, err);
}

int tt_findings_write_tsv(const struct tt_findings *found, int has_slices, const struct tt_compare_options *o,
                          struct tt_writer *writer, struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;
    int status = tt_writer_printf(writer, err, "%smodel\tbase\tmetric\tk\tvalue\tbase_value\tdifference\tlow\thigh\tp\t"
                                  "p_holm\tcohens_d\tusers_part\tseeds_part\tdegrees\tseeds\tbase_seeds\tusers\tn\t"
                                  "power\tdetectable\tmore_n\tneeds_seeds\tverdict\tanswer\treason\n",
                                  has_slices ? "slice\tpart\t" : "");

    for (size_t i = 0; status == 0 && i < found->n; i++)
        status = write_finding(writer, &found->all[i], o, &text, err);
    tt_buf_release(&text);
    return status;
}

/* ---- for people ---- */

/* The bytes up to a blank where a line may end: not within "p = 0.37" or "95 %". */
static size_t word_length(const char *text)
{
    size_t len = strcspn(text, " ");

    while (len && text[len] && text[len + 1] && (strchr("=<%", text[len + 1]) || strchr("=<", text[len - 1])))
        len += 1 + strcspn(text + len + 1, " ");
    return len;
}

/* The text in lines of TEXT_WIDTH characters, broken at blanks, and where a word is longer, in it. */
static int write_wrapped(struct tt_writer *writer, const char *text, struct tt_err *err)
{
    size_t width = 0;

    while (*text) {
        size_t len = word_length(text), longest = tt_utf8_cut(text, strlen(text), TEXT_WIDTH);
        len = len < longest ? len : longest;
        size_t characters = tt_utf8_count(text, len);
        int fits = width + 1 + characters <= TEXT_WIDTH;
        if (width && tt_writer_text(writer, fits ? " " : "\n", err))
            return -1;
        width = width && fits ? width + 1 + characters : characters;
        if (tt_writer_write(writer, text, len, err))
            return -1;
        text += len + (text[len] == ' ');
    }
    return tt_writer_text(writer, "\n", err);
}

/* A name in a column of NAME_WIDTH; a longer one is cut off and ends in "..". */
static int write_name(struct tt_writer *writer, const char *name, struct tt_err *err)
{
    size_t len = strlen(name), characters = tt_utf8_count(name, len), kept = NAME_WIDTH - 2;

    if (characters > NAME_WIDTH)
        return tt_writer_write(writer, name, tt_utf8_cut(name, len, kept), err) ||
               tt_writer_text(writer, "..", err) ? -1 : 0;
    return tt_writer_printf(writer, err, "%s%*s", name, (int)(NAME_WIDTH - characters), "");
}

static int write_line(struct tt_writer *writer, const struct tt_finding *f, int digits, struct tt_err *err)
{
    const struct tt_comparison *c = &f->c;
    double total = c->users_part + c->seeds_part;

    if (tt_writer_text(writer, "  ", err) || write_name(writer, f->model, err) || tt_writer_text(writer, " ", err) ||
        write_name(writer, f->base, err) ||
        tt_writer_printf(writer, err, " %7.*f %7.*f %+10.*f %10.*f", digits, 100 * c->value, digits,
                         100 * c->base_value, digits, 100 * c->difference, digits, 100 * c->detectable))
        return -1;
    if (!(total > 0)) /* or not known */
        return tt_writer_text(writer, "      -      -\n", err);
    return tt_writer_printf(writer, err, " %4.0f %% %4.0f %%\n", 100 * c->users_part / total,
                            100 * c->seeds_part / total);
}

/* The lines of the n findings about one figure. */
static int write_table(struct tt_writer *writer, const struct tt_finding *found, size_t n, struct tt_err *err)
{
    int digits = 1;

    for (size_t i = 0; i < n; i++)
        digits = tt_verdict_digits(&found[i].c) > digits ? tt_verdict_digits(&found[i].c) : digits;
    if (tt_writer_printf(writer, err, "\n%s in %%, %.0f test %s of %zu users\n  %-*s %-*s %7s %7s %10s %10s %6s %6s\n",
                         found->figure, found->n, found->unit, found->n_users, NAME_WIDTH,
                         "model", NAME_WIDTH, "base", "model", "base", "difference", "detectable", "users", "seeds"))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (write_line(writer, &found[i], digits, err))
            return -1;
    return 0;
}

static int write_legend(struct tt_writer *writer, size_t n, const struct tt_compare_options *o, struct tt_err *err)
{
    if (tt_writer_printf(writer, err, "\n"
                         "detectable: the smallest difference that such a test finds with a chance of %.4g %%.\n"
                         "users, seeds: their shares of the difference's variance; more of the larger helps more.\n",
                         100 * o->power))
        return -1;
    return n == 1 ? 0 : tt_writer_printf(writer, err, "p: corrected for %zu comparisons (Holm).\n", n);
}

/* The findings from this one on that are about the same figure. */
static size_t count_of_figure(const struct tt_findings *found, size_t from)
{
    size_t to = from;

    while (to < found->n && strcmp(found->all[to].figure, found->all[from].figure) == 0)
        to++;
    return to - from;
}

int tt_findings_write_text(const struct tt_findings *found, const struct tt_compare_options *o,
                           struct tt_writer *writer, struct tt_err *err)
{
    struct tt_buf text = TT_BUF_INIT;
    int status = -1;

    for (size_t i = 0; i < found->n; i++) {
        const struct tt_finding *f = &found->all[i];
        text.len = 0;
        if (tt_verdict_answer(f, o, &text, err) || tt_buf_add_text(&text, " ", err) ||
            tt_verdict_reason(f, o, &text, err) || write_wrapped(writer, text.data, err))
            goto done;
    }
    for (size_t i = 0, n; i < found->n; i += n) {
        n = count_of_figure(found, i);
        if (write_table(writer, found->all + i, n, err))
            goto done;
    }
    status = write_legend(writer, found->n, o, err);
done:
    tt_buf_release(&text);
    return status;
}

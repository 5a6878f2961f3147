/* Checkpoints: see checkpoint.h. */
#include "train/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "math/gemm.h"

enum {
    MAX_WHAT = 128,
    SHARE = 50,                      /* saving takes at most this part of the time */
};
static const double within = 0.1; /* seconds between two checkpoints of one epoch, at least */
static const char prefix[] = "run ";

size_t tt_facts_of_run(struct tt_fact facts[TT_MAX_FACTS], const char *program, char *options,
                       const struct tt_training_inputs *inputs)
{
    size_t n = 0;

    facts[n++] = (struct tt_fact){"the program", program};
    facts[n++] = (struct tt_fact){"the kind of CPU for OpenBLAS", tt_gemm_core()};
    facts[n++] = (struct tt_fact){"the checksum of the examples", inputs->examples};
    facts[n++] = (struct tt_fact){"the checksum of the validation events", inputs->valid};
    facts[n++] = (struct tt_fact){"the checksum of the earlier model", inputs->warm_start};
    for (char *option = options, *next; option && *option && n < TT_MAX_FACTS; option = next) {
        next = strstr(option + 2, " --");
        if (next)
            *next++ = '\0';
        char *value = strchr(option, ' ');
        if (value)
            *value++ = '\0';
        facts[n++] = (struct tt_fact){option, value ? value : "given"};
    }
    return n;
}

int tt_checkpoint_is_due(const struct tt_checkpoint_keeper *k, double now, size_t step)
{
    double since = now - k->saved;

    return k->path && since >= SHARE * k->cost && (step == 0 || since >= within);
}

void tt_checkpoint_saved(struct tt_checkpoint_keeper *k, double begun, double done)
{
    k->saved = done;
    k->cost = done - begun;
}

/* The metadata's name of a fact. */
static const char *fact_key(char key[MAX_WHAT], const char *what)
{
    snprintf(key, MAX_WHAT, "%s%s", prefix, what);
    return key;
}

int tt_checkpoint_begin(struct tt_checkpoint *c, const struct tt_fact *facts, size_t n_facts, struct tt_err *err)
{
    char key[MAX_WHAT];

    *c = (struct tt_checkpoint){0};
    if (tt_segment_init(&c->segment, "checkpoint", TT_FORMAT, err))
        return -1;
    for (size_t i = 0; i < n_facts; i++)
        if (facts[i].value[0] && tt_segment_text(&c->segment, fact_key(key, facts[i].what), facts[i].value, err)) {
            tt_checkpoint_release(c);
            return -1;
        }
    c->state.segment = &c->segment;
    return 0;
}

int tt_checkpoint_write(struct tt_checkpoint *c, const char *path, tt_temporary_fn *watch, struct tt_err *err)
{
    struct tt_writer writer;

    if (tt_writer_open(&writer, path, watch, err))
        return -1;
    if (tt_segment_write(&c->segment, &writer, 0, 1, err)) {
        tt_writer_discard(&writer, watch);
        return -1;
    }
    return tt_writer_finish(&writer, watch, err);
}

static int differs(const char *path, const char *what, const char *was, const char *is, struct tt_err *err)
{
    return tt_err_set(err, TT_ERR_MISMATCH, "%s: a checkpoint of another run: %s was %s, and is %s", path, what,
                      *was ? was : "none", *is ? is : "none");
}

static int check_facts(const struct tt_segment *segment, const char *path, const struct tt_fact *facts, size_t n_facts,
                       struct tt_err *err)
{
    char key[MAX_WHAT];

    for (size_t i = 0; i < n_facts; i++) {
        const char *was = tt_segment_find_text(segment, fact_key(key, facts[i].what));
        if (strcmp(was ? was : "", facts[i].value) != 0)
            return differs(path, facts[i].what, was ? was : "", facts[i].value, err);
    }
    for (size_t t = 0; t < segment->n_texts; t++) {
        const char *what = segment->texts[t].key;
        int known = strncmp(what, prefix, sizeof(prefix) - 1) != 0;
        for (size_t i = 0; i < n_facts && !known; i++)
            known = strcmp(what + sizeof(prefix) - 1, facts[i].what) == 0;
        if (!known)
            return differs(path, what + sizeof(prefix) - 1, segment->texts[t].value, "", err);
    }
    return 0;
}

int tt_checkpoint_open(struct tt_checkpoint *c, const char *path, const struct tt_fact *facts, size_t n_facts,
                       struct tt_err *err)
{
    *c = (struct tt_checkpoint){0};
    if (tt_container_load(path, "checkpoint", &c->segment, err))
        return -1;
    if (check_facts(&c->segment, path, facts, n_facts, err)) {
        tt_checkpoint_release(c);
        return -1;
    }
    c->state.segment = &c->segment;
    c->state.is_restoring = 1;
    return 0;
}

void tt_checkpoint_release(struct tt_checkpoint *c)
{
    tt_segment_release(&c->segment);
    *c = (struct tt_checkpoint){0};
}

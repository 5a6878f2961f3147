/* A tiny world as the files that a service loads: model.tt, index.tt, items.csv and seen.csv, in a folder of the test's
 * own. Users u1 ..., items i1 ...; a history, the context "meal_time" with values c1 ... c5, and the items' category
 * "kind". The index has the items in falling order of their numbers, and one that is not in the model, "new". */
#ifndef TT_TESTS_TINY_SERVICE_H
#define TT_TESTS_TINY_SERVICE_H

#include <sys/stat.h>

#include "encode/history.h"
#include "data_files.h"
#include "index/flat.h"
#include "index/index_file.h"
#include "model/model.h"
#include "serve/service.h"
#include "tiny_model.h"

enum { USERS = 12, ITEMS = 40, DIM = 8 };

static const char tiny_schema[] = "user user_id id\nuser store_id history count=linear half_life=1\n"
                                  "user meal_time context\nuser city category\nitem store_id id\n"
                                  "item kind category\nevent at time\n";
static struct tt_pool *tiny_pool;

static inline void tiny_store(struct tt_segment *segment, const char *path)
{
    write_segment(segment, path);
    tt_segment_release(segment);
}

/* Which items user u visited, and when: tests compute it again. */
static inline int tiny_visits(size_t user, size_t item) { return item > 0 && (user * 7 + item * 3) % 11 == 0; }

static inline void tiny_index(const struct tt_model *model, const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_tower_input input = {0};
    struct tt_segment segment = {0};
    struct tt_text_list ids = {0};
    float all[(ITEMS + 1) * DIM], rows[(ITEMS + 1) * DIM];
    char text[16];

    NEED(tt_tower_input_of_table(&input, &model->entities.items, &model->entities.dictionary.schema, &err));
    NEED(tt_model_embed(model, &input, tiny_pool, all, &err));
    NEED(tt_text_list_init(&ids, &err));
    for (size_t i = 0; i <= ITEMS; i++) { /* row 0 is i40; the last one is "new", with the vector of the unknown item */
        size_t item = ITEMS - i;
        memcpy(rows + i * DIM, all + item * DIM, DIM * sizeof(float));
        snprintf(text, sizeof(text), "i%zu", item);
        NEED(tt_text_list_add(&ids, item ? text : "new", strlen(item ? text : "new"), &err));
    }
    struct tt_index index = {.n = ITEMS + 1, .dim = DIM, .vectors = rows, .ids = ids, .item = "store_id",
                             .model = model->entities.segment.checksum, .type = &tt_flat_type};
    struct tt_ann *ann = index.type->build(rows, index.n, index.dim, tiny_pool, &err);
    assert_non_null(ann);
    NEED(tt_index_store(&index, ann, &segment, &err));
    tiny_store(&segment, path);
    tt_ann_free(ann);
    tt_text_list_release(&ids);
    tt_tower_input_release(&input);
}

/* Make the files; another seed makes another model. */
static inline void tiny_files(const char *model_path, const char *index_path, uint64_t seed)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_examples base;
    struct tt_model model;
    struct tt_segment segment = {0};
    struct tt_rng rng;
    uint32_t user[USERS * ITEMS], item[USERS * ITEMS], time[USERS * ITEMS];
    size_t n = 0;

    tiny_begin(&base, tiny_schema, USERS, ITEMS);
    for (size_t u = 1; u <= USERS; u++)
        for (size_t i = 1; i <= ITEMS; i++)
            if (tiny_visits(u, i)) {
                user[n] = (uint32_t)u;
                item[n] = (uint32_t)i;
                time[n++] = (uint32_t)(1000000 + i * 3600);
            }
    struct tt_visits visits = {.n = n, .user = user, .item = item, .time = time};
    struct tt_table *users = &base.entities.users;
    NEED(tt_history_build(&users->bags[1], &base.entities.dictionary.schema.columns[1], USERS + 1, &visits, &err));
    users->latest = tt_alloc_zero(USERS + 1, sizeof(*users->latest), &err);
    users->cap_latest = USERS + 1;
    tt_history_latest(users->latest, &visits);
    tiny_model(&model, &base, DIM);
    tt_rng_init(&rng, seed, TT_RNG_TEST, 0);
    for (size_t c = 0; c < model.entities.dictionary.schema.n_columns; c++)
        for (size_t i = 0; model.tables[c] && i < tt_model_table_size(&model, c); i++)
            model.tables[c][i] = (float)(tt_rng_unit(&rng) - 0.5);
    NEED(tt_model_store(&model, &segment, &err));
    tiny_store(&segment, model_path);
    tt_model_release(&model);
    NEED(tt_model_load(&model, model_path, &err));
    tiny_index(&model, index_path);
    tt_model_release(&model);
}

static inline int tiny_service_setup(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    tiny_pool = tt_pool_new(2, &err);
    return !tiny_pool || enter_data_folder(state);
}

/* Files have the names m and i (a model and its index), n and j (another one), and any other letter. */
static inline int tiny_service_teardown(void **state)
{
    tt_pool_free(tiny_pool);
    return leave_data_folder(state);
}

static inline long tiny_length(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (long)st.st_size;
}

/* Another bit in one byte of a file; twice: as it was. */
static inline void tiny_flip(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");

    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int byte = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_not_equal(fputc(byte ^ 1, f), EOF);
    assert_int_equal(fclose(f), 0);
}

static char tiny_notes[4096];

static inline void tiny_note(void *arg, const char *text)
{
    (void)arg;
    size_t len = strlen(tiny_notes);
    snprintf(tiny_notes + len, sizeof(tiny_notes) - len, "%s\n", text);
}

static inline struct tt_snapshot *tiny_load(const struct tt_snapshot_files *files)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_snapshot *s = tt_snapshot_load(files, 1, tiny_pool, tiny_note, NULL, &err);

    if (!s)
        fail_msg("%s", err.text);
    return s;
}

/* ---- a service on these files ---- */

static struct tt_zone *tiny_zone;

static inline int64_t tiny_now(void) { return 43200; } /* noon of a Thursday */

static inline struct tt_service_options tiny_options(void)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_service_options o = {.files = {.model = "m", .index = "i"}, .name = "tt", .cache = 100000,
                                   .pool = tiny_pool, .now = tiny_now, .note = tiny_note};

    if (!tiny_zone)
        tiny_zone = tt_zone_new("UTC", NULL, &err);
    o.settings.zone = tiny_zone;
    NEED(tt_meal_times_parse(&o.settings.meals, TT_MEAL_TIMES, &err));
    return o;
}

static inline struct tt_service *tiny_service(const struct tt_service_options *options)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_service *service = tt_service_new(options, &err);

    if (!service)
        fail_msg("%s", err.text);
    return service;
}

/* Send "METHOD PATH[?NAME=VALUE&...]" without escapes, with a body; the answer's status, and its body in `text`. */
static inline unsigned tiny_request(struct tt_service *service, const char *target, const char *body, char *text,
                                    size_t cap)
{
    struct tt_http_param params[16];
    struct tt_http_request request = {.params = params, .body = body, .body_len = strlen(body)};
    struct tt_http_answer answer = {.status = 200};
    char copy[1024], *at = copy;

    snprintf(copy, sizeof(copy), "%s", target);
    request.method = at;
    at = strchr(at, ' ');
    *at++ = '\0';
    request.path = at;
    at += strcspn(at, "?");
    request.path_len = (size_t)(at - request.path);
    while (*at) {
        struct tt_http_param *p = &params[request.n_params++];
        *at++ = '\0';
        p->name = at;
        p->name_len = strcspn(at, "=");
        at += p->name_len;
        *at++ = '\0';
        p->value = at;
        p->value_len = strcspn(at, "&");
        at += p->value_len;
    }
    tt_service_answer(service, &request, &answer);
    assert_non_null(answer.endpoint);
    assert_non_null(answer.content_type);
    snprintf(text, cap, "%.*s", (int)(answer.is_static ? answer.text_len : answer.body.len),
             answer.is_static ? answer.text : answer.body.data ? answer.body.data : "");
    tt_buf_release(&answer.body);
    return answer.status;
}

#endif

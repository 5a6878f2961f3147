/* The life of the service: see service.h. */
#include "serve/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "serve/service_internal.h"

/* ---- workers ---- */

static void free_worker(struct tt_service_worker *worker)
{
    if (!worker)
        return;
    tt_recommender_free(worker->recommender);
    tt_event_batch_release(&worker->batch);
    free(worker);
}

static struct tt_service_worker *new_worker(const struct tt_service *service, struct tt_err *err)
{
    struct tt_service_worker *worker = tt_alloc_zero(1, sizeof(*worker), err);

    if (!worker)
        return NULL;
    worker->clock.meals = service->options.settings.meals;
    worker->recommender = tt_recommender_new(err);
    if (!worker->recommender) {
        free_worker(worker);
        return NULL;
    }
    return worker;
}

/* A worker, and the snapshot that the request will be answered from. */
static struct tt_service_worker *begin(struct tt_service *service, struct tt_snapshot **snapshot, struct tt_err *err)
{
    tt_mutex_lock(&service->lock);
    struct tt_service_worker *worker = service->idle;
    if (worker)
        service->idle = worker->next;
    *snapshot = tt_snapshot_hold(service->snapshot);
    tt_mutex_unlock(&service->lock);
    return worker ? worker : new_worker(service, err);
}

static void end(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot)
{
    if (worker) {
        tt_mutex_lock(&service->lock);
        worker->next = service->idle;
        service->idle = worker;
        tt_mutex_unlock(&service->lock);
    }
    tt_snapshot_drop(snapshot);
}

void tt_service_answer(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer)
{
    struct tt_service *service = arg;
    struct tt_err err = TT_ERR_INIT;
    struct tt_snapshot *snapshot;
    struct tt_service_worker *worker = begin(service, &snapshot, &err);

    if (worker)
        tt_endpoint_answer(service, worker, snapshot, request, answer);
    else
        tt_endpoint_error(answer, 503, err.text);
    end(service, worker, snapshot);
}

void tt_service_done(void *arg, const struct tt_http_done *done)
{
    struct tt_service *service = arg;

    tt_telemetry_count(service->telemetry, done->endpoint, done->status, done->nanoseconds);
}

/* ---- loading ---- */

static uint64_t look_at(const char *path, uint64_t seed)
{
    struct stat st;
    int64_t look[5] = {0};

    if (path && stat(path, &st) == 0) {
        look[0] = (int64_t)st.st_dev;
        look[1] = (int64_t)st.st_ino;
        look[2] = (int64_t)st.st_size;
        look[3] = (int64_t)st.st_mtim.tv_sec;
        look[4] = (int64_t)st.st_mtim.tv_nsec;
    }
    return tt_hash64(look, sizeof(look), seed);
}

/* What all files look like, in one number. */
static uint64_t look(const struct tt_snapshot_files *files)
{
    uint64_t seen = look_at(files->items, look_at(files->index, look_at(files->model, 0)));

    for (size_t i = 0; i < files->n_seen; i++)
        seen = look_at(files->seen[i], seen);
    return seen;
}

static void note(const struct tt_service *service, const char *text)
{
    service->options.note(service->options.note_arg, text);
}

static void note_loaded(const struct tt_service *service, const struct tt_snapshot *s)
{
    char text[512];

    snprintf(text, sizeof(text), "loaded %zu items and %zu users; model %.8s, index %.8s", s->index.n,
             s->model.base.users.n_rows ? s->model.base.users.n_rows - 1 : 0, tt_snapshot_model_name(s),
             tt_snapshot_index_name(s));
    note(service, text);
}

/* Another snapshot takes the place of the present one. */
static void exchange(struct tt_service *service, struct tt_snapshot *snapshot)
{
    tt_mutex_lock(&service->lock);
    struct tt_snapshot *old = service->snapshot;
    service->snapshot = snapshot;
    service->last_error[0] = '\0';
    tt_mutex_unlock(&service->lock);
    tt_snapshot_drop(old);
}

static void fail(struct tt_service *service, const struct tt_err *err)
{
    char text[sizeof(err->text) + 64];

    tt_mutex_lock(&service->lock);
    memcpy(service->last_error, err->text, sizeof(service->last_error));
    tt_mutex_unlock(&service->lock);
    atomic_fetch_add(&service->failed_reloads, 1);
    snprintf(text, sizeof(text), "not reloaded, the earlier files go on: %s", err->text);
    note(service, text);
}

static int reload(struct tt_service *service, struct tt_err *err)
{
    const struct tt_service_options *o = &service->options;
    int log_is_new = 0, is_other;
    struct tt_snapshot *s;

    service->files = look(&o->files); /* before reading: what changes meanwhile is loaded again */
    if (service->log.journal && tt_journal_reopen(service->log.journal, &log_is_new, err))
        return -1;
    if (log_is_new)
        tt_live_turn(service->live);
    service->log_is_new |= log_is_new;
    s = tt_snapshot_load(&o->files, service->snapshot->serial + 1, o->pool, o->note, o->note_arg, err);
    if (!s)
        return -1;
    if (tt_snapshot_need_popular(s, err) ||
        (service->log.journal && tt_event_log_suits(&service->log, s, err))) {
        tt_snapshot_drop(s);
        return -1;
    }
    is_other = strcmp(tt_snapshot_model_name(s), tt_snapshot_model_name(service->snapshot)) != 0;
    exchange(service, s);
    atomic_fetch_add(&service->reloads, 1);
    note_loaded(service, s);
    /* A model that came together with a new log was trained before the old one was moved away. */
    log_is_new = service->log_is_new;
    service->log_is_new = 0;
    return is_other && !log_is_new ? tt_live_forget(service->live, err) : 0;
}

void tt_service_reload(struct tt_service *service)
{
    struct tt_err err = TT_ERR_INIT;

    if (reload(service, &err)) {
        service->failed = service->files;
        fail(service, &err);
    }
}

void tt_service_tick(struct tt_service *service)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t now = look(&service->options.files);

    if (service->log.journal && tt_journal_tick(service->log.journal, &err))
        note(service, err.text);
    if (tt_snapshot_need_popular(service->snapshot, &err)) /* after the start, before the first request that needs it */
        note(service, err.text);
    /* Files that were written come one after another: wait until they have looked alike twice. */
    if (now != service->files && now == service->looked && now != service->failed)
        tt_service_reload(service);
    service->looked = now;
}

static int start(struct tt_service *service, struct tt_err *err)
{
    const struct tt_service_options *o = &service->options;
    uint64_t cut = 0;
    char text[512];

    service->live = tt_live_new(err);
    service->cache = service->live ? tt_cache_new(o->cache, err) : NULL;
    service->telemetry = service->cache ? tt_telemetry_new(tt_endpoint_names, tt_endpoint_count, err) : NULL;
    if (!service->telemetry)
        return -1;
    service->files = service->looked = look(&o->files);
    service->snapshot = tt_snapshot_load(&o->files, 1, o->pool, o->note, o->note_arg, err);
    if (!service->snapshot || (o->events && tt_event_log_open(&service->log, o->events, o->sync, service->snapshot,
                                                              service->live, &cut, err)))
        return -1;
    if (cut) {
        snprintf(text, sizeof(text), "%s: took off %llu bytes of a last row that was not written whole", o->events,
                 (unsigned long long)cut);
        note(service, text);
    }
    note_loaded(service, service->snapshot);
    if (o->events && tt_live_events(service->live)) {
        snprintf(text, sizeof(text), "%s: %zu events", o->events, tt_live_events(service->live));
        note(service, text);
    }
    return 0;
}

struct tt_service *tt_service_new(const struct tt_service_options *options, struct tt_err *err)
{
    struct tt_service *service = tt_alloc_zero(1, sizeof(*service), err);

    if (!service)
        return NULL;
    service->options = *options;
    service->started = options->now();
    if (tt_mutex_init(&service->lock, err)) {
        free(service);
        return NULL;
    }
    if (start(service, err)) {
        tt_service_free(service);
        return NULL;
    }
    return service;
}

void tt_service_free(struct tt_service *service)
{
    if (!service)
        return;
    for (struct tt_service_worker *worker = service->idle, *next; worker; worker = next) {
        next = worker->next;
        free_worker(worker);
    }
    tt_snapshot_drop(service->snapshot);
    tt_event_log_release(&service->log);
    tt_live_free(service->live);
    tt_cache_free(service->cache);
    tt_telemetry_free(service->telemetry);
    tt_mutex_release(&service->lock);
    free(service);
}

void tt_service_drain(struct tt_service *service)
{
    atomic_store(&service->drains, 1);
}

void tt_service_watch(struct tt_service *service, unsigned (*connections)(const struct tt_http *),
                      const struct tt_http *http)
{
    service->connections = connections;
    service->http = http;
}

/* The service: see service.h. Its answers are in endpoints.c. */
#include "serve/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "serve/endpoints.h"

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

/* A worker, and a reference to the current snapshot. */
static struct tt_service_worker *begin_request(struct tt_service *service, struct tt_snapshot **snapshot,
                                               struct tt_err *err)
{
    tt_mutex_lock(&service->lock);
    struct tt_service_worker *worker = service->idle;
    if (worker)
        service->idle = worker->next;
    *snapshot = tt_snapshot_ref(service->snapshot);
    tt_mutex_unlock(&service->lock);
    return worker ? worker : new_worker(service, err);
}

static void end_request(struct tt_service *service, struct tt_service_worker *worker, struct tt_snapshot *snapshot)
{
    if (worker) {
        tt_mutex_lock(&service->lock);
        worker->next = service->idle;
        service->idle = worker;
        tt_mutex_unlock(&service->lock);
    }
    tt_snapshot_unref(snapshot);
}

void tt_service_answer(void *arg, const struct tt_http_request *request, struct tt_http_answer *answer)
{
    struct tt_service *service = arg;
    struct tt_err err = TT_ERR_INIT;
    struct tt_snapshot *snapshot;
    struct tt_service_worker *worker = begin_request(service, &snapshot, &err);

    if (worker)
        tt_endpoints_answer(service, worker, snapshot, request, answer);
    else
        tt_answer_error(answer, 503, err.text);
    end_request(service, worker, snapshot);
}

void tt_service_done(void *arg, const struct tt_http_done *done)
{
    struct tt_service *service = arg;

    tt_telemetry_count(service->telemetry, done->endpoint, done->status, done->nanoseconds);
}

/* ---- loading ---- */

/* A number that changes when the file is replaced or written to. */
static uint64_t file_stamp(const char *path, uint64_t seed)
{
    struct stat st;
    int64_t parts[5] = {0};

    if (path && stat(path, &st) == 0) {
        parts[0] = (int64_t)st.st_dev;
        parts[1] = (int64_t)st.st_ino;
        parts[2] = (int64_t)st.st_size;
        parts[3] = (int64_t)st.st_mtim.tv_sec;
        parts[4] = (int64_t)st.st_mtim.tv_nsec;
    }
    return tt_hash64(parts, sizeof(parts), seed);
}

/* The same for all files. */
static uint64_t stamp_of(const struct tt_snapshot_files *files)
{
    uint64_t stamp = file_stamp(files->items, file_stamp(files->index, file_stamp(files->model, 0)));

    for (size_t i = 0; i < files->n_seen; i++)
        stamp = file_stamp(files->seen[i], stamp);
    return stamp;
}

static void note(const struct tt_service *service, const char *text)
{
    service->options.note(service->options.note_arg, text);
}

static void note_loaded(const struct tt_service *service, const struct tt_snapshot *s)
{
    char text[512];

    snprintf(text, sizeof(text), "loaded %zu items and %zu users; model %.8s, index %.8s", s->index.n,
             s->model.entities.users.n_rows ? s->model.entities.users.n_rows - 1 : 0, tt_snapshot_model_name(s),
             tt_snapshot_index_name(s));
    note(service, text);
}

static void replace_snapshot(struct tt_service *service, struct tt_snapshot *snapshot)
{
    tt_mutex_lock(&service->lock);
    struct tt_snapshot *old = service->snapshot;
    service->snapshot = snapshot;
    service->last_error[0] = '\0';
    tt_mutex_unlock(&service->lock);
    tt_snapshot_unref(old);
}

static void note_failure(struct tt_service *service, const struct tt_err *err)
{
    char text[sizeof(err->text) + 64];

    tt_mutex_lock(&service->lock);
    memcpy(service->last_error, err->text, sizeof(service->last_error));
    tt_mutex_unlock(&service->lock);
    atomic_fetch_add(&service->failed_reloads, 1);
    snprintf(text, sizeof(text), "not reloaded, the earlier files stay in use: %s", err->text);
    note(service, text);
}

static int reload(struct tt_service *service, struct tt_err *err)
{
    const struct tt_service_options *o = &service->options;
    int log_is_new = 0, is_other;
    struct tt_snapshot *s;

    service->loaded = stamp_of(&o->files); /* before reading: files that change meanwhile are loaded again */
    if (service->log.file && tt_csv_log_reopen(service->log.file, &log_is_new, err))
        return -1;
    if (log_is_new)
        tt_recent_events_rotate(service->recent);
    service->log_is_new |= log_is_new;
    s = tt_snapshot_load(&o->files, service->snapshot->serial + 1, o->pool, o->note, o->note_arg, err);
    if (!s)
        return -1;
    if (tt_snapshot_need_popular(s, err) ||
        (service->log.file && tt_event_log_check(&service->log, s, err))) {
        tt_snapshot_unref(s);
        return -1;
    }
    is_other = strcmp(tt_snapshot_model_name(s), tt_snapshot_model_name(service->snapshot)) != 0;
    replace_snapshot(service, s);
    atomic_fetch_add(&service->reloads, 1);
    note_loaded(service, s);
    /* A model that comes together with a new log was trained before the old log was moved away. */
    log_is_new = service->log_is_new;
    service->log_is_new = 0;
    return is_other && !log_is_new ? tt_recent_events_discard(service->recent, err) : 0;
}

void tt_service_reload(struct tt_service *service)
{
    struct tt_err err = TT_ERR_INIT;

    if (reload(service, &err)) {
        service->failed = service->loaded;
        note_failure(service, &err);
    }
}

void tt_service_tick(struct tt_service *service)
{
    struct tt_err err = TT_ERR_INIT;
    uint64_t now = stamp_of(&service->options.files);

    if (service->log.file && tt_csv_log_tick(service->log.file, &err))
        note(service, err.text);
    if (tt_snapshot_need_popular(service->snapshot, &err)) /* after the start, before the first request that needs it */
        note(service, err.text);
    /* Files are written one after another: wait until two ticks find the same. */
    if (now != service->loaded && now == service->last_tick && now != service->failed)
        tt_service_reload(service);
    service->last_tick = now;
}

static int start(struct tt_service *service, struct tt_err *err)
{
    const struct tt_service_options *o = &service->options;
    uint64_t cut = 0;
    char text[512];

    service->recent = tt_recent_events_new(err);
    service->cache = service->recent ? tt_cache_new(o->cache, err) : NULL;
    service->telemetry = service->cache ? tt_endpoints_telemetry(err) : NULL;
    if (!service->telemetry)
        return -1;
    service->loaded = service->last_tick = stamp_of(&o->files);
    service->snapshot = tt_snapshot_load(&o->files, 1, o->pool, o->note, o->note_arg, err);
    if (!service->snapshot || (o->events && tt_event_log_open(&service->log, o->events, o->sync, service->snapshot,
                                                              service->recent, &cut, err)))
        return -1;
    if (cut) {
        snprintf(text, sizeof(text), "%s: cut off %llu bytes of an incomplete last row", o->events,
                 (unsigned long long)cut);
        note(service, text);
    }
    note_loaded(service, service->snapshot);
    if (o->events && tt_recent_events_count(service->recent)) {
        snprintf(text, sizeof(text), "%s: %zu events", o->events, tt_recent_events_count(service->recent));
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
    tt_snapshot_unref(service->snapshot);
    tt_event_log_release(&service->log);
    tt_recent_events_free(service->recent);
    tt_cache_free(service->cache);
    tt_telemetry_free(service->telemetry);
    tt_mutex_release(&service->lock);
    free(service);
}

void tt_service_drain(struct tt_service *service)
{
    atomic_store(&service->is_draining, 1);
}

void tt_service_count_connections(struct tt_service *service, unsigned (*connections)(const struct tt_http *),
                                  const struct tt_http *http)
{
    service->connections = connections;
    service->http = http;
}

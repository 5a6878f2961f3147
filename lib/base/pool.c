/* A thread pool: see pool.h. Within a run, workers get block numbers from a shared counter. Between runs they spin for
 * a while, and then sleep on a condition variable. The caller does not wait for a worker that has not entered the run:
 * the others may have done all the blocks by then. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

/* A step of training is ten runs, of ten microseconds to a millisecond each, and waking a thread takes 30 to 80
 * microseconds. So a thread that waits first spins: it looks at the state a number of times, at 20 to 50 ns each, and
 * then sleeps. The number doubles when spinning was of use, and is halved when it was not, as on a busy machine, where
 * the thread that is waited for may need this very processor. */
enum { MIN_SPINS = 128, MAX_SPINS = 4096 };

/* The state of the pool in one number: how many workers are inside the run, whether more may enter it, and the number
 * of the run. */
enum { INSIDE = 0xffff, IS_OPEN = 0x10000 };
static const uint64_t NEXT_RUN = 0x20000;

struct worker {
    struct tt_pool *pool;
    pthread_t thread;
    int number;
    int spins;             /* before it sleeps until the next run */
};

struct tt_pool {
    int threads;
    int started;           /* workers that exist, threads - 1 at most */
    struct worker *workers;
    int max_spins;         /* 0 where there are fewer processors than threads */
    int spins;             /* of the caller, before it sleeps until the end of a run */
    _Atomic uint64_t state; /* opened under the lock */
    pthread_mutex_t lock;
    pthread_cond_t work;   /* a new run, or the end */
    pthread_cond_t done;   /* the last worker has left the run */
    int sleepers;          /* workers that wait for `work`; under the lock */
    int stop;
    tt_pool_fn *fn;
    void *arg;
    size_t n_blocks;
    atomic_size_t next;    /* the next block to be run */
};

static void run_blocks(struct tt_pool *pool, int worker)
{
    size_t block;

    while ((block = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->n_blocks)
        pool->fn(pool->arg, block, worker);
}

/* Between two looks: let the other thread of the core run, if there is one. */
static inline void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static int more_spins(const struct tt_pool *pool, int spins)
{
    return spins < pool->max_spins / 2 ? 2 * spins : pool->max_spins;
}

static int fewer_spins(const struct tt_pool *pool, int spins)
{
    return spins / 2 > MIN_SPINS ? spins / 2 : pool->max_spins ? MIN_SPINS : 0;
}

/* Enter a run that is open, and is not the one `seen`, which becomes it. Returns 0 when there is none. */
static int enter(struct tt_pool *pool, uint64_t *seen)
{
    uint64_t state = atomic_load(&pool->state);

    do {
        if (!(state & IS_OPEN) || state / NEXT_RUN == *seen)
            return 0;
    } while (!atomic_compare_exchange_weak(&pool->state, &state, state + 1));
    *seen = state / NEXT_RUN;
    return 1;
}

/* Wait for a run to enter. Returns 0 when there will be none. */
static int wait_for_run(struct worker *self, uint64_t *seen)
{
    struct tt_pool *pool = self->pool;
    int has_entered = 0;

    for (int i = 0; i < self->spins; i++) {
        if (enter(pool, seen)) {
            self->spins = more_spins(pool, self->spins);
            return 1;
        }
        pause_briefly();
    }
    self->spins = fewer_spins(pool, self->spins);
    pthread_mutex_lock(&pool->lock);
    pool->sleepers++;
    while (!pool->stop && !(has_entered = enter(pool, seen)))
        pthread_cond_wait(&pool->work, &pool->lock);
    pool->sleepers--;
    pthread_mutex_unlock(&pool->lock);
    return has_entered;
}

static void *worker_main(void *arg)
{
    struct worker *self = arg;
    struct tt_pool *pool = self->pool;
    uint64_t seen = 0;

    while (wait_for_run(self, &seen)) {
        run_blocks(pool, self->number);
        uint64_t left = atomic_fetch_sub(&pool->state, 1) - 1;
        if (left & (INSIDE | IS_OPEN))
            continue;
        pthread_mutex_lock(&pool->lock); /* the caller is about to look at the state, or sleeps */
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

/* Let no more worker enter the run, and wait until all have left it. */
static void close_run(struct tt_pool *pool)
{
    atomic_fetch_and(&pool->state, ~(uint64_t)IS_OPEN);
    for (int i = 0; i < pool->spins; i++) {
        if (!(atomic_load(&pool->state) & INSIDE)) {
            pool->spins = i ? more_spins(pool, pool->spins) : pool->spins;
            return;
        }
        pause_briefly();
    }
    pool->spins = fewer_spins(pool, pool->spins);
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->state) & INSIDE)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

struct tt_pool *tt_pool_new(int threads, struct tt_err *err)
{
    struct tt_pool *pool = tt_alloc_zero(1, sizeof(*pool), err);

    if (!pool)
        return NULL;
    pool->threads = threads;
    pool->max_spins = sysconf(_SC_NPROCESSORS_ONLN) >= threads ? MAX_SPINS : 0;
    pool->spins = pool->max_spins;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = tt_alloc_zero((size_t)threads, sizeof(*pool->workers), err);
    if (!pool->workers)
        goto fail;
    for (int i = 0; i < threads - 1; i++) {
        struct worker *w = &pool->workers[i];
        w->pool = pool;
        w->number = i + 1;
        w->spins = pool->max_spins;
        int failed = pthread_create(&w->thread, NULL, worker_main, w);
        if (failed) {
            tt_err_system(err, failed, "cannot start thread %d of %d", i + 2, threads);
            goto fail;
        }
        pool->started++;
    }
    return pool;
fail:
    tt_pool_free(pool);
    return NULL;
}

void tt_pool_free(struct tt_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = 1;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

int tt_pool_threads(const struct tt_pool *pool)
{
    return pool->threads;
}

void tt_pool_run(struct tt_pool *pool, size_t n_blocks, tt_pool_fn *fn, void *arg)
{
    if (pool->started == 0 || n_blocks <= 1) { /* no thread to wake, or nothing to share */
        for (size_t block = 0; block < n_blocks; block++)
            fn(arg, block, 0);
        return;
    }
    pool->fn = fn; /* no worker is inside */
    pool->arg = arg;
    pool->n_blocks = n_blocks;
    atomic_store(&pool->next, 0);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->state, NEXT_RUN + IS_OPEN);
    if (pool->sleepers)
        pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    run_blocks(pool, 0);
    close_run(pool);
}

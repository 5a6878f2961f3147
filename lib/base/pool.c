/* A thread pool: see pool.h. Workers sleep on a condition variable between runs and take block numbers from a shared
 * counter within one. The one file that knows pthreads. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"

struct worker {
    struct tt_pool *pool;
    pthread_t thread;
    int number;
};

struct tt_pool {
    int threads;
    int started;           /* workers that exist, threads - 1 at most */
    struct worker *workers;
    pthread_mutex_t lock;
    pthread_cond_t work;   /* a new run, or the end */
    pthread_cond_t done;   /* the last worker has left the run */
    unsigned long run;     /* number of the run */
    int busy;              /* workers still inside it */
    int stop;
    tt_pool_fn *fn;
    void *arg;
    size_t n_blocks;
    atomic_size_t next;    /* first block that nobody has taken */
};

static void take_blocks(struct tt_pool *pool, int worker)
{
    size_t block;

    while ((block = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->n_blocks)
        pool->fn(pool->arg, block, worker);
}

static void *worker_main(void *arg)
{
    struct worker *self = arg;
    struct tt_pool *pool = self->pool;
    unsigned long seen = 0;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->run == seen && !pool->stop)
            pthread_cond_wait(&pool->work, &pool->lock);
        if (pool->stop)
            break;
        seen = pool->run;
        pthread_mutex_unlock(&pool->lock);
        take_blocks(pool, self->number);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct tt_pool *tt_pool_new(int threads, struct tt_err *err)
{
    struct tt_pool *pool = tt_alloc_zero(1, sizeof(*pool), err);

    if (!pool)
        return NULL;
    pool->threads = threads;
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
    if (pool->started == 0 || n_blocks <= 1) { /* nobody to wake, or nothing to share */
        for (size_t block = 0; block < n_blocks; block++)
            fn(arg, block, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->arg = arg;
    pool->n_blocks = n_blocks;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->busy = pool->started;
    pool->run++;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    take_blocks(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->busy)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

/* Locks: nothing is lost between threads, nothing is seen half changed, and readers pass together. */
#include "base/lock.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "base/pool.h"
#include "unit.h"

enum { THREADS = 4, TURNS = 10000 };

struct shop {
    struct tt_mutex lock;
    struct tt_rwlock shared;
    volatile uint64_t count;         /* under lock */
    volatile uint64_t left, right;   /* under shared: always alike */
    atomic_int torn;                 /* how often they were not */
    atomic_int here, inside, most_inside;
};

/* Wait until all threads are here, so that they run at once; but not for ever. */
static void gather(atomic_int *here, int threads)
{
    const struct timespec little = {.tv_nsec = 100000};

    atomic_fetch_add(here, 1);
    for (int i = 0; i < 50000 && atomic_load(here) < threads; i++)
        nanosleep(&little, NULL);
}

static void run(struct shop *shop, tt_pool_fn *fn, int threads)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_pool *pool = tt_pool_new(threads, &err);

    assert_non_null(pool);
    *shop = (struct shop){.count = 0};
    assert_int_equal(tt_mutex_init(&shop->lock, &err), 0);
    assert_int_equal(tt_rwlock_init(&shop->shared, &err), 0);
    tt_pool_run(pool, (size_t)threads, fn, shop); /* a block a thread, since each waits for the others */
    tt_mutex_release(&shop->lock);
    tt_rwlock_release(&shop->shared);
    tt_pool_free(pool);
}

/* Where another thread could do harm, it gets the time for it. */
static void dawdle(int turn)
{
    for (volatile int i = 0; i < 100; i++)
        continue;
    if (turn % 64 == 0)
        sched_yield();
}

static void count_up(void *arg, size_t block, int worker)
{
    struct shop *shop = arg;
    (void)block, (void)worker;

    gather(&shop->here, THREADS);
    for (int i = 0; i < TURNS; i++) {
        tt_mutex_lock(&shop->lock);
        uint64_t had = shop->count;
        dawdle(i);
        shop->count = had + 1;
        tt_mutex_unlock(&shop->lock);
    }
}

static void test_lock_lets_one_pass(void **state)
{
    static struct shop shop;
    (void)state;

    run(&shop, count_up, THREADS);
    assert_int_equal(shop.count, THREADS * TURNS);
}

/* Even blocks write, odd ones read. */
static void write_or_read(void *arg, size_t block, int worker)
{
    struct shop *shop = arg;
    (void)worker;

    gather(&shop->here, THREADS);
    for (int i = 0; i < TURNS; i++) {
        if (block % 2 == 0) {
            tt_rwlock_write_lock(&shop->shared);
            uint64_t had = shop->left;
            shop->left = had + 1;
            dawdle(i);
            shop->right = had + 1;
        } else {
            tt_rwlock_read_lock(&shop->shared);
            uint64_t left = shop->left;
            dawdle(i);
            if (left != shop->right)
                atomic_fetch_add(&shop->torn, 1);
        }
        tt_rwlock_unlock(&shop->shared);
    }
}

static void test_shared_lock_keeps_readers_from_half_of_a_change(void **state)
{
    static struct shop shop;
    (void)state;

    run(&shop, write_or_read, THREADS);
    assert_int_equal(shop.torn, 0);
    assert_int_equal(shop.left, THREADS / 2 * TURNS);
    assert_int_equal(shop.right, THREADS / 2 * TURNS);
}

/* Read, and wait inside for the other, who comes unless the lock keeps it out. */
static void meet(void *arg, size_t block, int worker)
{
    const struct timespec little = {.tv_nsec = 1000000};
    struct shop *shop = arg;
    (void)block, (void)worker;

    tt_rwlock_read_lock(&shop->shared);
    int inside = atomic_fetch_add(&shop->inside, 1) + 1;
    if (inside > atomic_load(&shop->most_inside))
        atomic_store(&shop->most_inside, inside);
    for (int i = 0; i < 20000 && atomic_load(&shop->most_inside) < 2; i++)
        nanosleep(&little, NULL);
    atomic_fetch_sub(&shop->inside, 1);
    tt_rwlock_unlock(&shop->shared);
}

static void test_shared_lock_lets_readers_pass_together(void **state)
{
    static struct shop shop;
    (void)state;

    run(&shop, meet, 2);
    assert_int_equal(shop.most_inside, 2);
}

/* Readers that always leave somebody inside; the first block writes once. */
static void crowd_out(void *arg, size_t block, int worker)
{
    const struct timespec little = {.tv_nsec = 1000000};
    struct shop *shop = arg;
    (void)worker;

    gather(&shop->here, THREADS);
    if (block == 0) {
        while (atomic_load(&shop->inside) == 0)
            nanosleep(&little, NULL);
        tt_rwlock_write_lock(&shop->shared);
        shop->left++;
        tt_rwlock_unlock(&shop->shared);
        return;
    }
    for (int i = 0; i < 4000; i++) {
        tt_rwlock_read_lock(&shop->shared);
        int is_done = shop->left > 0;
        atomic_fetch_add(&shop->inside, 1);
        if (!is_done)
            nanosleep(&little, NULL);
        tt_rwlock_unlock(&shop->shared);
        if (is_done)
            return;
    }
    atomic_fetch_add(&shop->torn, 1); /* four thousand turns, and the writer had none */
}

static void test_shared_lock_lets_a_writer_pass_many_readers(void **state)
{
    static struct shop shop;
    (void)state;

    run(&shop, crowd_out, THREADS);
    assert_int_equal(shop.torn, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_lets_one_pass),
        cmocka_unit_test(test_shared_lock_keeps_readers_from_half_of_a_change),
        cmocka_unit_test(test_shared_lock_lets_readers_pass_together),
        cmocka_unit_test(test_shared_lock_lets_a_writer_pass_many_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

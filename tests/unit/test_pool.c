/* Every block runs once, on a worker with a number of its own, and what it wrote is seen afterwards. */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"

enum { MAX_BLOCKS = 300, MAX_THREADS = 4 };

struct job {
    unsigned char count[MAX_BLOCKS];  /* written by the block alone */
    size_t of_worker[MAX_THREADS][8]; /* [0]; a cache line each, added to by the worker alone */
    size_t input;                     /* written before the run */
    size_t output[MAX_BLOCKS];
};

static void work(void *arg, size_t block, int worker)
{
    struct job *job = arg;

    job->count[block]++;
    job->of_worker[worker][0]++;
    job->output[block] = job->input + block;
}

static void test_pool_runs_every_block_once(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 17, 300};
    struct tt_err err = TT_ERR_INIT;
    static struct job job;

    (void)state;
    for (int threads = 1; threads <= MAX_THREADS; threads++) {
        struct tt_pool *pool = tt_pool_new(threads, &err);
        assert_non_null(pool);
        assert_int_equal(tt_pool_threads(pool), threads);
        for (size_t run = 0; run < 500; run++) {
            size_t n = sizes[run % LENGTH(sizes)], done = 0;
            memset(&job, 0, sizeof(job));
            job.input = run;
            tt_pool_run(pool, n, work, &job);
            for (size_t block = 0; block < MAX_BLOCKS; block++) {
                assert_int_equal(job.count[block], block < n);
                assert_int_equal(job.output[block], block < n ? run + block : 0);
            }
            for (int worker = 0; worker < MAX_THREADS; worker++) {
                assert_true(worker < threads || job.of_worker[worker][0] == 0);
                done += job.of_worker[worker][0];
            }
            assert_int_equal(done, n);
        }
        tt_pool_free(pool);
    }
}

static void sleep_for(long microseconds)
{
    struct timespec t = {0, microseconds * 1000};

    nanosleep(&t, NULL);
}

/* Block 1 is long: whoever takes it lets the others wait. */
static void work_at_length(void *arg, size_t block, int worker)
{
    if (block == 1)
        sleep_for(3000);
    work(arg, block, worker);
}

/* Waits are long enough, of workers between runs and of the caller in them, for whoever waits to fall asleep. */
static void test_pool_wakes_up_those_who_sleep(void **state)
{
    struct tt_err err = TT_ERR_INIT;
    static struct job job;
    size_t helped = 0; /* blocks done by those who slept before the run */

    (void)state;
    for (int threads = 2; threads <= MAX_THREADS; threads++) {
        struct tt_pool *pool = tt_pool_new(threads, &err);
        assert_non_null(pool);
        for (size_t run = 0; run < 20; run++) {
            memset(&job, 0, sizeof(job));
            job.input = run;
            sleep_for(run % 2 ? 3000 : 0);
            tt_pool_run(pool, 5, work_at_length, &job);
            for (size_t block = 0; block < 5; block++) {
                assert_int_equal(job.count[block], 1);
                assert_int_equal(job.output[block], run + block);
            }
            for (int worker = 1; run % 2 && worker < threads; worker++)
                helped += job.of_worker[worker][0];
        }
        tt_pool_free(pool);
    }
    assert_true(helped > 0);
}

static void test_pool_that_never_ran_can_be_freed(void **state)
{
    struct tt_err err = TT_ERR_INIT;

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct tt_pool *pool = tt_pool_new(3, &err);
        assert_non_null(pool);
        tt_pool_free(pool);
    }
    tt_pool_free(NULL);
}

static void test_blocks_cover_n(void **state)
{
    (void)state;
    assert_int_equal(tt_blocks(0, 10), 0);
    assert_int_equal(tt_blocks(1, 10), 1);
    assert_int_equal(tt_blocks(10, 10), 1);
    assert_int_equal(tt_blocks(11, 10), 2);
    assert_true(tt_blocks(SIZE_MAX, 2) == SIZE_MAX / 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_runs_every_block_once),
        cmocka_unit_test(test_pool_wakes_up_those_who_sleep),
        cmocka_unit_test(test_pool_that_never_ran_can_be_freed),
        cmocka_unit_test(test_blocks_cover_n),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

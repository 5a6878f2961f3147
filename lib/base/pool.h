/* A thread pool for work cut into blocks. The number of blocks depends on the work alone, never on the number of
 * threads; a block writes where no other block writes, and the caller combines results in block order. Then the bits do
 * not depend on how many threads there are.
 *
 *     static void scale(void *arg, size_t block, int worker) { ... }
 *     tt_pool_run(pool, n_blocks, scale, &job);
 *
 * main makes one pool and passes it down. Runs follow each other: no two at once, and none within a block.
 */
#ifndef TT_BASE_POOL_H
#define TT_BASE_POOL_H

#include "base/err.h"

struct tt_pool;

/* worker, from 0 to threads-1, is the number of the scratch space that the block may use. */
typedef void tt_pool_fn(void *arg, size_t block, int worker);

/* threads >= 1 includes the calling thread, which runs blocks too: with 1 no thread is started. */
struct tt_pool *tt_pool_new(int threads, struct tt_err *err) TT_CHECKED;
void tt_pool_free(struct tt_pool *pool);
int tt_pool_threads(const struct tt_pool *pool);

/* Run fn for every block; returns when all are done. Blocks see what was written before the call, and the caller sees
 * what they wrote. */
void tt_pool_run(struct tt_pool *pool, size_t n_blocks, tt_pool_fn *fn, void *arg);

/* How many blocks of `size` cover n. */
static inline size_t tt_blocks(size_t n, size_t size) { return n / size + (n % size != 0); }

#endif

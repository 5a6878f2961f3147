/* Locks. A tt_lock lets one thread at a time pass; a tt_shared_lock many readers or one writer. Neither may be taken
 * twice by the thread that holds it. Both live in the caller's struct, and must not move while in use.
 */
#ifndef TT_BASE_LOCK_H
#define TT_BASE_LOCK_H

#include <pthread.h>

#include "base/err.h"

struct tt_lock {
    pthread_mutex_t mutex;
};

struct tt_shared_lock {
    pthread_rwlock_t lock;
};

int tt_lock_init(struct tt_lock *lock, struct tt_err *err) TT_CHECKED;
void tt_lock_release(struct tt_lock *lock);
void tt_lock_take(struct tt_lock *lock);
void tt_lock_give(struct tt_lock *lock);

int tt_shared_lock_init(struct tt_shared_lock *lock, struct tt_err *err) TT_CHECKED;
void tt_shared_lock_release(struct tt_shared_lock *lock);
void tt_shared_lock_read(struct tt_shared_lock *lock);
void tt_shared_lock_write(struct tt_shared_lock *lock);
void tt_shared_lock_give(struct tt_shared_lock *lock); /* read or write */

#endif

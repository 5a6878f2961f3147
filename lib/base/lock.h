/* Locks of POSIX threads: a mutex, which one thread holds at a time, and a read-write lock, which many readers or one
 * writer hold. A thread must not lock again what it holds. Both live in a struct of the caller's, and must not be moved
 * while in use. Locking and unlocking cannot fail.
 */
#ifndef TT_BASE_LOCK_H
#define TT_BASE_LOCK_H

#include <pthread.h>

#include "base/err.h"

struct tt_mutex {
    pthread_mutex_t mutex;
};

int tt_mutex_init(struct tt_mutex *mutex, struct tt_err *err) TT_CHECKED;
void tt_mutex_release(struct tt_mutex *mutex);
void tt_mutex_lock(struct tt_mutex *mutex);
void tt_mutex_unlock(struct tt_mutex *mutex);

struct tt_rwlock { /* a waiting writer comes before new readers */
    pthread_rwlock_t lock;
};

int tt_rwlock_init(struct tt_rwlock *lock, struct tt_err *err) TT_CHECKED;
void tt_rwlock_release(struct tt_rwlock *lock);
void tt_rwlock_read_lock(struct tt_rwlock *lock);
void tt_rwlock_write_lock(struct tt_rwlock *lock);
void tt_rwlock_unlock(struct tt_rwlock *lock); /* either */

#endif

/* Locks by pthreads: see lock.h. A lock that fails once it was made is a mistake of ours. */
#include "base/lock.h"

#include <assert.h>

int tt_lock_init(struct tt_lock *lock, struct tt_err *err)
{
    int failed = pthread_mutex_init(&lock->mutex, NULL);

    return failed ? tt_err_system(err, failed, "cannot make a lock") : 0;
}

void tt_lock_release(struct tt_lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

void tt_lock_take(struct tt_lock *lock)
{
    int failed = pthread_mutex_lock(&lock->mutex);

    assert(!failed);
    (void)failed;
}

void tt_lock_give(struct tt_lock *lock)
{
    int failed = pthread_mutex_unlock(&lock->mutex);

    assert(!failed);
    (void)failed;
}

int tt_shared_lock_init(struct tt_shared_lock *lock, struct tt_err *err)
{
    pthread_rwlockattr_t how;
    int failed = pthread_rwlockattr_init(&how);

    if (!failed) {
        failed = pthread_rwlockattr_setkind_np(&how, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
        if (!failed)
            failed = pthread_rwlock_init(&lock->lock, &how);
        pthread_rwlockattr_destroy(&how);
    }
    return failed ? tt_err_system(err, failed, "cannot make a lock") : 0;
}

void tt_shared_lock_release(struct tt_shared_lock *lock)
{
    pthread_rwlock_destroy(&lock->lock);
}

void tt_shared_lock_read(struct tt_shared_lock *lock)
{
    int failed = pthread_rwlock_rdlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

void tt_shared_lock_write(struct tt_shared_lock *lock)
{
    int failed = pthread_rwlock_wrlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

void tt_shared_lock_give(struct tt_shared_lock *lock)
{
    int failed = pthread_rwlock_unlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

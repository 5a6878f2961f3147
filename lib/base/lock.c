/* Locks by pthreads: see lock.h. Once a lock is made, only a mistake of its user can make it fail. */
#include "base/lock.h"

#include <assert.h>

int tt_mutex_init(struct tt_mutex *mutex, struct tt_err *err)
{
    int failed = pthread_mutex_init(&mutex->mutex, NULL);

    return failed ? tt_err_system(err, failed, "cannot make a lock") : 0;
}

void tt_mutex_release(struct tt_mutex *mutex)
{
    pthread_mutex_destroy(&mutex->mutex);
}

void tt_mutex_lock(struct tt_mutex *mutex)
{
    int failed = pthread_mutex_lock(&mutex->mutex);

    assert(!failed);
    (void)failed;
}

void tt_mutex_unlock(struct tt_mutex *mutex)
{
    int failed = pthread_mutex_unlock(&mutex->mutex);

    assert(!failed);
    (void)failed;
}

int tt_rwlock_init(struct tt_rwlock *lock, struct tt_err *err)
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

void tt_rwlock_release(struct tt_rwlock *lock)
{
    pthread_rwlock_destroy(&lock->lock);
}

void tt_rwlock_read_lock(struct tt_rwlock *lock)
{
    int failed = pthread_rwlock_rdlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

void tt_rwlock_write_lock(struct tt_rwlock *lock)
{
    int failed = pthread_rwlock_wrlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

void tt_rwlock_unlock(struct tt_rwlock *lock)
{
    int failed = pthread_rwlock_unlock(&lock->lock);

    assert(!failed);
    (void)failed;
}

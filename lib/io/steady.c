/* Mapped files that stay as they are: see steady.h. Leases are Linux's; so is putting a mapping in another's place. */
#include "io/steady.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#if defined(F_SETLEASE) && defined(MREMAP_FIXED)

#include "base/lock.h"

struct tt_steady {
    void *bytes;
    size_t length;
    int fd;                  /* holds the lease; -1: the bytes are a copy */
    struct tt_steady *next;
};

/* All that are alive: a signal does not say whose it is when several come at once. */
static struct {
    struct tt_mutex lock;
    struct tt_steady *first;
    size_t copies;
} all = {.lock = {PTHREAD_MUTEX_INITIALIZER}};

int tt_steady_signal(void)
{
    return SIGIO;
}

struct tt_steady *tt_steady_map(int fd, void **bytes, size_t *length)
{
    struct tt_err ignored = TT_ERR_INIT;
    struct tt_steady *steady = tt_alloc_zero(1, sizeof(*steady), &ignored);
    struct stat st;

    if (!steady)
        return NULL;
    /* The lease comes first: what is mapped and looked at after it cannot have been cut meanwhile. */
    steady->fd = dup(fd);
    if (steady->fd < 0 || fcntl(steady->fd, F_SETFD, FD_CLOEXEC) || fcntl(steady->fd, F_SETLEASE, F_RDLCK) ||
        fstat(steady->fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
        goto fail;
    steady->length = (size_t)st.st_size;
    steady->bytes = mmap(NULL, steady->length, PROT_READ, MAP_PRIVATE, steady->fd, 0);
    if (steady->bytes == MAP_FAILED)
        goto fail;
    tt_mutex_lock(&all.lock);
    steady->next = all.first;
    all.first = steady;
    tt_mutex_unlock(&all.lock);
    *bytes = steady->bytes;
    *length = steady->length;
    return steady;
fail:
    if (steady->fd >= 0)
        close(steady->fd);
    free(steady);
    return NULL;
}

void tt_steady_release(struct tt_steady *steady)
{
    struct tt_steady **at = &all.first;

    if (!steady)
        return;
    tt_mutex_lock(&all.lock);
    while (*at != steady)
        at = &(*at)->next;
    *at = steady->next;
    tt_mutex_unlock(&all.lock);
    munmap(steady->bytes, steady->length);
    if (steady->fd >= 0)
        close(steady->fd); /* the lease ends with it */
    free(steady);
}

/* A copy in the place of the mapping: who reads sees the same bytes before and after. */
static int copy(struct tt_steady *steady, struct tt_err *err)
{
    void *memory = mmap(NULL, steady->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return tt_err_memory(err, steady->length);
    memcpy(memory, steady->bytes, steady->length);
    if (mprotect(memory, steady->length, PROT_READ) ||
        mremap(memory, steady->length, steady->length, MREMAP_MAYMOVE | MREMAP_FIXED, steady->bytes) == MAP_FAILED) {
        munmap(memory, steady->length);
        return tt_err_memory(err, steady->length);
    }
    fcntl(steady->fd, F_SETLEASE, F_UNLCK);
    close(steady->fd);
    steady->fd = -1;
    all.copies++;
    return 0;
}

int tt_steady_keep(struct tt_err *err)
{
    int status = 0;

    tt_mutex_lock(&all.lock);
    for (struct tt_steady *s = all.first; s; s = s->next)
        if (s->fd >= 0 && fcntl(s->fd, F_GETLEASE) != F_RDLCK && copy(s, err)) /* what it will be, when it breaks */
            status = -1;
    tt_mutex_unlock(&all.lock);
    return status;
}

size_t tt_steady_copies(void)
{
    tt_mutex_lock(&all.lock);
    size_t n = all.copies;
    tt_mutex_unlock(&all.lock);
    return n;
}

#else

struct tt_steady *tt_steady_map(int fd, void **bytes, size_t *length)
{
    (void)fd;
    (void)bytes;
    (void)length;
    return NULL;
}

void tt_steady_release(struct tt_steady *steady)
{
    (void)steady;
}

int tt_steady_signal(void)
{
    return 0;
}

int tt_steady_keep(struct tt_err *err)
{
    (void)err;
    return 0;
}

size_t tt_steady_copies(void)
{
    return 0;
}

#endif

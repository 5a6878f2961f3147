/* Mapped files that stay as they are: see mapped_file.h. Leases and mremap are Linux's. */
#include "io/mapped_file.h"

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

struct tt_mapped_file {
    void *bytes;
    size_t length;
    int fd;                  /* holds the lease; -1: the bytes are a copy */
    struct tt_mapped_file *next;
};

/* All mapped files: when several signals come at once, they do not say which files they are of. */
static struct {
    struct tt_mutex lock;
    struct tt_mapped_file *first;
    size_t copies;
} all = {.lock = {PTHREAD_MUTEX_INITIALIZER}};

int tt_mapped_file_signal(void)
{
    return SIGIO;
}

struct tt_mapped_file *tt_mapped_file_new(int fd, void **bytes, size_t *length)
{
    struct tt_err ignored = TT_ERR_INIT;
    struct tt_mapped_file *file = tt_alloc_zero(1, sizeof(*file), &ignored);
    struct stat st;

    if (!file)
        return NULL;
    /* The lease comes first: the file cannot be cut after it. */
    file->fd = dup(fd);
    if (file->fd < 0 || fcntl(file->fd, F_SETFD, FD_CLOEXEC) || fcntl(file->fd, F_SETLEASE, F_RDLCK) ||
        fstat(file->fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
        goto fail;
    file->length = (size_t)st.st_size;
    file->bytes = mmap(NULL, file->length, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (file->bytes == MAP_FAILED)
        goto fail;
    tt_mutex_lock(&all.lock);
    file->next = all.first;
    all.first = file;
    tt_mutex_unlock(&all.lock);
    *bytes = file->bytes;
    *length = file->length;
    return file;
fail:
    if (file->fd >= 0)
        close(file->fd);
    free(file);
    return NULL;
}

void tt_mapped_file_free(struct tt_mapped_file *file)
{
    struct tt_mapped_file **at = &all.first;

    if (!file)
        return;
    tt_mutex_lock(&all.lock);
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    tt_mutex_unlock(&all.lock);
    munmap(file->bytes, file->length);
    if (file->fd >= 0)
        close(file->fd); /* the lease ends with it */
    free(file);
}

/* Put a copy in the place of the mapping: a reader sees the same bytes before and after. */
static int copy(struct tt_mapped_file *file, struct tt_err *err)
{
    void *memory = mmap(NULL, file->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return tt_err_memory(err, file->length);
    memcpy(memory, file->bytes, file->length);
    if (mprotect(memory, file->length, PROT_READ) ||
        mremap(memory, file->length, file->length, MREMAP_MAYMOVE | MREMAP_FIXED, file->bytes) == MAP_FAILED) {
        munmap(memory, file->length);
        return tt_err_memory(err, file->length);
    }
    fcntl(file->fd, F_SETLEASE, F_UNLCK);
    close(file->fd);
    file->fd = -1;
    all.copies++;
    return 0;
}

int tt_mapped_file_preserve_all(struct tt_err *err)
{
    int status = 0;

    tt_mutex_lock(&all.lock);
    for (struct tt_mapped_file *f = all.first; f; f = f->next)
        if (f->fd >= 0 && fcntl(f->fd, F_GETLEASE) != F_RDLCK && copy(f, err)) /* the lease is being broken */
            status = -1;
    tt_mutex_unlock(&all.lock);
    return status;
}

size_t tt_mapped_file_copies(void)
{
    tt_mutex_lock(&all.lock);
    size_t n = all.copies;
    tt_mutex_unlock(&all.lock);
    return n;
}

#else

struct tt_mapped_file *tt_mapped_file_new(int fd, void **bytes, size_t *length)
{
    (void)fd;
    (void)bytes;
    (void)length;
    return NULL;
}

void tt_mapped_file_free(struct tt_mapped_file *file)
{
    (void)file;
}

int tt_mapped_file_signal(void)
{
    return 0;
}

int tt_mapped_file_preserve_all(struct tt_err *err)
{
    (void)err;
    return 0;
}

size_t tt_mapped_file_copies(void)
{
    return 0;
}

#endif

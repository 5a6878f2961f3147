/* Named byte streams: see stream.h. */
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

enum { WRITE_BUFFER = 1 << 18 }; /* large enough that write calls cost nothing, small enough for a pipe to flow */

static int is_standard(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

int tt_reader_open(struct tt_reader *reader, const char *path, struct tt_err *err)
{
    const char *name = is_standard(path) ? "<stdin>" : path;

    *reader = (struct tt_reader){.fd = STDIN_FILENO};
    reader->name = tt_copy_text(name, strlen(name), err);
    if (!reader->name)
        return -1;
    if (is_standard(path))
        return 0;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0) {
        tt_err_system(err, errno, "%s", path);
        tt_reader_close(reader);
        return -1;
    }
    reader->owns_fd = 1;
    return 0;
}

int tt_reader_keep_fingerprint(struct tt_reader *reader, struct tt_err *err)
{
    tt_hasher_free(reader->hasher);
    reader->hasher = tt_hasher_new(err);
    return reader->hasher ? 0 : -1;
}

int tt_reader_read(struct tt_reader *reader, void *bytes, size_t n, size_t *got, struct tt_err *err)
{
    ssize_t r;

    do
        r = read(reader->fd, bytes, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return tt_err_system(err, errno, "%s: cannot read", reader->name);
    if (reader->hasher && r > 0)
        tt_hasher_update(reader->hasher, bytes, (size_t)r);
    reader->offset += (uint64_t)r;
    *got = (size_t)r;
    return 0;
}

int tt_reader_read_full(struct tt_reader *reader, void *bytes, size_t n, size_t *got, struct tt_err *err)
{
    size_t have = 0, more = 1;

    while (have < n && more) {
        if (tt_reader_read(reader, (char *)bytes + have, n - have, &more, err))
            return -1;
        have += more;
    }
    *got = have;
    return 0;
}

int tt_reader_rewind(struct tt_reader *reader)
{
    if (lseek(reader->fd, 0, SEEK_SET) < 0)
        return -1;
    reader->offset = 0;
    if (reader->hasher) {
        struct tt_err ignored = TT_ERR_INIT;
        return tt_reader_keep_fingerprint(reader, &ignored);
    }
    return 0;
}

void tt_reader_close(struct tt_reader *reader)
{
    if (reader->owns_fd)
        close(reader->fd);
    tt_hasher_free(reader->hasher);
    free(reader->name);
    *reader = (struct tt_reader){.fd = -1};
}

/* The file that path leads to through symbolic links, whether it is there or not; the caller frees it. */
static char *follow_links(const char *path, struct tt_err *err)
{
    enum { MOST_LINKS = 40 }; /* as Linux: more is a loop */
    char link[4096], *target = tt_copy_text(path, strlen(path), err);
    ssize_t n = 0;

    for (int i = 0; target && i < MOST_LINKS && (n = readlink(target, link, sizeof(link) - 1)) >= 0; i++) {
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        size_t folder = slash && n > 0 ? (size_t)(slash - target) + 1 : 0;
        char *next = tt_alloc(folder + (size_t)n + 1, 1, err);
        if (next) {
            memcpy(next, target, folder);
            memcpy(next + folder, link, (size_t)n);
            next[folder + (size_t)n] = '\0';
        }
        free(target);
        target = next;
    }
    if (target && n >= 0) {
        tt_err_system(err, ELOOP, "%s", path);
        free(target);
        return NULL;
    }
    return target;
}

/* Make the temporary file beside the file that path leads to and open it. old: what stands there now, or NULL. */
static int open_temporary(struct tt_writer *writer, const char *path, const struct stat *old, tt_temporary_fn *watch,
                          struct tt_err *err)
{
    writer->path = follow_links(path, err);
    if (!writer->path)
        return -1;
    size_t cap = strlen(writer->path) + 32;
    writer->temporary = tt_alloc(cap, 1, err);
    if (!writer->temporary)
        return -1;
    snprintf(writer->temporary, cap, "%s.tmp.%ld", writer->path, (long)getpid());
    writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old ? old->st_mode & 0777 : 0666);
    if (writer->fd < 0) {
        if (errno == EEXIST)
            tt_err_set(err, TT_ERR_SYSTEM, "%s: '%s' exists: another output goes there too, or a killed run left it",
                       path, writer->temporary);
        else
            tt_err_system(err, errno, "%s", path);
        free(writer->temporary); /* not ours to remove */
        writer->temporary = NULL;
        return -1;
    }
    if (watch)
        watch(writer->temporary, 1);
    /* The umask took bits away. Before the first byte, so that what was private is never public; only where it changes
     * anything, since file systems without permissions refuse it. */
    struct stat new;
    if (old && fstat(writer->fd, &new) == 0 && ((old->st_mode ^ new.st_mode) & 0777) != 0 &&
        fchmod(writer->fd, old->st_mode & 0777))
        return tt_err_system(err, errno, "%s: cannot keep its permissions", path);
    return 0;
}

int tt_writer_open(struct tt_writer *writer, const char *path, tt_temporary_fn *watch, struct tt_err *err)
{
    struct stat st;
    const char *name = is_standard(path) ? "<stdout>" : path;

    *writer = (struct tt_writer){.fd = STDOUT_FILENO};
    writer->name = tt_copy_text(name, strlen(name), err);
    writer->buffer = tt_alloc(WRITE_BUFFER, 1, err);
    if (!writer->name || !writer->buffer)
        goto fail;
    if (is_standard(path))
        return 0;
    writer->owns_fd = 1;
    writer->fd = -1;
    int exists = stat(path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) {
        writer->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (writer->fd < 0) {
            tt_err_system(err, errno, "%s", path);
            goto fail;
        }
        return 0;
    }
    if (open_temporary(writer, path, exists ? &st : NULL, watch, err) == 0)
        return 0;
fail:
    tt_writer_discard(writer, watch);
    return -1;
}

static int write_all(struct tt_writer *writer, const char *bytes, size_t n, struct tt_err *err)
{
    while (n > 0) {
        ssize_t w = write(writer->fd, bytes, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0) {
            writer->failed = 1;
            return tt_err_system(err, errno, "%s", writer->name);
        }
        bytes += w;
        n -= (size_t)w;
    }
    return 0;
}

int tt_writer_flush(struct tt_writer *writer, struct tt_err *err)
{
    size_t n = writer->used;

    writer->used = 0;
    return write_all(writer, writer->buffer, n, err);
}

int tt_writer_write(struct tt_writer *writer, const void *bytes, size_t n, struct tt_err *err)
{
    if (writer->failed)
        return tt_err_set(err, TT_ERR_SYSTEM, "%s: an earlier write failed", writer->name);
    writer->offset += n;
    if (n > WRITE_BUFFER - writer->used) {
        if (tt_writer_flush(writer, err))
            return -1;
        if (n >= WRITE_BUFFER)
            return write_all(writer, bytes, n, err);
    }
    if (n)
        memcpy(writer->buffer + writer->used, bytes, n);
    writer->used += n;
    return 0;
}

int tt_writer_text(struct tt_writer *writer, const char *text, struct tt_err *err)
{
    return tt_writer_write(writer, text, strlen(text), err);
}

int tt_writer_printf(struct tt_writer *writer, struct tt_err *err, const char *fmt, ...)
{
    char line[512], *longer;
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (n < 0)
        return tt_err_set(err, TT_ERR_SYSTEM, "%s: text that cannot be formatted", writer->name);
    if ((size_t)n < sizeof(line))
        return tt_writer_write(writer, line, (size_t)n, err);
    longer = tt_alloc((size_t)n + 1, 1, err);
    if (!longer)
        return -1;
    va_start(args, fmt);
    vsnprintf(longer, (size_t)n + 1, fmt, args);
    va_end(args);
    int status = tt_writer_write(writer, longer, (size_t)n, err);
    free(longer);
    return status;
}

/* fsync the folder that holds path, so that the new name survives a crash too. A folder that cannot be synced is not
 * worth failing for: the file itself is on disk. */
static void sync_folder(const char *path)
{
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');

    if (slash && (size_t)(slash - path) + 2 < sizeof(folder)) {
        memcpy(folder, path, (size_t)(slash - path) + 1);
        folder[slash - path + 1] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

int tt_writer_close(struct tt_writer *writer, struct tt_err *err)
{
    int status = writer->failed ? tt_err_set(err, TT_ERR_SYSTEM, "%s: a write failed", writer->name) : 0;

    if (writer->closed)
        return status;
    if (status == 0)
        status = tt_writer_flush(writer, err);
    if (status == 0 && writer->temporary && fsync(writer->fd))
        status = tt_err_system(err, errno, "%s", writer->name);
    /* stdout is closed too: a network file system may tell only here that the bytes did not arrive */
    if (close(writer->fd) && status == 0)
        status = tt_err_system(err, errno, "%s", writer->name);
    writer->owns_fd = 0;
    writer->closed = 1;
    writer->failed = status != 0;
    return status;
}

int tt_writer_finish(struct tt_writer *writer, tt_temporary_fn *watch, struct tt_err *err)
{
    int status = tt_writer_close(writer, err);

    if (status == 0 && writer->temporary) {
        if (rename(writer->temporary, writer->path)) {
            status = tt_err_system(err, errno, "%s", writer->path);
        } else {
            sync_folder(writer->path);
            if (watch)
                watch(writer->temporary, 0);
            free(writer->temporary);
            writer->temporary = NULL;
        }
    }
    tt_writer_discard(writer, watch);
    return status;
}

void tt_writer_discard(struct tt_writer *writer, tt_temporary_fn *watch)
{
    if (writer->owns_fd && writer->fd >= 0)
        close(writer->fd);
    if (writer->temporary) {
        unlink(writer->temporary);
        if (watch)
            watch(writer->temporary, 0);
    }
    free(writer->temporary);
    free(writer->path);
    free(writer->name);
    free(writer->buffer);
    *writer = (struct tt_writer){.fd = -1};
}

/* The log of events: see journal.h. */
#include "serve/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/lock.h"

struct tt_journal {
    struct tt_mutex lock;
    char *path;
    int fd;
    size_t n;              /* columns */
    struct tt_buf header;  /* the first line */
    struct tt_buf rows;    /* of one append */
    enum tt_journal_sync sync;
    int is_dirty;          /* written since the last sync */
    int64_t torn;          /* where a piece of a row begins that could not be taken back; -1: nowhere */
};

static int add_field(struct tt_buf *line, const char *text, size_t len, int is_last, struct tt_err *err)
{
    size_t from = 0;
    int quoted = 0;

    for (size_t i = 0; i < len && !quoted; i++)
        quoted = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (quoted && tt_buf_add(line, "\"", 1, err))
        return -1;
    for (size_t i = 0; i < len && quoted; i++)
        if (text[i] == '"') { /* up to it and with it; it comes again with what follows */
            if (tt_buf_add(line, text + from, i + 1 - from, err))
                return -1;
            from = i;
        }
    if (tt_buf_add(line, text + from, len - from, err) || (quoted && tt_buf_add(line, "\"", 1, err)))
        return -1;
    return tt_buf_add(line, is_last ? "\n" : ",", 1, err);
}

/* ---- files ---- */

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t some = write(fd, bytes, n);
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0) {
            errno = some < 0 ? errno : ENOSPC;
            return -1;
        }
        bytes += some;
        n -= (size_t)some;
    }
    return 0;
}

/* Where a reader of CSV stands: quotes count where a field begins. */
enum place { FIELD_BEGINS, IN_FIELD, IN_QUOTES, BEHIND_QUOTE };

static enum place step(enum place place, char c)
{
    if (place == IN_QUOTES)
        return c == '"' ? BEHIND_QUOTE : IN_QUOTES;
    if (c == '"' && place != IN_FIELD) /* opens, or is one of a pair */
        return IN_QUOTES;
    return c == ',' || c == '\n' ? FIELD_BEGINS : IN_FIELD;
}

/* The length of the file's whole rows: line ends within quotes are none. Checks the header. */
static int measure(const struct tt_journal *j, int fd, int64_t *whole, int64_t *length, struct tt_err *err)
{
    char bytes[1 << 16];
    enum place place = FIELD_BEGINS;

    *whole = *length = 0;
    for (;;) {
        ssize_t n = pread(fd, bytes, sizeof(bytes), *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_err_system(err, errno, "%s: cannot read", j->path);
        if (n == 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            if (*length + i < (int64_t)j->header.len && bytes[i] != j->header.data[*length + i])
                return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: the header is not that of this model's events, '%.*s'",
                                  j->path, (int)j->header.len - 1, j->header.data);
            place = step(place, bytes[i]);
            if (bytes[i] == '\n' && place == FIELD_BEGINS)
                *whole = *length + i + 1;
        }
        *length += n;
    }
    return 0;
}

/* Open the path, take off what is unfinished, and see to the header. Returns the file, or -1. */
static int open_file(struct tt_journal *j, uint64_t *cut, struct tt_err *err)
{
    struct stat st;
    int64_t whole, length;
    int fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    *cut = 0;
    if (fd < 0) {
        tt_err_system(err, errno, "%s: cannot open for writing", j->path);
        return -1;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        tt_err_set(err, TT_ERR_USAGE, "%s: not a regular file", j->path);
        goto fail;
    }
    if (flock(fd, LOCK_EX | LOCK_NB)) { /* fcntl's locks would end when this process reads the file and closes it */
        if (errno == EWOULDBLOCK)
            tt_err_set(err, TT_ERR_SYSTEM, "%s: another process writes to it", j->path);
        else
            tt_err_system(err, errno, "%s: cannot lock", j->path);
        goto fail;
    }
    if (measure(j, fd, &whole, &length, err))
        goto fail;
    *cut = (uint64_t)(length - whole);
    if (*cut && ftruncate(fd, whole)) {
        tt_err_system(err, errno, "%s: cannot take off an unfinished row", j->path);
        goto fail;
    }
    if (whole == 0 && write_all(fd, j->header.data, j->header.len)) {
        int cause = errno;
        if (ftruncate(fd, 0))
            cause = errno;
        tt_err_system(err, cause, "%s: cannot write", j->path);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

struct tt_journal *tt_journal_open(const char *path, const char *const *names, size_t n, enum tt_journal_sync sync,
                                   uint64_t *cut, struct tt_err *err)
{
    struct tt_journal *j = tt_alloc_zero(1, sizeof(*j), err);

    if (!j)
        return NULL;
    j->fd = -1;
    j->torn = -1;
    j->n = n;
    j->sync = sync;
    if (tt_mutex_init(&j->lock, err)) {
        free(j);
        return NULL;
    }
    j->path = tt_copy_text(path, strlen(path), err);
    for (size_t i = 0; j->path && i < n; i++)
        if (add_field(&j->header, names[i], strlen(names[i]), i + 1 == n, err))
            break;
    if (err->kind == TT_ERR_NONE)
        j->fd = open_file(j, cut, err);
    if (j->fd < 0) {
        tt_journal_close(j);
        return NULL;
    }
    return j;
}

void tt_journal_close(struct tt_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0) {
        if (journal->is_dirty && journal->sync != TT_SYNC_NEVER)
            (void)!fdatasync(journal->fd); /* the last tick's; there is nobody left to tell */
        close(journal->fd);
    }
    tt_mutex_release(&journal->lock);
    tt_buf_release(&journal->header);
    tt_buf_release(&journal->rows);
    free(journal->path);
    free(journal);
}

static int append(struct tt_journal *j, const struct tt_journal_field *fields, size_t n_rows, struct tt_err *err)
{
    struct stat st;
    int cause = 0;

    if (j->torn >= 0 && ftruncate(j->fd, j->torn))
        return tt_err_system(err, errno, "%s: cannot take back a row that was not written whole", j->path);
    j->torn = -1;
    if (fstat(j->fd, &st))
        return tt_err_system(err, errno, "%s: cannot look at it", j->path);
    j->rows.len = 0;
    if (st.st_size == 0 && tt_buf_add(&j->rows, j->header.data, j->header.len, err)) /* emptied in place */
        return -1;
    for (size_t i = 0; i < n_rows * j->n; i++)
        if (add_field(&j->rows, fields[i].text, fields[i].len, (i + 1) % j->n == 0, err))
            return -1;
    if (write_all(j->fd, j->rows.data, j->rows.len) || (j->sync == TT_SYNC_ALWAYS && fdatasync(j->fd)))
        cause = errno;
    if (cause) { /* what was not acknowledged must not be there: it will be sent again */
        if (ftruncate(j->fd, st.st_size))
            j->torn = st.st_size; /* before anything else is written */
        return tt_err_system(err, cause, "%s: cannot write", j->path);
    }
    j->is_dirty = j->sync == TT_SYNC_SECOND;
    return 0;
}

int tt_journal_append(struct tt_journal *journal, const struct tt_journal_field *fields, size_t n_rows,
                      struct tt_err *err)
{
    if (n_rows == 0)
        return 0;
    tt_mutex_lock(&journal->lock);
    int status = append(journal, fields, n_rows, err);
    tt_mutex_unlock(&journal->lock);
    return status;
}

int tt_journal_tick(struct tt_journal *journal, struct tt_err *err)
{
    int copy = -1, status = 0;

    tt_mutex_lock(&journal->lock);
    if (journal->is_dirty && (copy = dup(journal->fd)) < 0)
        status = tt_err_system(err, errno, "%s: cannot sync", journal->path);
    else
        journal->is_dirty = 0;
    tt_mutex_unlock(&journal->lock);
    if (copy < 0)
        return status;
    if (fdatasync(copy)) { /* appends need not wait for the disk */
        status = tt_err_system(err, errno, "%s: cannot sync", journal->path);
        tt_mutex_lock(&journal->lock);
        journal->is_dirty = 1;
        tt_mutex_unlock(&journal->lock);
    }
    close(copy);
    return status;
}

static int reopen(struct tt_journal *j, int *is_new, struct tt_err *err)
{
    struct stat here, there;
    uint64_t cut;

    *is_new = 0;
    if (fstat(j->fd, &here))
        return tt_err_system(err, errno, "%s: cannot look at it", j->path);
    if (stat(j->path, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        return 0;
    int fd = open_file(j, &cut, err);
    if (fd < 0)
        return -1;
    if (j->is_dirty && fdatasync(j->fd)) {
        tt_err_system(err, errno, "%s: cannot sync the old file", j->path);
        close(fd);
        return -1;
    }
    close(j->fd);
    j->fd = fd;
    j->is_dirty = 0;
    j->torn = -1;
    *is_new = 1;
    return 0;
}

int tt_journal_reopen(struct tt_journal *journal, int *is_new, struct tt_err *err)
{
    tt_mutex_lock(&journal->lock);
    int status = reopen(journal, is_new, err);
    tt_mutex_unlock(&journal->lock);
    return status;
}

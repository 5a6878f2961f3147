/* A CSV file to which rows are appended: see csv_log.h. */
#include "serve/csv_log.h"

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

struct tt_csv_log {
    struct tt_mutex lock;
    char *path;
    int fd;
    size_t n;              /* columns */
    struct tt_buf header;  /* the first line */
    struct tt_buf rows;    /* of one append */
    enum tt_csv_log_sync sync;
    int is_dirty;          /* written since the last sync */
    int64_t torn;          /* where a piece of a row begins that could not be cut off; -1: nowhere */
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
        if (text[i] == '"') { /* up to the quote and with it; the next part begins with it again */
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

/* The state of a reader of CSV: a quote counts where a field begins. */
enum place { FIELD_BEGINS, IN_FIELD, IN_QUOTES, BEHIND_QUOTE };

static enum place step(enum place place, char c)
{
    if (place == IN_QUOTES)
        return c == '"' ? BEHIND_QUOTE : IN_QUOTES;
    if (c == '"' && place != IN_FIELD) /* opens a quoted field, or is the second of a pair */
        return IN_QUOTES;
    return c == ',' || c == '\n' ? FIELD_BEGINS : IN_FIELD;
}

/* The length of the file's complete rows; line ends within quotes do not end a row. Checks the header. */
static int measure(const struct tt_csv_log *log, int fd, int64_t *whole, int64_t *length, struct tt_err *err)
{
    char bytes[1 << 16];
    enum place place = FIELD_BEGINS;

    *whole = *length = 0;
    for (;;) {
        ssize_t n = pread(fd, bytes, sizeof(bytes), *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_err_system(err, errno, "%s: cannot read", log->path);
        if (n == 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            if (*length + i < (int64_t)log->header.len && bytes[i] != log->header.data[*length + i])
                return tt_err_set(err, TT_ERR_MISMATCH, "%s:1: the header is not that of this model's events, '%.*s'",
                                  log->path, (int)log->header.len - 1, log->header.data);
            place = step(place, bytes[i]);
            if (bytes[i] == '\n' && place == FIELD_BEGINS)
                *whole = *length + i + 1;
        }
        *length += n;
    }
    return 0;
}

/* Open the path, cut off an incomplete last row, and write the header if it is not there. Returns the file, or -1. */
static int open_file(struct tt_csv_log *log, uint64_t *cut, struct tt_err *err)
{
    struct stat st;
    int64_t whole, length;
    int fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    *cut = 0;
    if (fd < 0) {
        tt_err_system(err, errno, "%s: cannot open for writing", log->path);
        return -1;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        tt_err_set(err, TT_ERR_USAGE, "%s: not a regular file", log->path);
        goto fail;
    }
    if (flock(fd, LOCK_EX | LOCK_NB)) { /* fcntl's locks would end when this process reads the file and closes it */
        if (errno == EWOULDBLOCK)
            tt_err_set(err, TT_ERR_SYSTEM, "%s: another process writes to it", log->path);
        else
            tt_err_system(err, errno, "%s: cannot lock", log->path);
        goto fail;
    }
    if (measure(log, fd, &whole, &length, err))
        goto fail;
    *cut = (uint64_t)(length - whole);
    if (*cut && ftruncate(fd, whole)) {
        tt_err_system(err, errno, "%s: cannot cut off a last row that is incomplete", log->path);
        goto fail;
    }
    if (whole == 0 && write_all(fd, log->header.data, log->header.len)) {
        int cause = errno;
        if (ftruncate(fd, 0))
            cause = errno;
        tt_err_system(err, cause, "%s: cannot write", log->path);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

struct tt_csv_log *tt_csv_log_open(const char *path, const char *const *names, size_t n, enum tt_csv_log_sync sync,
                                   uint64_t *cut, struct tt_err *err)
{
    struct tt_csv_log *log = tt_alloc_zero(1, sizeof(*log), err);

    if (!log)
        return NULL;
    log->fd = -1;
    log->torn = -1;
    log->n = n;
    log->sync = sync;
    if (tt_mutex_init(&log->lock, err)) {
        free(log);
        return NULL;
    }
    log->path = tt_copy_text(path, strlen(path), err);
    for (size_t i = 0; log->path && i < n; i++)
        if (add_field(&log->header, names[i], strlen(names[i]), i + 1 == n, err))
            break;
    if (err->kind == TT_ERR_NONE)
        log->fd = open_file(log, cut, err);
    if (log->fd < 0) {
        tt_csv_log_close(log);
        return NULL;
    }
    return log;
}

void tt_csv_log_close(struct tt_csv_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0) {
        if (log->is_dirty && log->sync != TT_SYNC_NEVER)
            (void)!fdatasync(log->fd); /* an error has no receiver any more */
        close(log->fd);
    }
    tt_mutex_release(&log->lock);
    tt_buf_release(&log->header);
    tt_buf_release(&log->rows);
    free(log->path);
    free(log);
}

static int append(struct tt_csv_log *log, const struct tt_csv_log_field *fields, size_t n_rows, struct tt_err *err)
{
    struct stat st;
    int cause = 0;

    if (log->torn >= 0 && ftruncate(log->fd, log->torn))
        return tt_err_system(err, errno, "%s: cannot cut off a row that is incomplete", log->path);
    log->torn = -1;
    if (fstat(log->fd, &st))
        return tt_err_system(err, errno, "%s: cannot look at it", log->path);
    log->rows.len = 0;
    if (st.st_size == 0 && tt_buf_add(&log->rows, log->header.data, log->header.len, err)) /* it was truncated */
        return -1;
    for (size_t i = 0; i < n_rows * log->n; i++)
        if (add_field(&log->rows, fields[i].text, fields[i].len, (i + 1) % log->n == 0, err))
            return -1;
    if (write_all(log->fd, log->rows.data, log->rows.len) || (log->sync == TT_SYNC_ALWAYS && fdatasync(log->fd)))
        cause = errno;
    if (cause) { /* rows that are not acknowledged must not stay: the client will send them again */
        if (ftruncate(log->fd, st.st_size))
            log->torn = st.st_size; /* to be cut off before the next row is written */
        return tt_err_system(err, cause, "%s: cannot write", log->path);
    }
    log->is_dirty = log->sync == TT_SYNC_SECOND;
    return 0;
}

int tt_csv_log_append(struct tt_csv_log *log, const struct tt_csv_log_field *fields, size_t n_rows,
                      struct tt_err *err)
{
    if (n_rows == 0)
        return 0;
    tt_mutex_lock(&log->lock);
    int status = append(log, fields, n_rows, err);
    tt_mutex_unlock(&log->lock);
    return status;
}

int tt_csv_log_tick(struct tt_csv_log *log, struct tt_err *err)
{
    int copy = -1, status = 0;

    tt_mutex_lock(&log->lock);
    if (log->is_dirty && (copy = dup(log->fd)) < 0)
        status = tt_err_system(err, errno, "%s: cannot sync", log->path);
    else
        log->is_dirty = 0;
    tt_mutex_unlock(&log->lock);
    if (copy < 0)
        return status;
    if (fdatasync(copy)) { /* without the lock, so that appends do not wait for the disk */
        status = tt_err_system(err, errno, "%s: cannot sync", log->path);
        tt_mutex_lock(&log->lock);
        log->is_dirty = 1;
        tt_mutex_unlock(&log->lock);
    }
    close(copy);
    return status;
}

static int reopen(struct tt_csv_log *log, int *is_new, struct tt_err *err)
{
    struct stat here, there;
    uint64_t cut;

    *is_new = 0;
    if (fstat(log->fd, &here))
        return tt_err_system(err, errno, "%s: cannot look at it", log->path);
    if (stat(log->path, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        return 0;
    int fd = open_file(log, &cut, err);
    if (fd < 0)
        return -1;
    if (log->is_dirty && fdatasync(log->fd)) {
        tt_err_system(err, errno, "%s: cannot sync the old file", log->path);
        close(fd);
        return -1;
    }
    close(log->fd);
    log->fd = fd;
    log->is_dirty = 0;
    log->torn = -1;
    *is_new = 1;
    return 0;
}

int tt_csv_log_reopen(struct tt_csv_log *log, int *is_new, struct tt_err *err)
{
    tt_mutex_lock(&log->lock);
    int status = reopen(log, is_new, err);
    tt_mutex_unlock(&log->lock);
    return status;
}

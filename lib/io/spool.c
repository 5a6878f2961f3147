/* A copy of a stream on disk: see spool.h. */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { SPOOL_BUFFER = 1 << 18 };

int tt_spool_open(struct tt_spool *spool, struct tt_err *err)
{
    const char *folder = getenv("TMPDIR");
    struct tt_buf path = TT_BUF_INIT, place = TT_BUF_INIT;
    int fd = -1;

    *spool = (struct tt_spool){0};
    if (!folder || !*folder)
        folder = "/tmp";
    if (tt_buf_printf(&place, err, "temporary file in %s", folder) ||
        tt_buf_printf(&path, err, "%s/tt-spool.XXXXXX", folder))
        goto fail;
    fd = mkstemp(path.data);
    if (fd < 0) {
        tt_err_system(err, errno, "%s", place.data);
        goto fail;
    }
    unlink(path.data);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    spool->file = fdopen(fd, "w+");
    if (!spool->file) {
        tt_err_system(err, errno, "%s", place.data);
        goto fail;
    }
    (void)setvbuf(spool->file, NULL, _IOFBF, SPOOL_BUFFER);
    spool->place = place.data;
    tt_buf_release(&path);
    return 0;
fail:
    if (fd >= 0)
        close(fd);
    tt_buf_release(&path);
    tt_buf_release(&place);
    return -1;
}

int tt_spool_write(struct tt_spool *spool, const void *bytes, size_t n, struct tt_err *err)
{
    if (fwrite(bytes, 1, n, spool->file) != n)
        return tt_err_system(err, errno, "%s", spool->place);
    return 0;
}

int tt_spool_to_reader(struct tt_spool *spool, struct tt_reader *reader, struct tt_err *err)
{
    int fd = -1;

    if (fflush(spool->file) == 0)
        fd = fcntl(fileno(spool->file), F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return tt_err_system(err, errno, "%s", spool->place);
    if (reader->owns_fd)
        close(reader->fd);
    reader->fd = fd;
    reader->owns_fd = 1;
    if (tt_reader_rewind(reader))
        return tt_err_system(err, errno, "%s", spool->place);
    return 0;
}

void tt_spool_release(struct tt_spool *spool)
{
    if (spool->file)
        fclose(spool->file);
    free(spool->place);
    *spool = (struct tt_spool){0};
}

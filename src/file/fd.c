/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "file/fd.h"

#define COPY_STEP (256U * 1024U)
#define SYNC_STEP (4U * 1024U * 1024U) /* bytes between two hints */

int fd_close(int fd)
{
        int saved = errno;

        if (fd >= 0)
                (void)close(fd);
        errno = saved;
        return -EBADF;
}

int fd_open_at(int dir_fd, const char *name, int flags, mode_t mode)
{
        int fd;

        do
                fd = openat(dir_fd, name, flags | O_CLOEXEC, mode);
        while (fd < 0 && errno == EINTR);
        return fd < 0 ? -errno : fd;
}

int fd_truncate(int fd, uint64_t size)
{
        int r;

        do
                r = ftruncate(fd, (off_t)size);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

ssize_t fd_read_up_to(int fd, void *bytes, size_t size, uint64_t offset)
{
        uint8_t *at = bytes;
        size_t used = 0;

        while (used < size) {
                ssize_t n = pread(fd, at + used, size - used, (off_t)(offset + used));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                used += (size_t)n;
        }
        return (ssize_t)used;
}

int fd_read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
        ssize_t n = fd_read_up_to(fd, bytes, size, offset);

        if (n < 0)
                return (int)n;
        return (size_t)n == size ? 0 : -ENODATA;
}

int fd_write(int fd, Span span)
{
        while (span.size > 0) {
                ssize_t n = write(fd, span.bytes, span.size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                span.bytes += n;
                span.size -= (size_t)n;
        }
        return 0;
}

int fd_write_at(int fd, Span span, uint64_t offset)
{
        while (span.size > 0) {
                ssize_t n = pwrite(fd, span.bytes, span.size, (off_t)offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                span.bytes += n;
                span.size -= (size_t)n;
                offset += (uint64_t)n;
        }
        return 0;
}

static int copy_through_memory(int from, int to, uint64_t offset, uint64_t size)
{
        _cleanup_free_ uint8_t *buffer = malloc(COPY_STEP);

        if (!buffer)
                return -ENOMEM;
        while (offset < size) {
                size_t step = (size_t)MIN((uint64_t)COPY_STEP, size - offset);
                int r = fd_read_at(from, buffer, step, offset);

                if (r < 0)
                        return r;
                r = fd_write_at(to, (Span){buffer, step}, offset);
                if (r < 0)
                        return r;
                offset += step;
        }
        return 0;
}

/* A reflink takes all that the file is at that moment. */
static int cut_clone(int to, uint64_t size)
{
        struct stat st;

        if (fstat(to, &st) < 0)
                return -errno;
        if ((uint64_t)st.st_size < size)
                return -ENODATA;
        return (uint64_t)st.st_size > size ? fd_truncate(to, size) : 0;
}

int fd_copy(int from, int to, uint64_t size)
{
        uint64_t done = 0;

        if (ioctl(to, FICLONE, from) == 0)
                return cut_clone(to, size);

        while (done < size) {
                loff_t in = (loff_t)done, out = (loff_t)done;
                ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(size - done), 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
                        return -errno;
                /* Some file systems refuse it or answer 0 where reading works. */
                if (n <= 0)
                        return copy_through_memory(from, to, done, size);
                done += (uint64_t)n;
        }
        return 0;
}

int fd_sync(int fd)
{
        int r;

        do
                r = fsync(fd);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

int fd_write_through(int fd, Span span, uint64_t *unsynced)
{
        int saved = errno, r = fd_write(fd, span);

        if (r < 0)
                return r;
        *unsynced += span.size;
        if (*unsynced < SYNC_STEP)
                return 0;
        /* A hint: it promises nothing and cannot fail. */
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        errno = saved;
        *unsynced = 0;
        return 0;
}

int fd_read_text(int fd, size_t limit, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *text = NULL;
        size_t used = 0, room = 0;

        for (;;) {
                ssize_t n;

                if (used + 1 >= room) {
                        size_t wanted = room ? room * 2 : 4096;
                        char *larger = realloc(text, wanted);

                        if (!larger)
                                return -ENOMEM;
                        text = larger;
                        room = wanted;
                }
                n = read(fd, text + used, room - used - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                used += (size_t)n;
                if (used > limit)
                        return -EFBIG;
        }
        text[used] = '\0';
        *ret = TAKE_PTR(text);
        if (ret_size)
                *ret_size = used;
        return 0;
}

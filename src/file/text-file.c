/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file/atomic-file.h"
#include "file/fd.h"
#include "file/text-file.h"

#define TEXT_FILE_MODE 0644U

/* Opens a regular file; its status in `ret`. */
static int text_file_open(int dir_fd, const char *name, struct stat *ret)
{
        _cleanup_close_ int fd = fd_open_at(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);

        if (fd < 0 || fstat(fd, ret) < 0)
                return fd < 0 ? fd : -errno;
        return S_ISREG(ret->st_mode) ? TAKE_FD(fd) : -EBADMSG;
}

int text_file_read(int dir_fd, const char *name, size_t limit, char **ret, size_t *ret_size)
{
        struct stat st;
        _cleanup_close_ int fd = text_file_open(dir_fd, name, &st);

        return fd < 0 ? fd : fd_read_text(fd, limit, ret, ret_size);
}

int text_file_read_owned(int dir_fd, const char *name, size_t limit, char **ret, size_t *ret_size)
{
        struct stat st, directory;
        _cleanup_close_ int fd = text_file_open(dir_fd, name, &st);

        if (fd < 0 || fstat(dir_fd, &directory) < 0)
                return fd < 0 ? fd : -errno;
        if (st.st_uid != directory.st_uid || (st.st_mode & (S_IWGRP | S_IWOTH)))
                return -EPERM;
        return fd_read_text(fd, limit, ret, ret_size);
}

int text_file_write(int dir_fd, const char *name, const char *text, bool durable)
{
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        Span span = {(const uint8_t *)text, strlen(text)};
        int r = atomic_file_create(dir_fd, name, &file);

        if (r >= 0)
                r = fd_write(file.fd, span);
        if (r >= 0 && fchmod(file.fd, TEXT_FILE_MODE) < 0)
                r = -errno;
        if (r < 0)
                return r;
        return durable ? atomic_file_replace(&file) : atomic_file_rename(&file);
}

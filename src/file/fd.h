/* SPDX-License-Identifier: MIT */
#pragma once

/* File descriptors: ownership, whole reads and writes, and copies that stay in the kernel. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/span.h"

/* Closes `fd` if it is one, keeps errno, and returns -EBADF: `fd = fd_close(fd)`. */
int fd_close(int fd);

static inline void fd_closep(int *fd)
{
        *fd = fd_close(*fd);
}

#define _cleanup_close_ _cleanup_(fd_closep)

/* Hands the descriptor over: the variable is -EBADF afterwards. */
#define TAKE_FD(fd)               \
        ({                        \
                int *_f = &(fd);  \
                int _taken = *_f; \
                *_f = -EBADF;     \
                _taken;           \
        })

/* openat() with O_CLOEXEC; interrupted ones are tried again. Returns the descriptor or -errno;
 * errno itself stays as well. */
_nodiscard_ int fd_open_at(int dir_fd, const char *name, int flags, mode_t mode);

/* ftruncate(); interrupted ones are tried again. */
_nodiscard_ int fd_truncate(int fd, uint64_t size);

/* Reads `size` bytes at file offset `offset`, fewer only where the file ends. Returns how many. */
_nodiscard_ ssize_t fd_read_up_to(int fd, void *bytes, size_t size, uint64_t offset);

/* Reads exactly `size` bytes at file offset `offset`. -ENODATA when the file ends before. */
_nodiscard_ int fd_read_at(int fd, void *bytes, size_t size, uint64_t offset);

/* Writes all bytes of `span` at the current position, or at `offset`. Interrupted and short writes
 * are continued. */
_nodiscard_ int fd_write(int fd, Span span);
_nodiscard_ int fd_write_at(int fd, Span span, uint64_t offset);

/* Makes the empty regular file `to` hold the `size` bytes of `from`: reflink where the file system
 * has it, else copy_file_range(), else read and write. Holes may become data. -ENODATA when `from`
 * is shorter, and what `to` holds then is of no use. */
_nodiscard_ int fd_copy(int from, int to, uint64_t size);

/* fsync(), of a file or a directory. */
_nodiscard_ int fd_sync(int fd);

/* fd_write() that asks the kernel every few MiB to begin writing out what the file holds, so that a
 * later fd_sync() waits less. `unsynced` counts the bytes between; 0 for a new file. */
_nodiscard_ int fd_write_through(int fd, Span span, uint64_t *unsynced);

/* Reads a whole small file into `*ret` (owned by the caller, NUL-terminated; `ret_size` without the
 * NUL). -EFBIG when it holds more than `limit` bytes. Works on /proc files too. */
_nodiscard_ int fd_read_text(int fd, size_t limit, char **ret, size_t *ret_size);

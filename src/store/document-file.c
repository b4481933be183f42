/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/stat.h>

#include "file/atomic-file.h"
#include "file/fd.h"
#include "store/document-file.h"

int document_write(int dir_fd, const char *name, Span text)
{
        _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
        int r = atomic_file_create(dir_fd, name, &file);

        if (r >= 0)
                r = fd_write(file.fd, text);
        if (r >= 0)
                r = fd_write(file.fd, (Span){(const uint8_t *)"\n", 1});
        if (r >= 0 && fchmod(file.fd, 0644) < 0)
                r = -errno;
        return r < 0 ? r : atomic_file_replace(&file);
}

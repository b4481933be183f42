/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "host/installer.h"

/* A file from the future is not new: somebody set the clock. */
static bool is_new(const struct stat *st)
{
        struct timespec now;
        int64_t age;

        if (clock_gettime(CLOCK_REALTIME, &now) < 0 || now.tv_sec - st->st_ctim.tv_sec > 60)
                return false;
        age = (int64_t)(now.tv_sec - st->st_ctim.tv_sec) * 1000 +
              (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
        return age >= 0 && age < INSTALLER_FRESH_MS;
}

int installer_is_running(const Root *root, Fault *fault)
{
        _cleanup_close_ int fd = root_open_file(root, INSTALLER_LOCK_PATH);
        struct stat st;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0)
                return fault_set(fault, fd, fd == -EINVAL ? REASON_NOT_REGULAR : REASON_OPEN,
                                 INSTALLER_LOCK_PATH);
        if (fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_OPEN, INSTALLER_LOCK_PATH);
        if (is_new(&st))
                return 1;
        if (flock(fd, LOCK_SH | LOCK_NB) < 0)
                return errno == EWOULDBLOCK
                               ? 1
                               : fault_set(fault, -errno, REASON_OPEN, INSTALLER_LOCK_PATH);
        (void)flock(fd, LOCK_UN);
        return 0;
}

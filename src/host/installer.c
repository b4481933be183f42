/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "host/installer.h"

int installer_is_running(const Root *root, Fault *fault)
{
        _cleanup_close_ int fd = root_open_at(root, INSTALLER_LOCK_PATH, O_RDONLY | O_NONBLOCK, 0);
        struct stat st;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0)
                return fault_set(fault, fd, REASON_OPEN, INSTALLER_LOCK_PATH);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return fault_set(fault, -EINVAL, REASON_NOT_REGULAR, INSTALLER_LOCK_PATH);
        if (flock(fd, LOCK_SH | LOCK_NB) < 0)
                return errno == EWOULDBLOCK
                               ? 1
                               : fault_set(fault, -errno, REASON_OPEN, INSTALLER_LOCK_PATH);
        (void)flock(fd, LOCK_UN);
        return 0;
}

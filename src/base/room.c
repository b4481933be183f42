/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/statvfs.h>

#include "base/room.h"

#define BESIDES (64U * 1024U) /* names, attributes, headers */

int room_fault(Fault *fault, int error, int dir_fd, const char *path, uint64_t needed)
{
        struct statvfs status;
        uint64_t available;

        if (!fault || error != -ENOSPC || fstatvfs(dir_fd, &status) < 0 ||
            __builtin_mul_overflow(status.f_bavail, status.f_frsize, &available) ||
            __builtin_add_overflow(needed, BESIDES, &needed) || available >= needed)
                return error;
        (void)fault_set(fault, error, REASON_NO_SPACE, "%s", path);
        fault->missing = needed - available;
        return error;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "file/link.h"

int link_fault(Fault *fault, int error, const char *path)
{
        char target[PATH_MAX];
        ssize_t size = error == -ENOENT ? readlink(path, target, sizeof(target) - 1) : -1;

        if (size < 0)
                return fault_set(fault, error, REASON_OPEN, "%s", path);
        target[size] = '\0';
        (void)fault_set(fault, error, REASON_DANGLING_LINK, "%s", path);
        fault_remark(fault, "%s does not exist", target);
        if (fault)
                fault->todo = "correct the link, or name another file";
        return error;
}

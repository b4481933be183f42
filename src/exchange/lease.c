/* SPDX-License-Identifier: MIT */

#include <fcntl.h>

#include "exchange/lease.h"

int lease_take(int fd, Lease *ret)
{
        if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
                if (errno == EAGAIN)
                        return -EBUSY;
                *ret = LEASE_NONE;
                return 0;
        }
        ret->fd = fd;
        return 1;
}

bool lease_is_intact(const Lease *lease)
{
        return lease->fd < 0 || fcntl(lease->fd, F_GETLEASE) == F_RDLCK;
}

void lease_release(Lease *lease)
{
        if (lease->fd >= 0)
                (void)fcntl(lease->fd, F_SETLEASE, F_UNLCK);
        *lease = LEASE_NONE;
}

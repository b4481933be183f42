/* SPDX-License-Identifier: MIT */
#pragma once

/* Lease: a read lease (fcntl F_SETLEASE, F_RDLCK) on a file that is about to be replaced. While it
 * is held nobody has the file open for writing, and who tries waits until it is released; a lease
 * that was asked back tells that somebody tried. SIGIO, which the kernel sends then, must be
 * ignored. */

#include <stdbool.h>

#include "base/macros.h"

typedef struct Lease {
        int fd; /* borrowed; -EBADF when no lease is held */
} Lease;

#define LEASE_NONE ((Lease){.fd = -EBADF})

/* 1 when the lease is held, 0 where the file system, or the lack of privilege, has none (the caller
 * relies on comparing the file's status then), -EBUSY when somebody has the file open for writing.
 */
_nodiscard_ int lease_take(int fd, Lease *ret);

/* Whether nobody asked for it back so far. True where there is none. */
bool lease_is_intact(const Lease *lease);

/* Gives it back; does nothing where none was taken. */
void lease_release(Lease *lease);

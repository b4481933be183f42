/* SPDX-License-Identifier: MIT */
#pragma once

/* VMware's .bundle installer holds flock(LOCK_EX) on /etc/vmware-installer/database.lck for its
 * whole run and deletes the file at the end.
 *
 * The lock is probed: flock(LOCK_SH) and released in the next call. Only a lock that nobody holds
 * can be taken so, and only then could the installer find it taken. It makes the file an instant
 * before it locks it, so a file younger than INSTALLER_FRESH_MS counts as held and is not touched.
 * What remains is a file that a crashed installer left, opened again in the microseconds between
 * the two calls.
 *
 * The file may be read by everybody, and so locked by everybody: a lock counts only when root holds
 * it or, for another caller, this user. /proc/locks names the holder, with the device numbers that
 * the kernel shows of a lock of our own on the file; it hides holders in other PID namespaces.
 * Where the holder cannot be told, the lock counts. */

#include "base/fault.h"
#include "file/root.h"

#define INSTALLER_LOCK_PATH "etc/vmware-installer/database.lck" /* inside the root */
#define INSTALLER_FRESH_MS  250

/* 1 while an installer is at work, 0 when none is. A lock file that cannot be probed is an error:
 * REASON_OPEN, or REASON_NOT_REGULAR. */
_nodiscard_ int installer_is_running(const Root *root, Fault *fault);

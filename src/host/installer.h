/* SPDX-License-Identifier: MIT */
#pragma once

/* VMware's .bundle installer holds flock(LOCK_EX) on /etc/vmware-installer/database.lck for its
 * whole run and deletes the file at the end. The lock is probed, never held. */

#include "base/fault.h"
#include "base/root.h"

#define INSTALLER_LOCK_PATH "etc/vmware-installer/database.lck" /* inside the root */

/* 1 while an installer is at work, 0 when none is. A lock file that cannot be probed is an error.
 */
_nodiscard_ int installer_is_running(const Root *root, Fault *fault);

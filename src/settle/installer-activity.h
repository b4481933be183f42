/* SPDX-License-Identifier: MIT */
#pragma once

/* Obstacle: why VMware's files must be left alone right now: an installation is going on. */

#include <stdint.h>

#include "base/fault.h"
#include "file/root.h"

/* 1 when there is one, with `fault` (not NULL) saying which:
 *
 *   REASON_INSTALLER_RUNS  VMware's installer holds its lock
 *   REASON_BUSY            somebody has a target open for writing (a read lease is refused)
 *   REASON_UNFINISHED      the installer's `<name>.XXXX` lies beside a target, or a vmware-vmx has
 *                          no set-uid bit yet, which the installer sets in a second pass
 *
 * The last two count only while the file is younger than `fresh_ms` milliseconds (by its ctime) or
 * is being written: a leftover of a broken installation, or a vmware-vmx that somebody wants
 * without the bit, must not be waited for for ever. 0 when there is none. Changes nothing. */
_nodiscard_ int obstacle_find(const Root *root, int64_t fresh_ms, Fault *fault);

/* Milliseconds since the last change of `path` (its ctime). INT64_MAX when it is not there, or when
 * the clock was set back since. */
int64_t path_age(const Root *root, const char *path);

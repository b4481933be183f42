/* SPDX-License-Identifier: MIT */
#pragma once

/* Fingerprints: what stat() says of every file whose change matters, there or not: all places of
 * all targets, the installer's lock and VMware's configuration. Two runs that see the same text saw
 * the same files, as far as that can be told without reading them.
 *
 * The last automatic run leaves them as a RunNote, and `unlockerctl missed` compares. */

#include "base/fault.h"
#include "file/root.h"

/* A new string, one line a file: path, device, inode, size, mtime, ctime, mode, or "absent". */
_nodiscard_ int fingerprints_take(const Root *root, char **ret, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* A target that could not be replaced since its file system is read-only: for everybody, or only in
 * the sandbox of this run. */

#include <stdbool.h>

#include "base/root.h"
#include "swap/report.h"

/* Whether the file system that `path` lies on is read-only. */
bool read_only_is(const Root *root, const char *path);

/* Whether targets failed with EROFS, each of them, and the file systems they lie on are read-only.
 * A store on one is another matter: somebody has to act. */
bool read_only_is_why(const Root *root, const Report *report);

/* Whether another run may well succeed: the sandbox was made before VMware's directory was, so that
 * it has no say in it yet. True once for each such directory. */
bool read_only_try_again(const Root *root, const Report *report);

/* SPDX-License-Identifier: MIT */
#pragma once

/* The start of a small file below a root, as text: of /proc, /sys and the like. */

#include "file/root.h"

/* The first `limit` bytes, in a new string; NULL when it cannot be read. -ENOMEM. */
_nodiscard_ int start_read(const Root *root, const char *path, size_t limit, char **ret);

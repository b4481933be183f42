/* SPDX-License-Identifier: MIT */
#pragma once

/* A small file of text, written whole. */

#include <stdbool.h>

#include "base/macros.h"

/* Puts `text` under `name`, in the place of what is there: readable by everybody, never half
 * written. `durable`: it is on the disk before this returns, and so is its name. Negative errno. */
_nodiscard_ int text_file_write(int dir_fd, const char *name, const char *text, bool durable);

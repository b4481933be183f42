/* SPDX-License-Identifier: MIT */
#pragma once

/* A small file of text, read and written whole. */

#include <stdbool.h>

#include "base/macros.h"

/* A regular file of at most `limit` bytes, no link, in a new string. -EBADMSG when it is no regular
 * file; what fd_read_text() says; or another negative errno. */
_nodiscard_ int text_file_read(int dir_fd, const char *name, size_t limit, char **ret,
                               size_t *ret_size);

/* The same of a file that nobody but the owner of the directory can have written: -EPERM. */
_nodiscard_ int text_file_read_owned(int dir_fd, const char *name, size_t limit, char **ret,
                                     size_t *ret_size);

/* Puts `text` under `name`, in the place of what is there: readable by everybody, never half
 * written. `durable`: it is on the disk before this returns, and so is its name. Negative errno. */
_nodiscard_ int text_file_write(int dir_fd, const char *name, const char *text, bool durable);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Trust: whether root and the caller alone can change what a directory, and every directory above
 * it, leads to. Who else can swap one of them can have root give owner, set-id bits or privilege to
 * bytes of his own choice.
 *
 * Trusted is what root or the caller owns and nobody else may write: no other group (root's own or,
 * of an ordinary caller, his own group may), no ACL. A directory above may be one like /tmp, in
 * which nobody can rename what another user owns. In a user namespace, owners that it does not
 * know are taken for the system's. */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "file/root.h"

/* Judges `dir_fd` and all directories from there up to the root, that one too. -EPERM with
 * REASON_NOT_TRUSTED, whose subject is the directory; its remark has owner and mode. */
_nodiscard_ int trust_directory(const Root *root, int dir_fd, Fault *fault);

/* The same of a directory in which nothing is opened but what will be judged or made: it may itself
 * be one like /tmp. */
_nodiscard_ int trust_directory_above(const Root *root, int dir_fd, Fault *fault);

/* Judges, for root alone, each directory and link on the way to a root other than "/", as it was
 * given: who else can change one can have this run work on another system. They may belong to the
 * user who called sudo or pkexec, too. -EPERM with REASON_ROOT_PATH. */
_nodiscard_ int trust_root_path(const Root *root, Fault *fault);

/* The same of an open file alone; its directories are another question. `path` names it. */
_nodiscard_ int trust_file(const char *path, int fd, Fault *fault);

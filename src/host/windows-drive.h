/* SPDX-License-Identifier: MIT */
#pragma once

/* VMware for Windows on a drive that is mounted below a root: its directories and files have their
 * names without regard to case. */

#include "base/text.h"
#include "file/root.h"

/* Program directories of VMware Workstation and Player that are there, spelled as on the drive,
 * from the root without leading slash. -ENOMEM. */
_nodiscard_ int windows_libdirs_find(const Root *root, Texts *ret);

/* Where `path` really is below `directory`, both from the root: a new string, spelled as on the
 * drive; as asked for where there is no such file. -ENOMEM. */
_nodiscard_ int windows_path_find(const Root *root, const char *directory, const char *path,
                                  char **ret);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Title: how an installation is called in sentences: "VMware Workstation 17.6.1 (build 24319023)".
 */

#include "base/macros.h"
#include "store/build.h"

/* A new string, owned by the caller; "VMware" when nothing is known. -ENOMEM. */
_nodiscard_ int build_title(const Build *build, char **ret);

/* A path of a root as people write it: "/mnt/x/usr/lib/vmware". A new string. */
_nodiscard_ int path_in_root(const char *root, const char *path, char **ret);

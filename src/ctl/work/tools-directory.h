/* SPDX-License-Identifier: MIT */
#pragma once

#include "host/installation.h"

/* Where an installation looks for the images, from the root: "usr/lib/vmware/isoimages"; VMware for
 * Windows has them beside its programs. A new string. -ENOMEM. */
_nodiscard_ int tools_directory(const Installation *installation, char **ret);

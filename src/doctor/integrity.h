/* SPDX-License-Identifier: MIT */
#pragma once

/* Integrity: whether fapolicyd refuses files whose content is not the recorded one. */

#include "file/root.h"

/* "sha256", "ima" or "size": its method, where its service is active, or enabled on a system that
 * does not run; NULL where it compares nothing. A new string. -ENOMEM. */
_nodiscard_ int integrity_method(const Root *root, char **ret);

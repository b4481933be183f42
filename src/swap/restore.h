/* SPDX-License-Identifier: MIT */
#pragma once

/* Restoring an installation: inspect → find the provenance → stage → verify → exchange.
 *
 * A file is given back only over the patched form of that very original; a newer file that an
 * update brought is left alone. */

#include "swap/patch.h"

/* As patch_installation(). The store is only read; the session must be locked unless it is a dry
 * run. */
_nodiscard_ int restore_installation(Session *session, size_t index, const PatchOptions *options,
                                     InstallationResult *ret);

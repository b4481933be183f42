/* SPDX-License-Identifier: MIT */
#pragma once

/* Entry: one header of a module as an entry: path, kind, link. Pure. */

#include "visor/header.h"
#include "visor/module.h"

/* `*long_path` and `*long_link` are of GNU's entries before it, or NULL; they are taken where they
 * are used. `*ret` has no bytes yet. -EBADMSG with REASON_MODULE_DAMAGED, -ENOMEM. */
_nodiscard_ int entry_decode(const Header *header, uint64_t at, char **long_path, char **long_link,
                             ModuleEntry *ret, Fault *fault);

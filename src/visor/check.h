/* SPDX-License-Identifier: MIT */
#pragma once

/* Check: what the entries of a module must not be to each other. Pure. */

#include "visor/module.h"

/* Names that come twice, but for directories; hard links to no file. -EBADMSG with
 * REASON_MODULE_DAMAGED and the offset of the later header, -ENOMEM. */
_nodiscard_ int module_check_names(const Module *module, Fault *fault);

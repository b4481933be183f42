/* SPDX-License-Identifier: MIT */
#pragma once

/* inspect of an ESXi boot module: its entries, and the state of each file in it. */

#include "ctl/frame/context.h"
#include "file/mapping.h"

/* Shows the module `mapping` of the file `path`. An exit status, -ENODATA when it is no module, or
 * -ENOMEM. */
_nodiscard_ int inspect_module(const Context *context, const char *path, const Mapping *mapping);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Automatic: whether updates of VMware are patched automatically, and the next step where not. */

#include "ctl/frame/context.h"
#include "ctl/work/root-status.h"

#define PATH_UNIT "vmware-unlocker.path"

/* Nothing where they are, and for a root whose VMware nobody runs there. -ENOMEM. */
_nodiscard_ int automatic_show(const Context *context, const Standing *standing);

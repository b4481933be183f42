/* SPDX-License-Identifier: MIT */
#pragma once

/* Automatic: whether updates of VMware are patched automatically, and the next step where not. */

#include "ctl/frame/context.h"
#include "ctl/work/root-status.h"

/* Whether no update of VMware is patched automatically, though this root runs one: units that are
 * disabled, masked or missing. A hold is another matter. */
bool automatic_is_off(const RootStatus *root_status);

/* Nothing where they are, and for a root whose VMware nobody runs there. Without VMware: where it
 * was looked for, and what happens once it is installed. -ENOMEM. */
_nodiscard_ int automatic_show(const Context *context, const RootStatus *root_status);

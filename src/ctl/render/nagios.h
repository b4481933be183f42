/* SPDX-License-Identifier: MIT */
#pragma once

/* Nagios: the line and the exit status of a plugin, for `status --nagios`. */

#include <stdbool.h>

#include "ctl/work/root-status.h"

/* The line of `status --nagios`; `waited_in_vain` when --wait came to its limit. Returns the
 * plugin's exit status, 0 to 3. -ENOMEM. */
_nodiscard_ int root_statuses_show_nagios(const RootStatus *roots, size_t count,
                                          bool waited_in_vain);

/* The line of a plugin that could not look: "UNLOCKER UNKNOWN: why". Returns its exit status. */
_nodiscard_ int nagios_say_unknown(const char *why);

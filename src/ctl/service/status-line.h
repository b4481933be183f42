/* SPDX-License-Identifier: MIT */
#pragma once

/* The one line that `systemctl status vmware-unlocker` shows: product, build and how many targets
 * are patched, or why not. A person without access to the journal sees nothing else. */

#include "ctl/work/run.h"

/* Says it to the service manager. */
_printf_(1, 2) void auto_line_say(const char *format, ...);

/* Says what is waited for; quiet_wait() calls it. */
void auto_line_wait(const Fault *why, void *context);

/* Says what stopped a run, and what to do about it. */
void auto_line_fail(const Fault *fault, int error);

/* How the root of `look`, a dry run, stands; `done` (may be NULL) is the run before it, which knows
 * why a target could not be patched. A new string. -ENOMEM. */
_nodiscard_ int auto_line_of(const Run *look, const Run *done, char **ret);

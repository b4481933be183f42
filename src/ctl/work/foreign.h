/* SPDX-License-Identifier: MIT */
#pragma once

/* Foreign: which of many files are none of VMware's, and need no word. */

#include <stdbool.h>

#include "base/fault.h"

/* Whether a file that cannot be judged for this reason is no binary, or one that holds nothing of
 * VMware's: most files of a system. */
bool reason_is_foreign(Reason reason);

/* Whether a file of this name is worth a word though it cannot be judged. */
bool name_is_of_vmware(const char *path);

/* The advice for a file that was named by hand, which may be a copy, a script or none of VMware's:
 * not to install VMware again alone, nor to report a foreign file. */
void fault_advise_named(Fault *fault, const char *path);

/* Of a file that came from an ESXi host: where the advice would be to install VMware again, it is
 * `todo`, a static text. */
void fault_advise(Fault *fault, const char *todo);

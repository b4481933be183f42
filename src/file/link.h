/* SPDX-License-Identifier: MIT */
#pragma once

/* Link: a symbolic link that a person named. */

#include "base/fault.h"

/* Fills `fault` for `path`, which could not be opened: REASON_DANGLING_LINK with what does not
 * exist as its remark where it is a symbolic link, else REASON_OPEN. Returns `error`, a negative
 * errno. */
int link_fault(Fault *fault, int error, const char *path);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Complain: what went wrong, in one sentence of four parts: "what: file: why: what to do". */

#include "base/fault.h"

/* What to do about a fault that is not REASON_NONE, as it has to be typed for the root of
 * complain_in_root(), in a new string. -ENOMEM. */
_nodiscard_ int complaint_todo(const Fault *fault, char **ret);

/* The sentence for `fault` in a new string (owned by the caller), without the program's name:
 *
 *     cannot patch: /usr/lib/vmware/bin/vmware-vmx: only one of the two SMC tables was found (V1 at
 *     0x10424f0): run `unlockerctl inspect` …
 *
 * `file` is the file as the person knows it; with NULL the fault's subject stands in its place.
 * `fault` may be NULL or REASON_NONE: then `error`, a negative errno, says why. -ENOMEM. */
_nodiscard_ int complaint_text(const Fault *fault, int error, const char *file, const char *what,
                               char **ret);

/* Why and details alone: "only one of the two SMC tables was found (V1 at 0x10424f0)". */
_nodiscard_ int complaint_why(const Fault *fault, int error, const char *file, char **ret);

/* From now on advice is given for this root, "/" in the beginning and where there is no memory for
 * a copy of its path: see hint_for_root(). */
void complain_in_root(const char *root);

/* From now on a user who is refused what belongs to root is told this command, with sudo before it.
 * To be called before the words of `argv` change their order. */
void complain_of_command(int argc, char **argv);

/* Prints it on standard error behind "unlockerctl: ", with --quiet too. */
_printf_(4, 5) void complain(const Fault *fault, int error, const char *file,
                             const char *what_format, ...);

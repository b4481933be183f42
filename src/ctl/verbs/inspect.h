/* SPDX-License-Identifier: MIT */
#pragma once

/* What `inspect` shows of a file, for its two forms. */

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/work/judged-file.h"

#define INSPECT_ROWS 4U

/* The first row (#KEY, where nothing is new), +LKS if there is one, OSK0 and OSK1 of a table: the
 * number of rows. */
_nodiscard_ int inspect_rows(const Binary *binary, const SmcTable *table, SmcKey ret[INSPECT_ROWS],
                             Fault *fault);

/* The document of `inspect --json`; REASON_CHANGED when the file shrank meanwhile. */
_nodiscard_ int inspect_print_json(const Context *context, const char *path, const Binary *binary,
                                   ExitStatus status, Fault *fault);

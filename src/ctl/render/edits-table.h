/* SPDX-License-Identifier: MIT */
#pragma once

/* A plan of edits as people read it: eight bytes a line, before and after. */

#include "ctl/terminal/output.h"
#include "file/edit.h"

/* Prints them as a table, in the plan's order. -ENOMEM. */
_nodiscard_ int edits_print(const Context *context, const Edits *edits);

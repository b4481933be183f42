/* SPDX-License-Identifier: MIT */
#pragma once

/* A run that a person started: done, written to the journal, and shown. */

#include "ctl/work/run.h"

/* Does it, shows it, and returns the exit status, as a verb does. */
_nodiscard_ int run_do_and_show(Context *context, const RunOptions *options);

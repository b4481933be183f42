/* SPDX-License-Identifier: MIT */
#pragma once

/* What --json prints of an automatic run. */

#include "ctl/work/run.h"

/* With --json the document of `done`, what the run changed, or where nothing could be changed of
 * `look`; where it got to neither, of the root alone. `fault` is what ended it early. Returns
 * `status`, or -ENOMEM; a negative status is returned as it is. */
_nodiscard_ int auto_show_json(const Context *context, Run *done, Run *look, const Fault *fault,
                               int status);

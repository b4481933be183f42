/* SPDX-License-Identifier: MIT */
#pragma once

/* Failure: what a command says that got nowhere with the file it was given. */

#include "base/fault.h"
#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"

/* complain(), and with --json the document: path, reason, exit status. Returns `status`, or a
 * negative errno. */
_nodiscard_ int failure_tell(const Context *context, const char *path, const Fault *fault,
                             int error, const char *what, ExitStatus status);

/* What --json tells of a root that nothing could be done with: "root" and the reason. */
void failure_add_root(Json *roots, const char *root, const Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* A verb on every --root in turn. */

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"
#include "swap/session.h"

/* Runs `one` on every root in turn. Where it `writes`, the session is locked, waiting `limit_ms` as
 * store_lock() does, unless there is no store: then it has no archives and nothing is made.
 * Complains "cannot WHAT" where a root cannot be opened or locked, and adds the reason to `roots`,
 * what --json prints. The worst exit status of all, or -ENOMEM. */
typedef int (*session_verb)(Context *context, Session *session, void *argument);
_nodiscard_ int for_each_root(Context *context, const char *what, bool writes, int limit_ms,
                              Json *roots, session_verb one, void *argument);

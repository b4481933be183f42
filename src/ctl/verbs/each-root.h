/* SPDX-License-Identifier: MIT */
#pragma once

/* A verb on every --root in turn. */

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"
#include "swap/session.h"

/* What a verb is to do with a root. */
typedef enum RootUse {
        ROOT_SHOWN,   /* shows it: session_open_shown() */
        ROOT_READ,    /* judges it */
        ROOT_WRITTEN, /* changes it, so that the session is locked */
} RootUse;

/* Runs `one` on every root in turn. For ROOT_WRITTEN it waits `limit_ms` for the lock as
 * store_lock() does, unless there is no store: then it has no archives and nothing is made.
 * Complains "cannot WHAT" where a root cannot be opened or locked, and adds the reason to `roots`,
 * what --json prints. The worst exit status of all, or -ENOMEM. */
typedef int (*session_verb)(Context *context, Session *session, void *argument);
_nodiscard_ int for_each_root(Context *context, const char *what, RootUse use, int limit_ms,
                              Json *roots, session_verb one, void *argument);

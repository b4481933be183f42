/* SPDX-License-Identifier: MIT */
#pragma once

/* What verbs share that work on every --root: opening, waiting for another run, words. */

#include "ctl/context.h"
#include "ctl/exit.h"
#include "ctl/json.h"
#include "swap/session.h"

/* For store_lock() and session_lock(): says on standard error which process is waited for.
 * `context` is unused. */
void say_waiting(pid_t holder, void *context);

/* "24.3 MiB" */
typedef struct SizeWords {
        char text[16];
} SizeWords;
SizeWords size_words(uint64_t size);

/* Local time, "2026-03-01". */
typedef struct DateWords {
        char text[24];
} DateWords;
DateWords date_words(int64_t seconds);

/* Runs `one` on every root in turn. Where it `writes`, the session is locked, unless there is no
 * store: then it has no archives and nothing is made. Complains "cannot WHAT" where a root cannot
 * be opened or locked, and adds the reason to `roots`, what --json prints. The worst exit status of
 * all, or -ENOMEM. */
typedef int (*session_verb)(Context *context, Session *session, void *argument);
_nodiscard_ int for_each_root(Context *context, const char *what, bool writes, Json *roots,
                              session_verb one, void *argument);

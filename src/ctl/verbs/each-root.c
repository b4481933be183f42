/* SPDX-License-Identifier: MIT */

#include "ctl/verbs/each-root.h"
#include "ctl/render/failure.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/waiting.h"
#include "swap/session-lock.h"

static int on_root(Context *context, const char *root, const char *what, RootUse use, int limit_ms,
                   Json *roots, session_verb one, void *argument)
{
        _cleanup_(session_freep) Session *session = NULL;
        Fault fault = FAULT_NONE;
        int r;

        complain_in_root(root);
        r = use == ROOT_SHOWN ? session_open_shown(root, &session, &fault)
                              : session_open(root, STORE_READ, &session, &fault);
        /* Where there is no store yet, none is made. */
        if (r >= 0 && use == ROOT_WRITTEN && store_originals_fd(session->store) >= 0) {
                session_free(TAKE_PTR(session));
                r = session_open(root, STORE_WRITE, &session, &fault);
                if (r >= 0)
                        r = session_lock(session, limit_ms, say_waiting, session->root.path,
                                         &fault);
        }
        if (r < 0) {
                complain(&fault, r, NULL, "cannot %s", what);
                failure_add_root(roots, root, &fault);
                return (int)exit_status_of(&fault);
        }
        return one(context, session, argument);
}

int for_each_root(Context *context, const char *what, RootUse use, int limit_ms, Json *roots,
                  session_verb one, void *argument)
{
        ExitStatus worst = EXIT_DONE;

        for (size_t i = 0; i < context->roots.count; i++) {
                int r = on_root(context, context->roots.items[i], what, use, limit_ms, roots, one,
                                argument);

                if (r < 0)
                        return r;
                worst = exit_status_worse(worst, (ExitStatus)r);
        }
        return (int)worst;
}

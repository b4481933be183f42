/* SPDX-License-Identifier: MIT */

/* unlockerctl missed: for vmware-unlocker-verify.service. */

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/verbs.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"

static int look(const char *path, bool *ret_missed, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *seen = NULL, *now = NULL;
        int r = root_open(path, &root, fault);

        if (r < 0)
                return r;
        r = run_note_read(&root, RUN_NOTE_SEEN, &seen);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, RUN_NOTE_SEEN);
        r = fingerprints_take(&root, &now, fault);
        if (r < 0)
                return r;
        /* Where no run left anything, none is due: the path units start the first one. */
        *ret_missed = *seen && !text_equal(seen, now);
        return 0;
}

static int run_missed(Context *context, int count, char **arguments)
{
        Fault fault = FAULT_NONE;
        bool missed = false;
        int r = look(context->roots.items[0], &missed, &fault);

        if (r < 0) {
                complain(&fault, r, NULL, "cannot compare");
                return EXIT_NO_ANSWER;
        }
        return missed ? EXIT_DONE : EXIT_FAILED;
}

const Verb verb_missed = {
        .name = "missed",
        .description = "Whether files changed since the last automatic run looked at them: exit "
                       "status 0 when they did, 1 when not, 255 when that cannot be told. For the "
                       "service.",
        .run = run_missed,
};

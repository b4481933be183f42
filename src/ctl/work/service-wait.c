/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <time.h>

#include "base/text.h"
#include "ctl/work/service-wait.h"
#include "doctor/unit.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"
#include "settle/installer.h"

#define STEP_MS 200

/* Whether files changed since the last run looked at them; where none did, none is due. */
static int service_is_due(const Root *root, Fault *fault)
{
        _cleanup_free_ char *seen = NULL, *now = NULL;
        int r = run_note_read(root, RUN_NOTE_SEEN, &seen);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, RUN_NOTE_SEEN);
        r = fingerprints_take(root, &now, fault);
        if (r < 0)
                return r;
        return *seen && !text_equal(seen, now);
}

/* A run removes what the last one saw, counts itself, and ends with the reverse. */
static int service_is_pending(const Root *root, Fault *fault)
{
        _cleanup_free_ char *begun = NULL;
        int r = run_note_read(root, RUN_NOTE_BEGUN, &begun);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, RUN_NOTE_BEGUN);
        return *begun ? 1 : service_is_due(root, fault);
}

bool service_is_busy(const Root *root)
{
        const UnitState unit = unit_state(root, PATH_UNIT);

        return unit_works(root, &unit) && service_is_pending(root, NULL) > 0;
}

/* What kept it waiting. */
static int service_give_up(const Root *root, Fault *fault)
{
        if (installer_is_running(root, NULL) > 0)
                return fault_set(fault, -ETIMEDOUT, REASON_INSTALLER_RUNS, "%s", root->path);
        return fault_set(fault, -ETIMEDOUT, REASON_CHANGED, "VMware");
}

int service_wait(const Root *root, int64_t limit_ms, Fault *fault)
{
        const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

        for (int64_t waited = 0;; waited += STEP_MS) {
                const UnitState unit = unit_state(root, PATH_UNIT);
                int r;

                if (!unit.enabled && !unit.active)
                        return 1;
                r = service_is_pending(root, fault);
                if (r <= 0)
                        return r;
                if (waited >= limit_ms)
                        return service_give_up(root, fault);
                (void)nanosleep(&step, NULL);
        }
}

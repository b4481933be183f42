/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/work/read-only.h"
#include "ctl/work/root-status.h"

void standing_done(Standing *standing)
{
        for (size_t i = 0; i < standing->survey_count; i++)
                survey_done(&standing->surveys[i]);
        free(standing->surveys);
        config_flaws_done(&standing->flaws);
        verification_done(&standing->verification);
        free(standing->root);
        *standing = (Standing){};
}

/* What a run could patch, or has, and whether it could write there. */
static void look_at_targets(const Root *root, const Survey *survey, unsigned *patched,
                            Standing *standing)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetSurvey *target = &survey->targets[role];
                bool is_patched = target->state == STATE_PATCHED;
                unsigned *count = is_patched ? patched : &standing->patchable;
                bool *all = is_patched ? &standing->patched_read_only : &standing->read_only;

                if (is_patched || target->state == STATE_STOCK || target->state == STATE_PARTIAL)
                        *all = ((*count)++ == 0 || *all) && read_only_is(root, target->path);
        }
}

static int standing_of_session(const char *root, const Session *session, bool recalled,
                               Standing *ret)
{
        _cleanup_(standing_done) Standing standing = {.fault = FAULT_NONE};
        size_t count = session->installations.count;
        unsigned patched = 0;
        int r = text_copy(&standing.root, root);

        if (r < 0)
                return r;
        standing.hold = store_hold(session->store);
        standing.held = standing.hold.why != HOLD_NONE;
        standing.archives_damaged = session->archives_damaged;
        standing.archives_denied = session->archives.denied;
        r = verification_read(session->store, &standing.verification);
        if (r >= 0)
                r = config_flaws_copy(&session->installations.flaws, &standing.flaws);
        if (r < 0)
                return r;
        standing.surveys = calloc(count ? count : 1, sizeof(*standing.surveys));
        if (!standing.surveys)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                r = survey_installation(session, i, recalled, &standing.surveys[i]);
                if (r < 0)
                        return r;
                standing.survey_count++;
                look_at_targets(&session->root, &standing.surveys[i], &patched, &standing);
        }
        *ret = standing;
        standing = (Standing){};
        return 0;
}

int standing_of_root(const char *root, bool recalled, Standing *ret)
{
        _cleanup_(session_freep) Session *session = NULL;
        Fault fault = FAULT_NONE;
        int r = recalled ? session_open_shown(root, &session, &fault)
                         : session_open(root, STORE_READ, &session, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                *ret = (Standing){.error = r, .fault = fault};
                return text_copy(&ret->root, root);
        }
        return standing_of_session(root, session, recalled, ret);
}

ExitStatus standing_exit_status(const Standing *standing)
{
        if (standing->error < 0)
                return exit_status_of(&standing->fault);
        if (standing->survey_count == 0)
                return EXIT_NO_VMWARE;
        for (size_t i = 0; i < standing->survey_count; i++) {
                unsigned patched, count = survey_count(&standing->surveys[i], &patched);

                if (patched < count)
                        return EXIT_DEGRADED;
        }
        return EXIT_DONE;
}

/* What to do about files that are not patched. */
static const char *standing_todo(const Standing *standing)
{
        if (standing->patchable == 0)
                return standing->held ? "the rest cannot be judged; automatic patching is on hold"
                                      : "the rest cannot be judged";
        if (standing->held)
                return "on hold: run `sudo unlockerctl release` to resume";
        if (standing->read_only)
                return "on a read-only file system: patch its image, with --root";
        return "run `sudo unlockerctl patch`";
}

int standing_summary(const Standing *standing, char **ret)
{
        unsigned all = 0, open = 0;
        const char *hold = standing->held ? "; automatic patching is on hold" : "";
        _cleanup_free_ char *todo = NULL;

        if (standing->error < 0)
                return complaint_text(&standing->fault, standing->error, NULL, "no answer", ret);
        if (standing->survey_count == 0)
                return text_format(ret, "No VMware found%s.", hold);
        for (size_t i = 0; i < standing->survey_count; i++) {
                unsigned patched;

                all += survey_count(&standing->surveys[i], &patched);
                open += patched;
        }
        if (all == open)
                return text_format(ret, "%u of %u patched: macOS guests can run%s.", open, all,
                                   hold);
        if (hint_for_root(standing->root, standing_todo(standing), &todo) < 0)
                return -ENOMEM;
        return text_format(ret, "%u of %u patched; %s.", open, all, todo);
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/work/read-only.h"
#include "ctl/work/root-status.h"
#include "ctl/work/service-wait.h"
#include "settle/installer.h"

void root_status_done(RootStatus *root_status)
{
        for (size_t i = 0; i < root_status->installation_count; i++)
                installation_status_done(&root_status->installations[i]);
        free(root_status->installations);
        config_flaws_done(&root_status->flaws);
        verification_done(&root_status->verification);
        free(root_status->path);
        *root_status = (RootStatus){};
}

/* What a run could patch, or has, and whether it could write there. */
static void look_at_targets(const Root *root, const InstallationStatus *installation,
                            unsigned *patched, RootStatus *root_status)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetStatus *target = &installation->targets[role];
                bool is_patched = target->state == STATE_PATCHED;
                unsigned *count = is_patched ? patched : &root_status->patchable;
                bool *all = is_patched ? &root_status->patched_read_only : &root_status->read_only;

                if (is_patched || target->state == STATE_STOCK || target->state == STATE_PARTIAL)
                        *all = ((*count)++ == 0 || *all) && read_only_is(root, target->path);
        }
}

static int root_status_read_session(const char *root, const Session *session, bool recalled,
                                    RootStatus *ret)
{
        _cleanup_(root_status_done) RootStatus root_status = {.fault = FAULT_NONE};
        size_t count = session->installations.count;
        unsigned patched = 0;
        int r = text_copy(&root_status.path, root);

        if (r < 0)
                return r;
        root_status.hold = store_hold(session->store);
        root_status.held = root_status.hold.why != HOLD_NONE;
        root_status.store_read_only = read_only_is_store(&session->root);
        root_status.archives_damaged = session->archives_damaged;
        root_status.archives_denied = session->archives.denied;
        r = verification_read(session->store, &root_status.verification);
        if (r >= 0)
                r = config_flaws_copy(&session->installations.flaws, &root_status.flaws);
        if (r < 0)
                return r;
        root_status.installations = calloc(count ? count : 1, sizeof(*root_status.installations));
        if (!root_status.installations)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                r = installation_status_read(session, i, recalled, &root_status.installations[i]);
                if (r < 0)
                        return r;
                root_status.installation_count++;
                look_at_targets(&session->root, &root_status.installations[i], &patched,
                                &root_status);
        }
        root_status.installing = installer_is_running(&session->root, NULL) > 0;
        root_status.service_busy =
                root_status.patchable > 0 && !root_status.held && service_is_busy(&session->root);
        *ret = root_status;
        root_status = (RootStatus){};
        return 0;
}

int root_status_read(const char *root, bool recalled, RootStatus *ret)
{
        _cleanup_(session_freep) Session *session = NULL;
        Fault fault = FAULT_NONE;
        int r = recalled ? session_open_shown(root, &session, &fault)
                         : session_open(root, STORE_READ, &session, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                *ret = (RootStatus){.error = r, .fault = fault};
                return text_copy(&ret->path, root);
        }
        return root_status_read_session(root, session, recalled, ret);
}

/* Without these no virtual machine starts, patched or not; the other programs VMware can lack. NULL
 * when both are there. */
static const char *root_status_missing(const RootStatus *root_status)
{
        for (size_t i = 0; i < root_status->installation_count; i++) {
                const TargetStatus *targets = root_status->installations[i].targets;

                if (!state_is_of_file(targets[ROLE_VMX].state))
                        return "vmware-vmx";
                if (!state_is_of_file(targets[ROLE_VMWAREBASE].state))
                        return "libvmwarebase.so";
        }
        return NULL;
}

ExitStatus root_status_exit_status(const RootStatus *root_status)
{
        if (root_status->error < 0)
                return exit_status_of(&root_status->fault);
        if (root_status->installation_count == 0)
                return EXIT_NO_VMWARE;
        for (size_t i = 0; i < root_status->installation_count; i++) {
                unsigned patched,
                        count = installation_status_count(&root_status->installations[i], &patched);

                if (patched < count)
                        return EXIT_DEGRADED;
        }
        return root_status_missing(root_status) ? EXIT_DEGRADED : EXIT_DONE;
}

/* What to do about files that are not patched. */
static const char *root_status_todo(const RootStatus *root_status)
{
        if (root_status->patchable == 0)
                return root_status->held
                               ? "the rest cannot be judged; automatic patching is on hold"
                               : "the rest cannot be judged";
        if (root_status->read_only)
                return "on a read-only file system: patch its image, with --root";
        if (root_status->store_read_only)
                return "the store is on a read-only file system: mount it writable";
        if (root_status->held)
                return "on hold: run `sudo unlockerctl release` to resume";
        if (root_status->installing)
                return "VMware's installer is running: wait until it ends";
        if (root_status->service_busy)
                return "the service patches the rest: run `unlockerctl status --wait`";
        return "run `sudo unlockerctl patch`";
}

int root_status_summary(const RootStatus *root_status, char **ret)
{
        unsigned all = 0, open = 0;
        const char *hold = root_status->held ? "; automatic patching is on hold" : "";
        const char *missing = root_status_missing(root_status);
        _cleanup_free_ char *todo = NULL;

        if (root_status->error < 0)
                return complaint_text(&root_status->fault, root_status->error, NULL, "no answer",
                                      ret);
        if (root_status->installation_count == 0)
                return text_format(ret, "No VMware found%s.", hold);
        for (size_t i = 0; i < root_status->installation_count; i++) {
                unsigned patched;

                all += installation_status_count(&root_status->installations[i], &patched);
                open += patched;
        }
        if (all == open && missing)
                return text_format(ret, "%u of %u patched, but %s is missing: reinstall VMware%s.",
                                   open, all, missing, hold);
        if (all == open)
                return text_format(ret, "%u of %u patched: macOS guests can run%s.", open, all,
                                   hold);
        if (hint_for_root(root_status->path, root_status_todo(root_status), &todo) < 0)
                return -ENOMEM;
        return text_format(ret, "%u of %u patched; %s.", open, all, todo);
}

unsigned root_status_count_lacking(const RootStatus *root_status)
{
        unsigned count = 0;

        for (size_t i = 0; i < root_status->installation_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        count += root_status->installations[i].targets[role].kept ==
                                 ORIGINAL_MISSING;
        return count;
}

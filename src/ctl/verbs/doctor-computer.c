/* SPDX-License-Identifier: MIT */

/* The checks of a computer that need more than its own files: VMware, the patch, the unit. */

#include "ctl/verbs/doctor.h"
#include "ctl/work/automatic.h"
#include "ctl/work/verification-words.h"
#include "doctor/integrity.h"
#include "doctor/unit.h"

static const char *patch_todo(const RootStatus *root_status)
{
        if (root_status->patchable == 0)
                return "run `unlockerctl status`, which has the reason";
        if (root_status->read_only)
                return "it is on a read-only file system: patch where the image is built, with "
                       "`unlockerctl --root=DIR patch`";
        if (root_status->store_read_only)
                return "the store is on a read-only file system: mount it writable, then run "
                       "`sudo unlockerctl patch`";
        return "run `sudo unlockerctl patch`, then `unlockerctl status`";
}

static int check_patched(const RootStatus *root_status, bool patch_is_needed, Checks *checks)
{
        _cleanup_free_ char *summary = NULL;
        ExitStatus status;
        int r = root_status_summary(root_status, &summary);

        if (r < 0)
                return r;
        summary[strcspn(summary, ";")] = '\0';
        status = root_status_exit_status(root_status);
        if (status == EXIT_DONE)
                return checks_add(checks, CHECK_ID_PATCHED, CHECK_OK, NULL, "%s", summary);
        if (status == EXIT_NO_VMWARE)
                return checks_add(checks, CHECK_ID_PATCHED, CHECK_PROBLEM,
                                  "install VMware Workstation or Player", "%s", summary);
        if (!patch_is_needed)
                return checks_add(checks, CHECK_ID_PATCHED, CHECK_OK, NULL,
                                  "%s; OpenCore needs no patch", summary);
        return checks_add(checks, CHECK_ID_PATCHED, CHECK_PROBLEM, patch_todo(root_status), "%s",
                          summary);
}

#define FLAWS_SHOWN 3U

static int check_config(const RootStatus *root_status, Checks *checks)
{
        const ConfigFlaws *flaws = &root_status->flaws;
        char numbers[LINE_LIST_SIZE];
        LineList lines;
        int r = 0;

        checks->file = "/" VMWARE_CONFIG_PATH;
        for (size_t i = 0; r >= 0 && i < flaws->count; i++) {
                r = checks_add_at(checks, flaws->items[i].line, CHECK_ID_CONFIG,
                                  flaws->items[i].is_libdir ? CHECK_PROBLEM : CHECK_WARNING,
                                  "correct it in /etc/vmware/config: name = \"value\"",
                                  "line %u cannot be read by VMware: %s", flaws->items[i].line,
                                  flaws->items[i].why);
                if (r >= 0 && i >= FLAWS_SHOWN)
                        checks_mark_detail(checks);
        }
        lines = checks_details(checks, CHECK_ID_CONFIG);
        line_list_text(&lines, numbers);
        if (r >= 0 && lines.count > 0)
                r = checks_add(checks, CHECK_ID_CONFIG, CHECK_WARNING,
                               lines.count == 1 ? "correct it as well" : "correct them as well",
                               "%zu more line%s cannot be read: %s", lines.count,
                               lines.count == 1 ? "" : "s", numbers);
        checks->file = NULL;
        return r;
}

/* Only where they were verified, or are known to be damaged. */
static int check_originals(const RootStatus *root_status, Checks *checks)
{
        _cleanup_free_ char *words = NULL;
        int r = verification_words(&root_status->verification, &words);

        if (r < 0)
                return r;
        if (root_status->archives_damaged > 0)
                return checks_add(checks, CHECK_ID_ORIGINALS, CHECK_WARNING,
                                  "run `sudo unlockerctl verify`, which names them",
                                  "%zu archive%s of originals cannot be read",
                                  root_status->archives_damaged,
                                  root_status->archives_damaged == 1 ? "" : "s");
        if (!words)
                return 0;
        if (root_status->verification.damaged.count > 0)
                return checks_add(checks, CHECK_ID_ORIGINALS, CHECK_WARNING,
                                  "run `sudo unlockerctl verify --record`, which names them", "%s",
                                  words);
        return checks_add(checks, CHECK_ID_ORIGINALS, CHECK_OK, NULL, "%s", words);
}

static int check_hold(const RootStatus *root_status, Checks *checks)
{
        if (root_status->held)
                return checks_add(checks, CHECK_ID_HOLD, CHECK_WARNING,
                                  "run `sudo unlockerctl release` to resume it",
                                  "automatic patching is on hold");
        return checks_add(checks, CHECK_ID_HOLD, CHECK_OK, NULL, "automatic patching is allowed");
}

static int check_unit(const Root *root, bool held, Checks *checks)
{
        const char *todo = "run `sudo systemctl enable --now " PATH_UNIT "`";
        UnitState state = unit_state(root, PATH_UNIT);
        bool host = root_is_host(root);

        if (unit_works(root, &state))
                return checks_add(checks, CHECK_ID_UNIT, CHECK_OK, NULL, "%s",
                                  held ? PATH_UNIT " is enabled; VMware updates are not patched "
                                                   "while on hold"
                                       : "VMware updates are patched automatically");
        if (state.masked)
                todo = "run `sudo systemctl unmask " PATH_UNIT "`, then `sudo systemctl enable "
                       "--now " PATH_UNIT "`";
        if (state.asked && (state.enabled || state.active))
                return checks_add(checks, CHECK_ID_UNIT, CHECK_WARNING, todo,
                                  PATH_UNIT " is %s: VMware updates are %s",
                                  state.enabled ? "enabled but not active" : "active, not enabled",
                                  state.enabled ? "not seen now" : "seen until the next boot only");
        return checks_add(checks, CHECK_ID_UNIT, CHECK_WARNING,
                          host && state.running
                                  ? todo
                                  : "run `sudo unlockerctl patch` after each update of VMware",
                          "%s: VMware updates are not patched automatically",
                          host && !state.running ? "systemd does not run here"
                          : state.masked         ? PATH_UNIT " is masked"
                          : state.installed      ? PATH_UNIT " is not enabled"
                                                 : PATH_UNIT " is not installed");
}

static bool root_status_has_patched(const RootStatus *root_status)
{
        for (size_t i = 0; i < root_status->installation_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (root_status->installations[i].targets[role].state == STATE_PATCHED)
                                return true;
        return false;
}

/* Only where it matters. */
static int check_integrity(const Root *root, const RootStatus *root_status, Checks *checks)
{
        _cleanup_free_ char *method = NULL;
        int r = root_status_has_patched(root_status) ? integrity_method(root, &method) : 0;

        if (r < 0 || !method)
                return r;
        return checks_add(checks, CHECK_ID_INTEGRITY, CHECK_WARNING,
                          "record the patched files, as INTEGRITY GUARDS in vmware-unlocker(7) "
                          "shows",
                          "fapolicyd compares programs (integrity = %s), and VMware is patched",
                          method);
}

int computer_check(const Root *root, bool patch_is_needed, Machine *machine, Checks *checks)
{
        _cleanup_(root_status_done) RootStatus root_status = {};
        int r = root_status_read(root->path, true, &root_status);

        if (r >= 0 && root_status.installation_count > 0) {
                r = text_copy(&machine->vmware, root_status.installations[0].build.version);
                machine->vmware_changed = root_status.installations[0].targets[ROLE_VMX].changed;
        }
        if (r >= 0)
                r = machine_check(machine, root_status.installation_count > 0, checks);
        if (r >= 0)
                r = check_config(&root_status, checks);
        if (r >= 0)
                r = check_patched(&root_status, patch_is_needed, checks);
        if (r >= 0)
                r = check_originals(&root_status, checks);
        if (r >= 0)
                r = check_hold(&root_status, checks);
        if (r >= 0)
                r = check_unit(root, root_status.held, checks);
        return r < 0 ? r : check_integrity(root, &root_status, checks);
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <time.h>

#include "base/text.h"
#include "store/receipt.h"
#include "swap/exchange.h"
#include "swap/patch.h"
#include "swap/stage.h"
#include "swap/version.h"

/* How often a target that keeps changing is started over. */
#define ROUNDS_MAX 5U

/* One round over an installation. */
typedef struct Round {
        Session *session;
        const Installation *installation;
        const PatchOptions *options;
        Report *report;
        Inspection inspections[_ROLE_MAX];
} Round;

static void round_done(Round *round)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                inspection_done(&round->inspections[role]);
}

static void progress(const Round *round, const char *step, const char *path)
{
        if (round->options->progress)
                round->options->progress(step, path, round->options->context);
}

static bool is_settled(const TargetReport *target)
{
        return target->outcome != OUTCOME_NONE && target->outcome != OUTCOME_BUSY;
}

/* The outcome that needs no work; OUTCOME_NONE for a target that is to be patched. */
static Outcome outcome_of_state(State state)
{
        switch (state) {
        case STATE_STOCK:
        case STATE_PARTIAL:
                return OUTCOME_NONE;
        case STATE_PATCHED:
                return OUTCOME_UNCHANGED;
        case STATE_ABSENT:
        case STATE_EMPTY:
                return OUTCOME_SKIPPED;
        default:
                return OUTCOME_REFUSED;
        }
}

static int round_inspect(Round *round)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetReport *target = &round->report->targets[role];
                Inspection *inspection = &round->inspections[role];
                int r = inspection_open(&round->installation->targets[role], inspection);

                if (r < 0)
                        return r;
                if (is_settled(target))
                        continue;
                target->before = target->after = inspection->verdict.state;
                target->fault = inspection->verdict.fault;
                target->outcome = round->options->selected[role]
                                          ? outcome_of_state(inspection->verdict.state)
                                          : OUTCOME_NONE;
        }
        return 0;
}

static bool is_wanted(const Round *round, Role role)
{
        return round->options->selected[role] &&
               round->report->targets[role].outcome == OUTCOME_NONE;
}

static bool any_wanted(const Round *round)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (is_wanted(round, role))
                        return true;
        return false;
}

/* Everything stock goes into the vault, so that one archive holds the whole build. */
static int round_keep(Round *round, Fault *fault)
{
        const Build build = session_build(round->installation);
        Keep items[_ROLE_MAX];
        size_t count = 0;
        char *name = NULL;
        int r;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                Inspection *inspection = &round->inspections[role];

                if (inspection->verdict.state != STATE_STOCK)
                        continue;
                r = inspection_digest(inspection, fault);
                if (r < 0)
                        return r;
                items[count++] = (Keep){.fd = inspection->fd,
                                        .path = inspection->target->place.path,
                                        .role = role_name(role),
                                        .size = (uint64_t)inspection->stat.st_size,
                                        .digest = inspection->digest};
        }
        if (count == 0)
                return 0;
        r = vault_keep(round->session->store, &build, items, count, &name, fault);
        if (r < 0)
                return r;
        free(round->report->archive);
        round->report->archive = name;
        return session_read_archives(round->session, fault);
}

/* Written before the swap, and named after the bytes that will be live, so that there is never a
 * patched file without its receipt. A receipt that knows the original is not replaced by one of a
 * partial file that was completed to the same bytes. */
static int write_receipt(const Round *round, const Inspection *inspection,
                         const TargetReport *target, Fault *fault)
{
        Receipt receipt = {
                .paths = {.items = (char *[]){inspection->target->place.path, NULL}, .count = 1},
                .role = (char *)(uintptr_t)role_name(inspection->target->role),
                .build = session_build(round->installation),
                .size = (uint64_t)inspection->stat.st_size,
                .before = target->digest_before,
                .after = target->digest_after,
                .completed = target->before == STATE_PARTIAL,
                .edits = target->edits,
                .tool_version = (char *)(uintptr_t)UNLOCKER_VERSION,
                .patched_at = (int64_t)time(NULL),
        };

        if (receipt.completed) {
                _cleanup_(receipt_done) Receipt known = {};

                if (receipt_read(round->session->store, &receipt.after, &known, NULL) == 0 &&
                    !known.completed)
                        return 0;
        }
        return receipt_write(round->session->store, &receipt, fault);
}

static int swap_in(const Round *round, Inspection *inspection, const Lease *lease,
                   TargetReport *target, Fault *fault)
{
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        int r;

        if (!inspection_is_current(inspection))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", target->path);
        r = edits_copy(&inspection->verdict.plan, &target->edits);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", target->path);
        r = stage_patched(inspection, &inspection->target->place, &target->edits, &staged,
                          &target->digest_before, &target->digest_after, fault);
        if (r < 0)
                return r;
        /* What is about to be replaced must be the very content that the vault has. */
        if (target->before == STATE_STOCK &&
            !digest_equal(&target->digest_before, &inspection->digest))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", target->path);
        target->digests_known = true;
        r = running_vms_find(inspection->target, &target->vms);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", target->path);
        r = write_receipt(round, inspection, target, fault);
        if (r < 0)
                return r;
        return exchange_with_target(&staged, inspection, lease, fault);
}

static void patch_target(Round *round, Role role)
{
        TargetReport *target = &round->report->targets[role];
        Inspection *inspection = &round->inspections[role];
        Fault fault = FAULT_NONE;
        Lease lease = LEASE_NONE;
        int r;

        edits_done(&target->edits);
        running_vms_done(&target->vms);
        target->digests_known = false;
        progress(round, "patching", target->path);
        r = lease_take(inspection->fd, &lease);
        if (r < 0)
                (void)fault_set(&fault, r, REASON_BUSY, "%s", target->path);
        else
                r = swap_in(round, inspection, &lease, target, &fault);
        lease_release(&lease);
        if (r < 0) {
                report_failure(target, r, &fault);
                return;
        }
        target->links = (unsigned)inspection->stat.st_nlink - 1;
        target->outcome = target->before == STATE_STOCK ? OUTCOME_PATCHED : OUTCOME_COMPLETED;
        target->after = STATE_PATCHED;
}

static int plan_target(const Round *round, Role role)
{
        TargetReport *target = &round->report->targets[role];

        target->outcome = target->before == STATE_STOCK ? OUTCOME_PATCHED : OUTCOME_COMPLETED;
        return edits_copy(&round->inspections[role].verdict.plan, &target->edits);
}

static void fail_wanted(const Round *round, int error, const Fault *fault)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (is_wanted(round, role))
                        report_failure(&round->report->targets[role], error, fault);
}

static int round_work(Round *round)
{
        Fault fault = FAULT_NONE;
        int r = round_inspect(round);

        if (r < 0 || !any_wanted(round))
                return r;
        if (!round->options->dry_run) {
                progress(round, "keeping the originals", NULL);
                r = round_keep(round, &fault);
                if (r < 0) {
                        fail_wanted(round, r, &fault);
                        round->report->fault = fault;
                        return 0;
                }
                round->report->fault = FAULT_NONE;
        }
        for (Role role = 0; role < _ROLE_MAX; role++) {
                if (!is_wanted(round, role))
                        continue;
                if (round->options->dry_run)
                        r = plan_target(round, role);
                else
                        patch_target(round, role);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int run_round(Session *session, const Installation *installation,
                     const PatchOptions *options, Report *report)
{
        _cleanup_(round_done) Round round = {.session = session,
                                             .installation = installation,
                                             .options = options,
                                             .report = report};

        for (Role role = 0; role < _ROLE_MAX; role++)
                round.inspections[role] = INSPECTION_NONE;
        return round_work(&round);
}

/* Whether some target changed while it was worked on, so that another round makes sense. */
static bool any_changed(const Report *report)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (report->targets[role].outcome == OUTCOME_BUSY &&
                    report->targets[role].fault.reason == REASON_CHANGED)
                        return true;
        return false;
}

static const Installation *installation_by_libdir(const Session *session, const char *libdir)
{
        for (size_t i = 0; i < session->installations.count; i++)
                if (text_equal(session->installations.items[i].libdir, libdir))
                        return &session->installations.items[i];
        return NULL;
}

int patch_installation(Session *session, size_t index, const PatchOptions *options, Report *ret)
{
        _cleanup_(report_done) Report report = {};
        const Installation *installation = &session->installations.items[index];
        int r = report_init(&report, installation);

        if (r < 0)
                return r;
        for (unsigned i = 0; i < ROUNDS_MAX && (i == 0 || any_changed(&report)); i++) {
                if (i > 0) {
                        r = session_find_installations(session, &report.fault);
                        installation =
                                r < 0 ? NULL : installation_by_libdir(session, report.libdir);
                }
                if (!installation)
                        break;
                r = run_round(session, installation, options, &report);
                if (r < 0)
                        return r;
        }
        *ret = report;
        report = (Report){};
        return 0;
}

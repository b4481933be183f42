/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/parallel.h"
#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/stage.h"
#include "swap/keep.h"
#include "swap/patch.h"
#include "swap/recall.h"
#include "swap/record.h"

/* How often a target that keeps changing is started over. */
#define ROUNDS_MAX 5U

/* What is made of one target. */
typedef struct Work {
        Inspection *inspection; /* borrowed from the round */
        TargetResult *target;   /* borrowed from the result */
        Lease lease;
        AtomicFile staged;
        int error; /* why it does not go on; the fault with it */
        Fault fault;
} Work;

#define WORK_NONE ((Work){.lease = LEASE_NONE, .staged = ATOMIC_FILE_NONE, .fault = FAULT_NONE})

/* One round over an installation. */
typedef struct Round {
        Session *session;
        const Installation *installation;
        const PatchOptions *options;
        InstallationResult *result;
        Inspections inspections;
        Keeps keeps;           /* where the originals are */
        Work works[_ROLE_MAX]; /* that were begun and are not ended */
        size_t work_count;
        Role next; /* the first target that was not begun */
} Round;

static void work_done(Work *work)
{
        lease_release(&work->lease);
        atomic_file_done(&work->staged);
        *work = WORK_NONE;
}

static void round_done(Round *round)
{
        for (size_t i = 0; i < round->work_count; i++)
                work_done(&round->works[i]);
        inspections_done(&round->inspections);
        keeps_done(&round->keeps);
}

static void round_progress(const Round *round, const char *step, const char *path)
{
        if (round->options->progress)
                round->options->progress(step, path, round->options->context);
}

static bool is_settled(const TargetResult *target)
{
        return target->outcome != OUTCOME_NONE && target->outcome != OUTCOME_BUSY;
}

/* The outcome that needs no work; OUTCOME_NONE for a target that is to be patched. */
static Outcome patch_outcome_of(State state)
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
        const Judged *judged = recall_known(round->session);

        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetResult *target = &round->result->targets[role];
                Inspection *inspection = &round->inspections.of[role];
                int r = inspection_open(&round->installation->targets[role], inspection);

                if (r < 0)
                        return r;
                if (is_settled(target))
                        continue;
                target->before = target->after = inspection->verdict.state;
                target->fault = inspection->verdict.fault;
                target->record_due = target->before == STATE_PATCHED &&
                                     record_is_due(round->session, judged, inspection);
                target->outcome = round->options->selected[role]
                                          ? patch_outcome_of(inspection->verdict.state)
                                          : OUTCOME_NONE;
                layout_differences(&inspection->verdict, target->layout);
        }
        return 0;
}

static bool work_is_wanted(const Round *round, Role role)
{
        return round->options->selected[role] &&
               round->result->targets[role].outcome == OUTCOME_NONE;
}

static bool any_wanted(const Round *round)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (work_is_wanted(round, role))
                        return true;
        return false;
}

static int work_begin(Work *work)
{
        Inspection *inspection = work->inspection;
        TargetResult *target = work->target;
        int r = lease_take(inspection->fd, &work->lease);

        if (r < 0)
                return fault_set(&work->fault, r, REASON_BUSY, "%s", target->path);
        if (!inspection_is_current(inspection))
                return fault_set(&work->fault, -EAGAIN, REASON_CHANGED, "%s", target->path);
        r = edits_copy(&inspection->verdict.plan, &target->edits);
        if (r < 0)
                return fault_set(&work->fault, r, REASON_NO_MEMORY, "%s", target->path);
        /* A partial file is not in the vault, and was not digested for it. */
        r = inspection_digest(inspection, &work->fault);
        return r < 0 ? r
                     : stage_make(inspection, &inspection->target->place, &target->edits,
                                  &work->staged, &work->fault);
}

static void begin_target(Round *round, Role role, Work *work)
{
        TargetResult *target = &round->result->targets[role];

        *work = WORK_NONE;
        work->inspection = &round->inspections.of[role];
        work->target = target;
        round_progress(round, "Patching", target->path);
        edits_done(&target->edits);
        running_vms_done(&target->vms);
        target->digests_known = false;
        work->error = work_begin(work);
}

static bool is_full(int error)
{
        return error == -ENOSPC || error == -EDQUOT;
}

/* The next targets, as far as their copies are complete: nothing that is live has changed. Where
 * the disk has no room for all copies at once, the others wait until the first ones have taken the
 * place of what they were made from. */
static void begin_targets(void *context)
{
        Round *round = context;

        for (; round->next < _ROLE_MAX; round->next++) {
                Work *work = &round->works[round->work_count];

                if (!work_is_wanted(round, round->next))
                        continue;
                begin_target(round, round->next, work);
                if (is_full(work->error) && round->work_count > 0) {
                        work_done(work);
                        return;
                }
                round->work_count++;
        }
}

/* Everything stock goes into the vault; what cannot be kept is no longer wanted. */
static int round_keep(Round *round, Fault *fault)
{
        const KeepMeanwhile meanwhile = {.work = begin_targets, .context = round};
        bool wanted[_ROLE_MAX];

        for (Role role = 0; role < _ROLE_MAX; role++)
                wanted[role] = work_is_wanted(round, role);
        return originals_keep(round->session, round->installation, &round->inspections, wanted,
                              &meanwhile, round->result, &round->keeps, fault);
}

static void work_verify_target(void *item)
{
        Work *work = item;

        if (work->error >= 0)
                work->error = stage_verify(work->inspection, &work->target->edits, &work->staged,
                                           &work->target->digest_after, &work->fault);
}

static int swap_in(const Round *round, Work *work)
{
        TargetResult *target = work->target;
        int r = running_vms_find(work->inspection->target, &target->vms);

        if (r < 0)
                return fault_set(&work->fault, r, REASON_NO_MEMORY, "%s", target->path);
        target->digest_before = work->inspection->digest;
        target->digests_known = true;
        r = record_patch(round->session, round->installation, work->inspection, target,
                         keeps_archive(&round->keeps, work->inspection->target->place.path),
                         &work->fault);
        return r < 0 ? r
                     : exchange_with_target(&work->staged, work->inspection, &work->lease,
                                            &work->fault);
}

/* Which of all the machine's directories is full, the root's path tells. */
static void name_full_directory(const Root *root, Fault *fault)
{
        _cleanup_free_ char *path = NULL;

        if (fault->missing > 0 && root_show(root, fault->subject, &path) >= 0)
                text_put(fault->subject, sizeof(fault->subject), "%s", path);
}

static void report_work(const Root *root, TargetResult *target, Work *work)
{
        if (work->error < 0) {
                name_full_directory(root, &work->fault);
                target_result_fail(target, work->error, &work->fault);
                return;
        }
        target->links = (unsigned)work->inspection->stat.st_nlink - 1;
        target->outcome = target->before == STATE_STOCK ? OUTCOME_PATCHED : OUTCOME_COMPLETED;
        target->after = STATE_PATCHED;
        target->placed_known = fstat(work->staged.fd, &target->placed) == 0;
}

/* One whose original could not be kept was begun perhaps, and is no longer wanted. */
static void end_target(const Round *round, Work *work)
{
        if (work_is_wanted(round, work->target->role)) {
                if (work->error >= 0)
                        work->error = swap_in(round, work);
                report_work(&round->session->root, work->target, work);
        }
        lease_release(&work->lease);
        atomic_file_done(&work->staged);
}

/* What was replaced is gone with its last descriptor: only then is there room for the next copies.
 * To take back all blocks of a file takes time. */
static void let_go(void *item)
{
        Work *work = item;

        inspection_done(work->inspection);
}

static void end_targets(Round *round)
{
        parallel_run(work_verify_target, round->works, sizeof(*round->works), round->work_count);
        for (size_t i = 0; i < round->work_count; i++)
                end_target(round, &round->works[i]);
        parallel_run(let_go, round->works, sizeof(*round->works), round->work_count);
        round->work_count = 0;
}

/* The first ones may have been begun while the originals were read back. */
static void round_patch(Round *round)
{
        for (;;) {
                if (round->work_count == 0)
                        begin_targets(round);
                if (round->work_count == 0)
                        return;
                end_targets(round);
        }
}

static int plan_target(const Round *round, Role role)
{
        TargetResult *target = &round->result->targets[role];

        target->outcome = target->before == STATE_STOCK ? OUTCOME_PATCHED : OUTCOME_COMPLETED;
        return edits_copy(&round->inspections.of[role].verdict.plan, &target->edits);
}

static int round_plan(const Round *round)
{
        int r = 0;

        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++)
                if (work_is_wanted(round, role))
                        r = plan_target(round, role);
        return r;
}

static void fail_wanted(const Round *round, int error, const Fault *fault)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (work_is_wanted(round, role))
                        target_result_fail(&round->result->targets[role], error, fault);
}

static int round_work(Round *round)
{
        Fault fault = FAULT_NONE;
        int r = round_inspect(round);

        if (r < 0 || !any_wanted(round))
                return r;
        if (round->options->dry_run)
                return round_plan(round);
        round_progress(round, "Keeping the originals", NULL);
        r = round_keep(round, &fault);
        if (r < 0) {
                fail_wanted(round, r, &fault);
                round->result->fault = fault;
                return 0;
        }
        round->result->fault = FAULT_NONE;
        round_patch(round);
        return 0;
}

static int run_round(Session *session, const Installation *installation,
                     const PatchOptions *options, InstallationResult *result)
{
        _cleanup_(round_done) Round round = {.session = session,
                                             .installation = installation,
                                             .options = options,
                                             .result = result,
                                             .inspections = INSPECTIONS_NONE};

        return round_work(&round);
}

/* Whether some target changed while it was worked on, so that another round makes sense. */
static bool any_changed(const InstallationResult *result)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (result->targets[role].outcome == OUTCOME_BUSY &&
                    result->targets[role].fault.reason == REASON_CHANGED)
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

int patch_installation(Session *session, size_t index, const PatchOptions *options,
                       InstallationResult *ret)
{
        _cleanup_(result_done) InstallationResult result = {};
        const Installation *installation = &session->installations.items[index];
        int r = result_init(&result, installation);

        if (r < 0)
                return r;
        for (unsigned i = 0; i < ROUNDS_MAX && (i == 0 || any_changed(&result)); i++) {
                if (i > 0) {
                        r = session_find_installations(session, &result.fault);
                        installation =
                                r < 0 ? NULL : installation_by_libdir(session, result.libdir);
                }
                if (!installation)
                        break;
                r = run_round(session, installation, options, &result);
                if (r < 0)
                        return r;
        }
        recall_keep(session, &result);
        *ret = result;
        result = (InstallationResult){};
        return 0;
}

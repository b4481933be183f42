/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/mman.h>

#include "exchange/exchange.h"
#include "file/fd.h"
#include "swap/provenance.h"
#include "swap/recall.h"
#include "swap/record.h"
#include "swap/restore.h"

static Outcome restore_outcome_of(State state)
{
        switch (state) {
        case STATE_PATCHED:
        case STATE_PARTIAL:
                return OUTCOME_NONE;
        case STATE_STOCK:
                return OUTCOME_UNCHANGED;
        case STATE_ABSENT:
        case STATE_EMPTY:
                return OUTCOME_SKIPPED;
        default:
                return OUTCOME_REFUSED;
        }
}

static int record_origin(const Provenance *provenance, const Inspection *inspection,
                         TargetResult *target)
{
        Fault fault = FAULT_NONE;
        Edits back = {};
        int r = edits_copy(&provenance->plan, &back);

        if (r < 0)
                return r;
        for (size_t i = 0; i < back.count; i++) {
                Edit *edit = &back.items[i];
                const Edit *forward = &provenance->plan.items[i];

                memcpy(edit->before, forward->after, sizeof(edit->before));
                memcpy(edit->after, forward->before, sizeof(edit->after));
        }
        edits_done(&target->edits);
        target->edits = back;
        target->digest_before = inspection->digest;
        target->digest_after = provenance->original->digest;
        target->digests_known = true;
        target->fault = fault;
        return 0;
}

/* A digest that was recalled leads to the receipt, which says where to look: the original is proved
 * as ever, by comparing. Where no receipt under that digest is of this original, the file is read,
 * and where it was another digest that led to none, looked for again. */
static int restore_find_original(const Session *session, Inspection *inspection, int fd,
                                 Provenance *ret, Fault *fault)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        const Digest recalled = inspection->digest;
        int r = provenance_find(session, inspection, fd, &provenance, fault);

        if (inspection->digest_recalled &&
            (r < 0 || !record_names(session, inspection, &provenance))) {
                int read = inspection_read_digest(inspection, fault);

                if (read < 0)
                        return read;
                if (r < 0 && !digest_equal(&recalled, &inspection->digest))
                        r = provenance_find(session, inspection, fd, &provenance, fault);
        }
        if (r < 0)
                return r;
        *ret = provenance;
        provenance = (Provenance){};
        return 0;
}

/* The content goes to memory: nothing beside the target is touched. */
static int plan_restore(const Session *session, Inspection *inspection, TargetResult *target,
                        Fault *fault)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        int r;

        if (fd < 0)
                return fault_set(fault, -errno, REASON_NO_MEMORY, "%s", target->path);
        r = restore_find_original(session, inspection, fd, &provenance, fault);
        return r < 0 ? r : record_origin(&provenance, inspection, target);
}

/* The archive may have been made between the two passes of an installer: the file was not
 * executable or set-uid yet. What the later pass added to the patched file belongs to the original,
 * too. */
static void take_added_bits(FileAttributes *attributes, mode_t live)
{
        live &= ALLPERMS;
        if ((live & attributes->mode) == attributes->mode)
                attributes->mode = live;
}

static int restore_seal(const Provenance *provenance, AtomicFile *staged, const char *name,
                        Fault *fault)
{
        int r = file_attributes_apply(&provenance->attributes, staged->fd, fault);

        if (r < 0)
                return r;
        r = atomic_file_sync(staged);
        if (r >= 0)
                r = atomic_file_seal(staged);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "the copy of %s", name) : 0;
}

static int swap_back(const Session *session, Inspection *inspection, const Lease *lease,
                     TargetResult *target, Fault *fault)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        _cleanup_(atomic_file_done) AtomicFile staged = ATOMIC_FILE_NONE;
        const Place *place = &inspection->target->place;
        int r = atomic_file_create(place->dir_fd, place->name, &staged);

        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "a copy beside %s", place->name);
        r = restore_find_original(session, inspection, staged.fd, &provenance, fault);
        if (r < 0)
                return r;
        r = record_origin(&provenance, inspection, target);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", target->path);
        take_added_bits(&provenance.attributes, inspection->stat.st_mode);
        r = restore_seal(&provenance, &staged, place->name, fault);
        if (r < 0)
                return r;
        r = running_vms_find(inspection->target, &target->vms);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", target->path);
        r = exchange_with_target(&staged, inspection, lease, fault);
        target->placed_known = r >= 0 && fstat(staged.fd, &target->placed) == 0;
        return r;
}

static int swap_back_leased(const Session *session, Inspection *inspection, TargetResult *target,
                            Fault *fault)
{
        Lease lease = LEASE_NONE;
        int r = lease_take(inspection->fd, &lease);

        if (r < 0)
                return fault_set(fault, r, REASON_BUSY, "%s", target->path);
        r = swap_back(session, inspection, &lease, target, fault);
        lease_release(&lease);
        return r;
}

/* -ENOENT: there is no original to give back; the file is left alone. What is half patched was not
 * patched here. */
static void restore_record_failure(TargetResult *target, int error, const Fault *fault)
{
        target_result_fail(target, error, fault);
        if (error != -ENOENT)
                return;
        target->outcome = OUTCOME_REFUSED;
        if (target->before == STATE_PARTIAL)
                (void)fault_set(&target->fault, error, REASON_NOT_OURS, "%s", target->path);
}

static bool restore_is_wanted(const TargetResult *target)
{
        return target->outcome == OUTCOME_NONE &&
               (target->before == STATE_PATCHED || target->before == STATE_PARTIAL);
}

/* Of one that is not asked for, its state alone is told. */
static void judge_target(const Inspection *inspection, bool selected, TargetResult *target)
{
        target->before = target->after = inspection->verdict.state;
        if (!selected)
                return;
        target->outcome = restore_outcome_of(inspection->verdict.state);
        target->fault = inspection->verdict.fault;
}

static void restore_target(const Session *session, Inspection *inspection,
                           const PatchOptions *options, TargetResult *target)
{
        Fault fault = FAULT_NONE;
        int r;

        if (options->progress)
                options->progress("Restoring", target->path, options->context);
        r = inspection_digest(inspection, &fault);
        if (r >= 0)
                r = options->dry_run ? plan_restore(session, inspection, target, &fault)
                                     : swap_back_leased(session, inspection, target, &fault);
        if (r < 0) {
                restore_record_failure(target, r, &fault);
                return;
        }
        target->links = (unsigned)inspection->stat.st_nlink - 1;
        target->outcome = OUTCOME_RESTORED;
        target->after = STATE_STOCK;
}

static int restore_targets(Session *session, const Installation *installation,
                           const PatchOptions *options, InstallationResult *result)
{
        _cleanup_(inspections_done) Inspections inspections = INSPECTIONS_NONE;
        Inspection *wanted[_ROLE_MAX];
        size_t count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetResult *target = &result->targets[role];
                int r;

                r = inspection_open(&installation->targets[role], &inspections.of[role]);
                if (r < 0)
                        return r;
                judge_target(&inspections.of[role], options->selected[role], target);
                if (!options->selected[role] || !restore_is_wanted(target))
                        continue;
                recall_digest(recall_known(session), &inspections.of[role]);
                wanted[count++] = &inspections.of[role];
        }
        /* All at once, because that is faster; each is asked for its own again. */
        (void)inspections_digest(wanted, count, NULL);
        for (size_t i = 0; i < count; i++) {
                session->extracts_more = i + 1 < count;
                restore_target(session, wanted[i], options,
                               &result->targets[wanted[i]->target->role]);
                /* What was replaced gives its room back with its last descriptor. */
                inspection_done(wanted[i]);
        }
        return 0;
}

int restore_installation(Session *session, size_t index, const PatchOptions *options,
                         InstallationResult *ret)
{
        _cleanup_(result_done) InstallationResult result = {};
        const Installation *installation = &session->installations.items[index];
        int r = result_init(&result, installation);

        if (r >= 0)
                r = restore_targets(session, installation, options, &result);
        if (r < 0)
                return r;
        recall_keep(session, &result);
        *ret = result;
        result = (InstallationResult){};
        return 0;
}

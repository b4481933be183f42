/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "file/atomic-file.h"
#include "swap/leftover.h"
#include "swap/provenance.h"
#include "swap/record.h"

static bool is_archived(const Session *session, Inspection *file)
{
        return inspection_digest(file, NULL) >= 0 &&
               archives_find(&session->archives, &file->digest, NULL, NULL);
}

/* 1 when original + plan is the file, or a receipt was written for it, as before each exchange. */
static int is_made_by_us(const Session *session, Inspection *file)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        int r;

        if (file->verdict.state != STATE_PATCHED || inspection_digest(file, NULL) < 0)
                return 0;
        if (record_is_true(session, file))
                return 1;
        r = provenance_find_unwritten(session, file, &provenance, NULL);
        return r == -ENOMEM ? r : r >= 0;
}

static bool plan_makes(const Inspection *from, const Inspection *to)
{
        return from->fd >= 0 && to->fd >= 0 && from->stat.st_size == to->stat.st_size &&
               edits_verify(&from->verdict.plan, from->fd, to->fd, NULL) >= 0;
}

/* A stock file of which the target was made is no leftover: it is the original. */
static bool is_of_target(Inspection *leftover, Inspection *target)
{
        if (target->fd < 0)
                return false;
        if (leftover->verdict.state == STATE_PATCHED && plan_makes(target, leftover))
                return true;
        if (leftover->verdict.state == STATE_PARTIAL && target->verdict.state == STATE_PATCHED &&
            plan_makes(leftover, target))
                return true;
        return inspection_digest(leftover, NULL) >= 0 && inspection_digest(target, NULL) >= 0 &&
               digest_equal(&leftover->digest, &target->digest);
}

/* Before names were marked, only a complete stock file was known to come from an exchange. */
static Fate unsealed_fate(const Session *session, Inspection *leftover, const Inspection *target)
{
        bool newer = leftover->verdict.state == STATE_STOCK &&
                     (leftover->stat.st_mode & ALLPERMS) != ATOMIC_FILE_MODE &&
                     target->verdict.state == STATE_PATCHED && !is_archived(session, leftover);

        return newer ? FATE_BACK : FATE_OURS;
}

int leftover_judge(const Session *session, const char *entry, Inspection *leftover,
                   Inspection *target, Fate *ret)
{
        int r;

        *ret = FATE_OURS;
        if (leftover->fd < 0) {
                *ret = FATE_STAYS;
                return 0;
        }
        if (!temporary_name_is_sealed(entry)) {
                *ret = unsealed_fate(session, leftover, target);
                return 0;
        }
        if (leftover->verdict.state == STATE_EMPTY || is_archived(session, leftover) ||
            is_of_target(leftover, target))
                return 0;
        r = is_made_by_us(session, leftover);
        if (r != 0)
                return r < 0 ? r : 0;
        r = is_made_by_us(session, target);
        if (r >= 0)
                *ret = r > 0 ? FATE_BACK : FATE_STAYS;
        return r < 0 ? r : 0;
}

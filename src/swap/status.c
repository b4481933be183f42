/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "exchange/inspection.h"
#include "swap/provenance.h"
#include "swap/recall.h"
#include "swap/status.h"

const char *original_status_name(OriginalStatus kept)
{
        static const char *const names[] = {
                [ORIGINAL_NOT_NEEDED] = "not-needed",
                [ORIGINAL_KEPT] = "kept",
                [ORIGINAL_MISSING] = "missing",
                [ORIGINAL_UNKNOWN] = "unknown",
        };

        _Static_assert(ARRAY_SIZE(names) == _ORIGINAL_STATUS_MAX, "every value has a name");
        return names[(unsigned)kept < _ORIGINAL_STATUS_MAX ? kept : ORIGINAL_UNKNOWN];
}

void installation_status_done(InstallationStatus *status)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                free(status->targets[role].path);
                free(status->targets[role].wrapper);
                free(status->targets[role].archive);
                running_vms_done(&status->targets[role].vms);
        }
        build_done(&status->build);
        free(status->libdir);
        *status = (InstallationStatus){};
}

static int target_status_find_original(const Session *session, const Inspection *inspection,
                                       TargetStatus *target)
{
        const Archive *archive = NULL;
        int r = provenance_look(session, inspection, &archive, NULL);

        if (r > 0) {
                target->kept = ORIGINAL_KEPT;
                return text_copy(&target->archive, archive->name);
        }
        if (r == -ENOMEM)
                return r;
        if (target->state == STATE_STOCK)
                target->kept = ORIGINAL_NOT_NEEDED;
        else
                target->kept = r < 0 || session_lacks_archives(session) ? ORIGINAL_UNKNOWN
                                                                        : ORIGINAL_MISSING;
        return 0;
}

static bool has_content(const Inspection *inspection)
{
        return inspection->fd >= 0 && inspection->verdict.state != STATE_EMPTY;
}

/* Also of a file that this user may not open. */
static struct timespec change_time(const Target *target)
{
        struct stat st;

        if (target->place.dir_fd < 0 ||
            fstatat(target->place.dir_fd, target->place.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return (struct timespec){};
        return st.st_ctim;
}

static int target_status_read(const Session *session, Inspection *inspection, TargetStatus *target)
{
        int r;

        target->state = inspection->verdict.state;
        target->fault = inspection->verdict.fault;
        target->gates_open = inspection->verdict.gates_open;
        target->gates_total = inspection->verdict.gates_total;
        target->changed = change_time(inspection->target);
        if (!has_content(inspection))
                return 0;
        target->kept = ORIGINAL_UNKNOWN;
        r = inspection_digest(inspection, NULL);
        if (r == -ENOMEM)
                return r;
        target->digest_known = r >= 0;
        if (r >= 0)
                target->digest = inspection->digest;
        r = running_vms_find(inspection->target, &target->vms);
        if (r < 0)
                return r;
        if (!target->digest_known || target->state == STATE_UNKNOWN)
                return 0;
        return target_status_find_original(session, inspection, target);
}

/* Opens all of them, for all digests at once are faster; each is asked for its own again. */
static int open_targets(const Installation *installation, const Judged *judged,
                        Inspections *inspections)
{
        Inspection *wanted[_ROLE_MAX];
        size_t count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                Inspection *inspection = &inspections->of[role];
                int r = inspection_open(&installation->targets[role], inspection);

                if (r < 0)
                        return r;
                if (has_content(inspection)) {
                        recall_digest(judged, inspection);
                        wanted[count++] = inspection;
                }
        }
        (void)inspections_digest(wanted, count, NULL);
        return 0;
}

int installation_status_read(const Session *session, size_t index, bool recalled,
                             InstallationStatus *ret)
{
        _cleanup_(installation_status_done) InstallationStatus status = {};
        _cleanup_(inspections_done) Inspections inspections = INSPECTIONS_NONE;
        const Installation *installation = &session->installations.items[index];
        const Build build = session_build(installation);
        Judged judged = {};
        int r;

        if (build_copy(&build, &status.build) < 0 ||
            text_copy(&status.libdir, installation->libdir) < 0)
                return -ENOMEM;
        if (recalled)
                judged_read(session->store, &judged);
        r = open_targets(installation, &judged, &inspections);
        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++) {
                TargetStatus *target = &status.targets[role];

                target->role = role;
                target->fault = FAULT_NONE;
                r = text_copy(&target->path, installation->targets[role].path);
                if (r >= 0)
                        r = text_copy(&target->wrapper, installation->targets[role].wrapper);
                if (r >= 0)
                        r = target_status_read(session, &inspections.of[role], target);
        }
        if (r < 0)
                return r;
        *ret = status;
        status = (InstallationStatus){};
        return 0;
}

unsigned installation_status_count(const InstallationStatus *status, unsigned *ret_patched)
{
        unsigned count = 0, patched = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                State state = status->targets[role].state;

                count += state_is_of_file(state);
                patched += state == STATE_PATCHED;
        }
        if (ret_patched)
                *ret_patched = patched;
        return count;
}

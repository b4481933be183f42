/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/atomic-file.h"
#include "base/directory.h"
#include "base/fd.h"
#include "base/text.h"
#include "swap/inspection.h"
#include "swap/recovery.h"
#include "swap/session.h"

#define UNFINISHED_MODE 0600U

static int target_is_patched(const Target *target)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        int r = inspection_open(target, &inspection);

        return r < 0 ? r : inspection.verdict.state == STATE_PATCHED;
}

/* Whether the file under the temporary name is somebody's newer content; see recovery.h. */
static int leftover_is_newer(const Session *session, const Target *target, const Target *leftover)
{
        _cleanup_(inspection_done) Inspection found = INSPECTION_NONE;
        int r = inspection_open(leftover, &found);

        if (r < 0)
                return r;
        if (found.verdict.state != STATE_STOCK ||
            (found.stat.st_mode & ALLPERMS) == UNFINISHED_MODE)
                return 0;
        r = target_is_patched(target);
        if (r <= 0)
                return r;
        r = inspection_digest(&found, NULL);
        if (r < 0)
                return r;
        return !archives_find(&session->archives, &found.digest, NULL, NULL);
}

/* `entry` is a temporary name in the directory of `place`, which is where `target` lies. */
static int settle_leftover(const Session *session, const Target *target, const Place *place,
                           char *entry, Fault *fault)
{
        const Target leftover = {.role = target->role,
                                 .path = entry,
                                 .place = {.dir_fd = place->dir_fd, .name = entry},
                                 .presence = PRESENCE_FILE};
        int r = leftover_is_newer(session, target, &leftover);

        if (r > 0 && renameat(place->dir_fd, entry, place->dir_fd, place->name) < 0)
                r = -errno;
        else if (r == 0 && unlinkat(place->dir_fd, entry, 0) < 0 && errno != ENOENT)
                r = -errno;
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", entry) : 0;
}

/* Looks by path: a leftover may lie where the target itself is gone. */
static int recover_target(const Session *session, const Target *target, Fault *fault)
{
        _cleanup_(texts_done) Texts names = {};
        _cleanup_(place_done) Place place = PLACE_NONE;
        bool any = false;
        int r = root_find(&session->root, target->path, &place);

        if (r < 0)
                return 0; /* no such directory, so nothing was left in it */
        r = directory_names(place.dir_fd, &names);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, "%s", target->path);
        for (size_t i = 0; i < names.count; i++) {
                if (!temporary_name_is(names.items[i], place.name))
                        continue;
                any = true;
                r = settle_leftover(session, target, &place, names.items[i], fault);
                if (r < 0)
                        return r;
        }
        r = any ? fd_sync(place.dir_fd) : 0;
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", target->path) : 0;
}

/* What cannot be looked at is for recover_targets() to tell. */
static bool target_has_leftover(const Session *session, const Target *target)
{
        _cleanup_(texts_done) Texts names = {};
        _cleanup_(place_done) Place place = PLACE_NONE;
        int r = root_find(&session->root, target->path, &place);

        if (r < 0)
                return false;
        if (directory_names(place.dir_fd, &names) < 0)
                return true;
        for (size_t i = 0; i < names.count; i++)
                if (temporary_name_is(names.items[i], place.name))
                        return true;
        return false;
}

bool recovery_is_due(const Session *session)
{
        if (!store_is_clean(session->store))
                return true;
        for (size_t i = 0; i < session->installations.count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (target_has_leftover(session,
                                                &session->installations.items[i].targets[role]))
                                return true;
        return false;
}

int recover_targets(Session *session, Fault *fault)
{
        for (size_t i = 0; i < session->installations.count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        int r = recover_target(
                                session, &session->installations.items[i].targets[role], fault);

                        if (r < 0)
                                return r;
                }
        return 0;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "file/atomic-file.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/same.h"
#include "file/trust.h"
#include "swap/leftover.h"
#include "swap/recovery.h"

static int add_stray(Session *session, const char *path, bool put_back)
{
        Strays *strays = &session->strays;
        Stray stray = {.put_back = put_back, .fault = FAULT_NONE}, *larger;

        larger = reallocarray(strays->items, strays->count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        strays->items = larger;
        if (text_copy(&stray.path, path) < 0)
                return -ENOMEM;
        (void)fault_set(&stray.fault, -EEXIST, REASON_LEFTOVER, "%s", path);
        larger[strays->count++] = stray;
        return 0;
}

static int recovery_look(const Place *place, const char *name, struct stat *ret)
{
        return fstatat(place->dir_fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Exchanges it with the target, whose file is ours and goes; unless that was replaced meanwhile. 1
 * when it has its name again. */
static int put_back(const Place *place, const char *entry, const Inspection *target)
{
        struct stat out;
        int r = renameat2(place->dir_fd, entry, place->dir_fd, place->name, RENAME_EXCHANGE) < 0
                        ? -errno
                        : 0;

        if (r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP)
                return renameat(place->dir_fd, entry, place->dir_fd, place->name) < 0 ? -errno : 1;
        if (r >= 0)
                r = recovery_look(place, entry, &out);
        if (r < 0)
                return r;
        if (same_inode(&out, &target->stat))
                return unlinkat(place->dir_fd, entry, 0) < 0 ? -errno : 1;
        return renameat2(place->dir_fd, entry, place->dir_fd, place->name, RENAME_EXCHANGE) < 0
                       ? -errno
                       : 0;
}

static int keep_stray(Session *session, const Place *place, const char *entry)
{
        _cleanup_free_ char *path = NULL;
        const char *slash = strrchr(place->path, '/');
        int r = text_format(&path, "%.*s%s", slash ? (int)(slash - place->path) + 1 : 0,
                            place->path, entry);

        return r < 0 ? r : add_stray(session, path, false);
}

static int settle_judged(Session *session, const Place *place, const char *entry,
                         const Inspection *target, Fate fate)
{
        int r = 0;

        if (fate == FATE_OURS)
                return unlinkat(place->dir_fd, entry, 0) < 0 && errno != ENOENT ? -errno : 0;
        if (fate == FATE_BACK)
                r = put_back(place, entry, target);
        if (r < 0)
                return r;
        return r > 0 ? add_stray(session, place->path, true) : keep_stray(session, place, entry);
}

/* `entry` is a temporary name in the directory of `place`, which is where `target` lies. */
static int settle_leftover(Session *session, const Target *target, const Place *place, char *entry,
                           Fault *fault)
{
        _cleanup_(inspection_done) Inspection found = INSPECTION_NONE, live = INSPECTION_NONE;
        const Target leftover = {
                .role = target->role,
                .path = entry,
                .place = {.dir_fd = place->dir_fd, .name = entry, .path = place->path},
                .presence = PRESENCE_FILE};
        Fate fate;
        int r = inspection_open(&leftover, &found);

        if (r >= 0)
                r = inspection_open(target, &live);
        if (r >= 0)
                r = leftover_judge(session, entry, &found, &live, &fate);
        if (r >= 0)
                r = settle_judged(session, place, entry, &live, fate);
        return r < 0 ? fault_set(fault, r, REASON_WRITE, "%s", entry) : 0;
}

/* Looks by path: a leftover may lie where the target itself is gone. */
static int recover_target(Session *session, const Target *target, Fault *fault)
{
        _cleanup_(texts_done) Texts names = {};
        _cleanup_(place_done) Place place = PLACE_NONE;
        bool any = false;
        int r = root_find(&session->root, target->path, &place);

        if (r < 0)
                return 0; /* no such directory, so nothing was left in it */
        r = trust_directory(&session->root, place.dir_fd, fault);
        if (r < 0)
                return r;
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

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "file/fd.h"
#include "host/target.h"

void target_done(Target *target)
{
        free(target->path);
        free(target->wrapper);
        place_done(&target->place);
}

void target_refuse(Target *target, int error, Reason reason, const char *subject)
{
        place_done(&target->place);
        target->presence = PRESENCE_WRONG;
        (void)fault_set(&target->fault, error, reason, "%s", subject);
}

/* Whether the last component itself is a symbolic link, wherever it leads. */
static bool path_is_link(const Root *root, const char *path)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH | O_NOFOLLOW, 0);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

static void target_is_missing(const Root *root, Target *target)
{
        if (path_is_link(root, target->path)) {
                target_refuse(target, -ENOENT, REASON_DANGLING_LINK, target->path);
                return;
        }
        place_done(&target->place);
        target->presence = PRESENCE_ABSENT;
}

int target_look(const Root *root, Target *target)
{
        const Place *place = &target->place;
        int r = root_find(root, target->path, &target->place);

        if (r == -ENOMEM)
                return r;
        if (r >= 0 && fstatat(place->dir_fd, place->name, &target->stat, AT_SYMLINK_NOFOLLOW) < 0)
                r = -errno;
        if (r == -ENOENT || r == -ENOTDIR)
                target_is_missing(root, target);
        else if (r < 0)
                target_refuse(target, r, r == -ELOOP ? REASON_DANGLING_LINK : REASON_OPEN,
                              target->path);
        else if (!S_ISREG(target->stat.st_mode))
                target_refuse(target, -EINVAL, REASON_NOT_REGULAR, target->path);
        else
                target->presence = target->stat.st_size > 0 ? PRESENCE_FILE : PRESENCE_EMPTY;
        return 0;
}

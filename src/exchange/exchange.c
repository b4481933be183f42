/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange/exchange.h"
#include "file/fd.h"
#include "file/same.h"

#define UNDO_MAX 100

static int exchange_changed(const Inspection *inspection, Fault *fault)
{
        return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", inspection->target->path);
}

static int exchange_not_written(const Inspection *inspection, int error, Fault *fault)
{
        return fault_set(fault, error, REASON_WRITE, "%s", inspection->target->path);
}

/* EBUSY is no writer here, whom it would help to wait for: a file is mounted at the name. */
static int not_renamed(const Inspection *inspection, int error, Fault *fault)
{
        if (error != -EBUSY)
                return exchange_not_written(inspection, error, fault);
        return fault_set(fault, -ENOTSUP, REASON_MOUNTED, "%s", inspection->target->path);
}

static int exchange_look(int dir_fd, const char *name, struct stat *ret)
{
        return fstatat(dir_fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* After the exchange nobody but the next run may decide what the temporary name holds. */
static int left_behind(AtomicFile *staged, const Inspection *inspection, int error, Fault *fault)
{
        atomic_file_forget(staged);
        return exchange_not_written(inspection, error, fault);
}

/* The last look before the swap: the name still leads to the inode that was read, untouched. */
static bool target_is_current(const Inspection *inspection)
{
        const Place *place = &inspection->target->place;
        struct stat now;

        return exchange_look(place->dir_fd, place->name, &now) == 0 &&
               same_inode(&inspection->stat, &now) && inspection_is_current(inspection);
}

/* Puts back what came out. Should somebody replace the target between the two exchanges, then what
 * comes out now is newer still, and the swap goes on until our own file, or one that was itself
 * replaced, is what is left under the temporary name. */
static int exchange_back(AtomicFile *staged, struct stat expected)
{
        for (int i = 0; i < UNDO_MAX; i++) {
                struct stat out, put;
                int r = exchange_look(staged->dir_fd, staged->temporary_name, &put);

                if (r >= 0)
                        r = atomic_file_exchange(staged);
                if (r >= 0)
                        r = exchange_look(staged->dir_fd, staged->temporary_name, &out);
                if (r < 0)
                        return r;
                if (same_inode(&out, &expected))
                        return 0;
                expected = put;
        }
        return -EBUSY;
}

static int rename_without_exchange(AtomicFile *staged, const Inspection *inspection, Fault *fault)
{
        int r;

        if (!target_is_current(inspection))
                return exchange_changed(inspection, fault);
        r = atomic_file_rename(staged);
        return r < 0 ? not_renamed(inspection, r, fault) : 0;
}

/* Owner and mode that somebody gave, by the target's name, to the inode that had that name before
 * or for a moment: they were meant for the file of that name, which is `to`. */
static int carry_attributes(const struct stat *before, int from, int to)
{
        struct stat now;

        if (fstat(from, &now) < 0 || same_attributes(before, &now))
                return 0;
        if (now.st_uid != before->st_uid || now.st_gid != before->st_gid)
                (void)!fchown(to, now.st_uid, now.st_gid);
        (void)fchmod(to, now.st_mode & ALLPERMS);
        return fd_sync(to);
}

static int exchange_and_look(AtomicFile *staged, const Inspection *inspection, const Lease *lease,
                             Fault *fault)
{
        struct stat ours, out;
        int r;

        if (fstat(staged->fd, &ours) < 0)
                return exchange_not_written(inspection, -errno, fault);
        r = atomic_file_exchange(staged);
        if (r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP)
                return rename_without_exchange(staged, inspection, fault);
        if (r == -ENOENT)
                return exchange_changed(inspection, fault); /* removed in the meantime */
        if (r < 0)
                return not_renamed(inspection, r, fault);

        r = exchange_look(staged->dir_fd, staged->temporary_name, &out);
        if (r < 0)
                return left_behind(staged, inspection, r, fault);
        if (same_content(&inspection->stat, &out) && same_attributes(&inspection->stat, &out) &&
            lease_is_intact(lease))
                return 0;
        r = exchange_back(staged, ours);
        if (r >= 0)
                (void)carry_attributes(&ours, staged->fd, inspection->fd);
        return r < 0 ? left_behind(staged, inspection, r, fault)
                     : exchange_changed(inspection, fault);
}

int exchange_with_target(AtomicFile *staged, const Inspection *inspection, const Lease *lease,
                         Fault *fault)
{
        int r;

        if (!target_is_current(inspection) || !lease_is_intact(lease))
                return exchange_changed(inspection, fault);
        r = exchange_and_look(staged, inspection, lease, fault);
        if (r < 0)
                return r;
        if (staged->temporary_name) {
                r = atomic_file_unlink(staged);
                if (r < 0)
                        return exchange_not_written(inspection, r, fault);
        }
        r = carry_attributes(&inspection->stat, inspection->fd, staged->fd);
        if (r >= 0)
                r = fd_sync(staged->dir_fd);
        return r < 0 ? exchange_not_written(inspection, r, fault) : 0;
}

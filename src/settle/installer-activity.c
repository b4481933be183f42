/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "file/fd.h"
#include "host/target-paths.h"
#include "settle/installer-activity.h"
#include "settle/installer.h"

#define SUFFIX_MIN 4U /* of the installer's temporary names */

static int64_t age_of(const struct stat *st)
{
        struct timespec now;
        int64_t age;

        if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
            __builtin_sub_overflow((int64_t)now.tv_sec, (int64_t)st->st_ctim.tv_sec, &age) ||
            __builtin_mul_overflow(age, 1000, &age))
                return INT64_MAX;
        age += (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
        return age < 0 ? INT64_MAX : age;
}

int64_t path_age(const Root *root, const char *path)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH, 0);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 ? age_of(&st) : INT64_MAX;
}

/* Whether anybody has it open for writing. Where there are no leases: not that we know. */
static bool is_being_written(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = fd_open_at(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);

        if (fd < 0)
                return false;
        if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
                return errno == EAGAIN;
        (void)fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
}

/* "vmware-vmx.Ab3x" for "vmware-vmx". */
static bool is_installers_name(const char *entry, const char *name)
{
        size_t length = strlen(name);
        const char *suffix = entry + length + 1;

        if (!text_starts(entry, name) || entry[length] != '.')
                return false;
        return strlen(suffix) >= SUFFIX_MIN &&
               strspn(suffix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                       strlen(suffix);
}

static bool is_unfinished(int dir_fd, const char *entry, int64_t fresh_ms)
{
        struct stat st;

        if (fstatat(dir_fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
                return false;
        return age_of(&st) < fresh_ms || is_being_written(dir_fd, entry);
}

/* A temporary name of the installer's for `name` in the directory. */
static int find_unfinished(int dir_fd, const char *name, int64_t fresh_ms, Fault *fault)
{
        DIR *directory;
        int fd = fd_open_at(dir_fd, ".", O_RDONLY | O_DIRECTORY, 0), r = 0;

        if (fd < 0)
                return 0;
        directory = fdopendir(fd);
        if (!directory) {
                (void)fd_close(fd);
                return 0;
        }
        for (struct dirent *entry; r == 0 && (entry = readdir(directory));)
                if (is_installers_name(entry->d_name, name) &&
                    is_unfinished(dir_fd, entry->d_name, fresh_ms)) {
                        (void)fault_set(fault, -EBUSY, REASON_UNFINISHED, "%s", entry->d_name);
                        r = 1;
                }
        (void)closedir(directory);
        return r;
}

static int look_at_spot(const Root *root, const Spot *spot, int64_t fresh_ms, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        struct stat st;
        int r = root_find(root, spot->path, &place);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = find_unfinished(place.dir_fd, place.name, fresh_ms, fault);
        if (r != 0)
                return r;
        if (fstatat(place.dir_fd, place.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
                return 0;
        if (is_being_written(place.dir_fd, place.name)) {
                (void)root_fault(root, fault, -EBUSY, REASON_BUSY, spot->path);
                return 1;
        }
        if (spot->role != ROLE_VMWAREBASE && st.st_uid == 0 && st.st_size > 0 &&
            !(st.st_mode & S_ISUID) && age_of(&st) < fresh_ms) {
                (void)root_fault(root, fault, -EBUSY, REASON_UNFINISHED, spot->path);
                return 1;
        }
        return 0;
}

int obstacle_find(const Root *root, int64_t fresh_ms, Fault *fault)
{
        _cleanup_(spots_done) Spots spots = {};
        int r = installer_is_running(root, fault);

        if (r > 0)
                (void)root_fault(root, fault, -EBUSY, REASON_INSTALLER_RUNS, INSTALLER_LOCK_PATH);
        if (r != 0)
                return r;
        r = spots_find(root, &spots, fault);
        for (size_t i = 0; r == 0 && i < spots.count; i++)
                r = look_at_spot(root, &spots.items[i], fresh_ms, fault);
        return r;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "file/directory.h"
#include "file/fd.h"
#include "swap/backup.h"

/* One walk through the directory. */
typedef struct BackupWalk {
        BackupFiles files;
        unsigned entries;
        Fault *fault;
} BackupWalk;

void backup_files_done(BackupFiles *files)
{
        for (size_t i = 0; i < files->count; i++) {
                (void)fd_close(files->items[i].fd);
                free(files->items[i].path);
        }
        free(files->items);
        *files = (BackupFiles){};
}

/* What separates the ending that another patcher, or a person, gave the name of a copy. */
#define ENDING_STARTS ".~-_"

/* How much of `name` is what VMware calls a target, in any version; 0: it is not called so, nor
 * with an ending, as "vmware-vmx.bak". */
static size_t role_name_length(Role role, const char *name)
{
        size_t longest = 0;

        for (size_t i = 0; role_path(role, i); i++) {
                const char *called = strrchr(role_path(role, i), '/') + 1;
                size_t length = strlen(called);

                if (text_starts(name, called) && length > longest &&
                    (name[length] == '\0' || strchr(ENDING_STARTS, name[length])))
                        longest = length;
        }
        return longest;
}

/* The target that `name` is a copy of: the one whose name is most of it, since "vmware-vmx" is a
 * part of others. _ROLE_MAX: none. */
static Role role_of_copy(const char *name)
{
        Role found = _ROLE_MAX;
        size_t longest = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                size_t length = role_name_length(role, name);

                if (length > longest) {
                        longest = length;
                        found = role;
                }
        }
        return found;
}

static int walk_too_large(const BackupWalk *walk, const char *path)
{
        return fault_set(walk->fault, -EFBIG, REASON_TOO_LARGE, "%s", path);
}

static void backup_open(int dir_fd, const char *name, BackupFile *file)
{
        struct stat st;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) >= 0 && !S_ISREG(st.st_mode)) {
                (void)fault_set(&file->fault, -EINVAL, REASON_NOT_REGULAR, "%s", file->path);
                return;
        }
        file->fd = fd_open_at(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
        if (file->fd < 0 || fstat(file->fd, &st) < 0)
                (void)fault_set(&file->fault, -errno, REASON_OPEN, "%s", file->path);
        else if (!S_ISREG(st.st_mode))
                (void)fault_set(&file->fault, -EINVAL, REASON_NOT_REGULAR, "%s", file->path);
        if (file->fault.reason != REASON_NONE)
                file->fd = fd_close(file->fd);
}

static int walk_take(BackupWalk *walk, int dir_fd, const char *name, const char *path, Role role)
{
        BackupFiles *files = &walk->files;
        BackupFile *items;
        int r;

        if (files->count == BACKUP_FILES_MAX)
                return walk_too_large(walk, path);
        items = reallocarray(files->items, files->count + 1, sizeof(*items));
        if (!items)
                return fault_set(walk->fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        files->items = items;
        items[files->count] = (BackupFile){.role = role, .fd = -EBADF, .fault = FAULT_NONE};
        r = text_copy(&items[files->count].path, path);
        if (r < 0)
                return fault_set(walk->fault, r, REASON_NO_MEMORY, "%s", path);
        backup_open(dir_fd, name, &items[files->count++]);
        return 0;
}

static int walk_directory(BackupWalk *walk, int dir_fd, const char *path, unsigned depth);

static int walk_entry(BackupWalk *walk, int dir_fd, const char *name, const char *path,
                      unsigned depth)
{
        _cleanup_free_ char *longer = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (++walk->entries > BACKUP_ENTRIES_MAX)
                return walk_too_large(walk, path);
        if (text_format(&longer, "%s/%s", path, name) < 0)
                return fault_set(walk->fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        /* VMware has its library in a directory of the same name. */
        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
                Role role = role_of_copy(name);

                return role < _ROLE_MAX ? walk_take(walk, dir_fd, name, longer, role) : 0;
        }
        fd = fd_open_at(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        return fd < 0 ? fault_set(walk->fault, fd, REASON_OPEN, "%s", longer)
                      : walk_directory(walk, fd, longer, depth + 1);
}

static int walk_directory(BackupWalk *walk, int dir_fd, const char *path, unsigned depth)
{
        _cleanup_(texts_done) Texts names = {};
        int r = directory_names(dir_fd, &names);

        if (depth > BACKUP_DEPTH_MAX)
                return walk_too_large(walk, path);
        if (r < 0)
                return fault_set(walk->fault, r, REASON_READ, "%s", path);
        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = walk_entry(walk, dir_fd, names.items[i], path, depth);
        return r;
}

int backup_find(const char *directory, BackupFiles *ret, Fault *fault)
{
        _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BackupWalk walk = {.fault = fault};
        size_t length = strlen(directory);
        _cleanup_free_ char *path = NULL;
        int r;

        if (fd < 0) {
                r = fault_set(fault, -errno, REASON_NO_DIRECTORY, "%s", directory);
                if (fault && fault->reason == REASON_NO_DIRECTORY)
                        fault->todo = r == -ENOTDIR ? "name the directory that the backup is in"
                                                    : reason_text(REASON_ADOPT_NONE)->todo;
                return r;
        }
        while (length > 1 && directory[length - 1] == '/')
                length--;
        if (text_format(&path, "%.*s", (int)length, directory) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", directory);
        r = walk_directory(&walk, fd, path, 0);
        if (r >= 0 && walk.files.count == 0)
                r = fault_set(fault, -ENOENT, REASON_ADOPT_NONE, "%s", path);
        if (r < 0) {
                backup_files_done(&walk.files);
                return r;
        }
        *ret = walk.files;
        return 0;
}

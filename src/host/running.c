/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "file/atomic-file.h"
#include "file/fd.h"
#include "file/same.h"
#include "host/running.h"

#define COMMAND_LINE_MAX (256U * 1024U)
#define DELETED          " (deleted)"
#define TASK_NAME_MAX    16U /* of /proc/PID/comm, with its newline */

void running_vms_done(RunningVms *vms)
{
        for (size_t i = 0; i < vms->count; i++)
                free(vms->items[i].vmx);
        free(vms->items);
        *vms = (RunningVms){};
}

/* The last argument that names a .vmx file. */
static int running_read_vmx(int task, char **ret)
{
        _cleanup_close_ int fd = openat(task, "cmdline", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        const char *found = NULL;
        size_t size;

        if (fd < 0 || fd_read_text(fd, COMMAND_LINE_MAX, &text, &size) < 0)
                return 0;
        for (const char *word = text; word < text + size; word += strlen(word) + 1) {
                size_t length = strlen(word);

                if (length > 4 && text_equal(word + length - 4, ".vmx"))
                        found = word;
        }
        return text_copy(ret, found);
}

/* Whether an executable, of `st` and with this link text, is an earlier content of the target:
 * removed, or taken out of its place by an exchange of ours. In a mount namespace of their own
 * others can give any file that text: so it has to belong to the target's owner or to root, and
 * one that was not removed has to be in the directory. */
static bool running_is_earlier(const char *executable, const struct stat *st, const Target *target,
                               const char *path)
{
        size_t length = strlen(executable), tail = strlen(DELETED);
        const char *name = strrchr(path, '/') + 1, *its_name;
        _cleanup_free_ char *bare = NULL;
        bool deleted = length > tail && text_equal(executable + length - tail, DELETED);
        struct stat there;

        bare = strndup(executable, deleted ? length - tail : length);
        if (!bare || (st->st_uid != 0 && st->st_uid != target->stat.st_uid))
                return false;
        if (text_equal(bare, path))
                return deleted;

        its_name = strrchr(bare, '/');
        if (!its_name || its_name + 1 - bare != name - path ||
            strncmp(bare, path, (size_t)(name - path)) != 0 ||
            !temporary_name_is(its_name + 1, name))
                return false;
        return deleted ||
               (fstatat(target->place.dir_fd, its_name + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                same_inode(&there, st));
}

/* 1 when the task runs the target, and whether an earlier content of it; -EACCES when the caller
 * may not see what it runs. A path alone does not tell: the same one leads elsewhere in a
 * container, but then on another file system. */
static int runs_target(int task, const Target *target, const char *path, bool *ret_outdated)
{
        char executable[PATH_MAX];
        struct stat st;
        ssize_t n;

        if (fstatat(task, "exe", &st, 0) < 0)
                return errno == EACCES ? -EACCES : 0;
        if (st.st_dev != target->stat.st_dev)
                return 0;
        *ret_outdated = st.st_ino != target->stat.st_ino;
        if (!*ret_outdated)
                return 1;
        n = readlinkat(task, "exe", executable, sizeof(executable) - 1);
        if (n < 0)
                return 0;
        executable[n] = '\0';
        return running_is_earlier(executable, &st, target, path);
}

/* Whether a task that may not be looked at is called as the target is. */
static bool has_name_of(int task, const char *path)
{
        const char *name = strrchr(path, '/') + 1;
        _cleanup_close_ int fd = openat(task, "comm", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (fd < 0 || fd_read_text(fd, TASK_NAME_MAX, &text, &size) < 0)
                return false;
        text[strcspn(text, "\n")] = '\0';
        return *text && text_starts(name, text) &&
               (strlen(text) == strlen(name) || strlen(text) == TASK_NAME_MAX - 1);
}

/* Whether /proc is mounted so that others' processes are not even listed. */
static bool tasks_are_hidden(int proc)
{
        struct stat st;

        return fstatat(proc, "1", &st, 0) < 0 && fstatat(proc, "self", &st, 0) >= 0;
}

static int add_vm(RunningVms *vms, pid_t pid, int task, bool outdated)
{
        RunningVm vm = {.pid = pid, .outdated = outdated};
        RunningVm *larger = reallocarray(vms->items, vms->count + 1, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        vms->items = larger;
        if (running_read_vmx(task, &vm.vmx) < 0)
                return -ENOMEM;
        larger[vms->count++] = vm;
        return 0;
}

static int look_at_task(int proc, const char *name, const Target *target, const char *path,
                        RunningVms *vms)
{
        _cleanup_close_ int task = -EBADF;
        uint64_t pid;
        bool outdated;
        int r;

        if (text_to_u64(name, &pid) < 0 || pid > INT32_MAX)
                return 0;
        task = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (task < 0)
                return 0;
        r = runs_target(task, target, path, &outdated);
        vms->is_partial |= r == -EACCES && has_name_of(task, path);
        if (r <= 0)
                return 0;
        return add_vm(vms, (pid_t)pid, task, outdated);
}

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

/* The target's path as /proc shows it: from this process's "/", without links, whatever the root is
 * called. -ENOENT without /proc. */
static int path_in_proc(const Place *place, char **ret)
{
        char directory[PATH_MAX], link[64];
        ssize_t n;

        text_put(link, sizeof(link), "/proc/self/fd/%d", place->dir_fd);
        n = readlink(link, directory, sizeof(directory) - 1);
        if (n < 0)
                return -errno;
        directory[n] = '\0';
        return text_format(ret, "%s/%s", text_equal(directory, "/") ? "" : directory, place->name);
}

int running_vms_find(const Target *target, RunningVms *ret)
{
        _cleanup_(running_vms_done) RunningVms vms = {};
        _cleanup_(close_directory) DIR *proc = opendir("/proc");
        _cleanup_free_ char *path = NULL;
        int r = 0;

        if (proc && target->place.path)
                r = path_in_proc(&target->place, &path);
        if (r == -ENOMEM)
                return r;
        vms.is_partial = proc && tasks_are_hidden(dirfd(proc));
        for (struct dirent *entry; path && (entry = readdir(proc));) {
                r = look_at_task(dirfd(proc), entry->d_name, target, path, &vms);
                if (r < 0)
                        return r;
        }
        *ret = vms;
        vms = (RunningVms){};
        return 0;
}

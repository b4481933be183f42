/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "base/atomic-file.h"
#include "base/fd.h"
#include "base/text.h"
#include "host/running.h"

#define COMMAND_LINE_MAX (256U * 1024U)
#define DELETED          " (deleted)"

void running_vms_done(RunningVms *vms)
{
        for (size_t i = 0; i < vms->count; i++)
                free(vms->items[i].vmx);
        free(vms->items);
        *vms = (RunningVms){};
}

/* The last argument that names a .vmx file. */
static int read_vmx(int task, char **ret)
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

/* Whether the link text of an executable speaks of an earlier content of `path`: removed, or taken
 * out of its place by an exchange of ours. */
static bool is_earlier(const char *executable, const char *path)
{
        size_t length = strlen(executable), tail = strlen(DELETED);
        const char *slash = strrchr(path, '/'), *name;
        _cleanup_free_ char *bare = NULL;
        size_t directory = (size_t)(slash - path);

        if (length <= tail || !text_equal(executable + length - tail, DELETED))
                return false;
        bare = strndup(executable, length - tail);
        if (!bare)
                return false;
        if (text_equal(bare, path))
                return true;
        name = strrchr(bare, '/');
        return name && (size_t)(name - bare) == directory && strncmp(bare, path, directory) == 0 &&
               temporary_name_is(name + 1, slash + 1);
}

/* 1 when the task runs the target, and whether an earlier content of it. */
static int runs_target(int task, const Target *target, const char *path, bool *ret_outdated)
{
        char executable[PATH_MAX];
        struct stat st;
        ssize_t n;

        if (fstatat(task, "exe", &st, 0) == 0 && st.st_dev == target->stat.st_dev &&
            st.st_ino == target->stat.st_ino) {
                *ret_outdated = false;
                return 1;
        }
        n = readlinkat(task, "exe", executable, sizeof(executable) - 1);
        if (n < 0)
                return 0;
        executable[n] = '\0';
        *ret_outdated = true;
        return is_earlier(executable, path);
}

static int add_vm(RunningVms *vms, pid_t pid, int task, bool outdated)
{
        RunningVm vm = {.pid = pid, .outdated = outdated};
        RunningVm *larger = reallocarray(vms->items, vms->count + 1, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        vms->items = larger;
        if (read_vmx(task, &vm.vmx) < 0)
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

        if (text_to_u64(name, &pid) < 0 || pid > INT32_MAX)
                return 0;
        task = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (task < 0 || runs_target(task, target, path, &outdated) <= 0)
                return 0;
        return add_vm(vms, (pid_t)pid, task, outdated);
}

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

int running_vms_find(const Root *root, const Target *target, RunningVms *ret)
{
        _cleanup_(running_vms_done) RunningVms vms = {};
        _cleanup_(close_directory) DIR *proc = opendir("/proc");
        _cleanup_free_ char *path = NULL;

        if (target->place.path) {
                int r = root_show(root, target->place.path, &path);

                if (r < 0)
                        return r;
                for (struct dirent *entry; proc && (entry = readdir(proc));) {
                        r = look_at_task(dirfd(proc), entry->d_name, target, path, &vms);
                        if (r < 0)
                                return r;
                }
        }
        *ret = vms;
        vms = (RunningVms){};
        return 0;
}

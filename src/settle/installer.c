/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "file/fd.h"
#include "settle/installer.h"

#define LOCK_NAME_MAX 64
#define PROC_MAX      (4U * 1024U * 1024U)

static int read_proc(const char *path, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? -errno : fd_read_text(fd, PROC_MAX, ret, ret_size);
}

/* A file from the future is not new: somebody set the clock. */
static bool is_new(const struct stat *st)
{
        struct timespec now;
        int64_t age;

        if (clock_gettime(CLOCK_REALTIME, &now) < 0 || now.tv_sec - st->st_ctim.tv_sec > 60)
                return false;
        age = (int64_t)(now.tv_sec - st->st_ctim.tv_sec) * 1000 +
              (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
        return age >= 0 && age < INSTALLER_FRESH_MS;
}

/* The file as /proc/locks names it, "08:01:1234": a lock of another kind, which keeps nobody from
 * anything, shows it. */
static int lock_name(int fd, char ret[static LOCK_NAME_MAX])
{
        const struct flock ours = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        const struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
        _cleanup_free_ char *text = NULL;
        char path[64];
        size_t size;
        int r;

        if (fcntl(fd, F_OFD_SETLK, &ours) < 0)
                return -errno;
        text_put(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        r = read_proc(path, &text, &size);
        (void)fcntl(fd, F_OFD_SETLK, &none);
        if (!text)
                return r < 0 ? r : -ENODATA;
        const char *line = strstr(text, "\nlock:");

        return line && sscanf(line, "\nlock: %*s OFDLCK %*s %*s %*s %63s", ret) == 1 ? 0 : -ENODATA;
}

/* The user who began the process: a program that is set-uid root does not make him root. */
static bool holder_is_trusted(const char *pid)
{
        _cleanup_free_ char *text = NULL;
        const char *line;
        char path[64], word[24];
        uint64_t uid;
        size_t size;

        text_put(path, sizeof(path), "/proc/%s/status", pid);
        if (read_proc(path, &text, &size) < 0 || !text)
                return true;
        line = strstr(text, "\nUid:");
        return !line || sscanf(line, "\nUid: %23s", word) != 1 || text_to_u64(word, &uid) < 0 ||
               uid == 0 || uid == geteuid();
}

/* Whether all who hold a flock on the file are known, and none of them counts. */
static bool holders_are_strangers(int fd)
{
        _cleanup_free_ char *text = NULL;
        char name[LOCK_NAME_MAX], *rest, *line;
        bool any = false;
        size_t size;

        if (lock_name(fd, name) < 0 || read_proc("/proc/locks", &text, &size) < 0)
                return false;
        for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                char kind[16], pid[24], place[LOCK_NAME_MAX];

                if (sscanf(line, "%*s %15s %*s %*s %23s %63s", kind, pid, place) != 3 ||
                    !text_equal(kind, "FLOCK") || !text_equal(place, name))
                        continue;
                if (holder_is_trusted(pid))
                        return false;
                any = true;
        }
        return any;
}

int installer_is_running(const Root *root, Fault *fault)
{
        _cleanup_close_ int fd = root_open_file(root, INSTALLER_LOCK_PATH);
        struct stat st;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0)
                return root_fault(root, fault, fd, fd == -EINVAL ? REASON_NOT_REGULAR : REASON_OPEN,
                                  INSTALLER_LOCK_PATH);
        if (fstat(fd, &st) < 0)
                return root_fault(root, fault, -errno, REASON_OPEN, INSTALLER_LOCK_PATH);
        if (is_new(&st))
                return 1;
        if (flock(fd, LOCK_SH | LOCK_NB) < 0)
                return errno == EWOULDBLOCK
                               ? !holders_are_strangers(fd)
                               : root_fault(root, fault, -errno, REASON_OPEN, INSTALLER_LOCK_PATH);
        (void)flock(fd, LOCK_UN);
        return 0;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/same.h"
#include "file/trust-parts.h"
#include "file/trust.h"

#define LINKS_MAX 40U

/* A walk from "/" to the root, as its path was given. */
typedef struct Way {
        int fd;     /* the directory that was reached, O_PATH */
        char *left; /* the path from there on */
        unsigned links;
} Way;

static void way_done(Way *way)
{
        (void)fd_close(way->fd);
        free(way->left);
}

/* Whoever had sudo or pkexec start this program is the one who gave the path. */
static bool is_of_caller(const struct stat *st)
{
        static const char *const names[] = {"SUDO_UID", "PKEXEC_UID"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                const char *text = getenv(names[i]);
                uint64_t uid;

                if (text && text_to_u64(text, &uid) >= 0 && uid == st->st_uid)
                        return true;
        }
        return false;
}

/* A group of the caller's own has his number. */
static bool directory_is_trusted(int fd, const struct stat *st)
{
        if (is_of_caller(st))
                return !(st->st_mode & S_IWOTH) || (st->st_mode & S_ISVTX) != 0;
        return trust_owner(st->st_uid) &&
               (!trust_may_be_changed(fd, st) || (st->st_mode & S_ISVTX) != 0);
}

static int way_refuse(int fd, const struct stat *st, Fault *fault)
{
        char path[PATH_MAX];

        trust_path_of(fd, path, sizeof(path));
        return trust_refuse(path, st, REASON_ROOT_PATH, fault);
}

/* Links of /proc lead where their text does not say. */
static bool is_magic(int fd)
{
        struct statfs status;

        return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

static int way_follow(Way *way, int link)
{
        char target[PATH_MAX];
        ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
        char *left;
        int r;

        if (n < 0)
                return -errno;
        target[n] = '\0';
        if (++way->links > LINKS_MAX)
                return -ELOOP;
        r = text_format(&left, "%s/%s", target, way->left);
        if (r < 0)
                return r;
        free(way->left);
        way->left = left;
        if (*target != '/')
                return 0;
        (void)fd_close(way->fd);
        way->fd = fd_open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
        return MIN(way->fd, 0);
}

/* Takes the next name off the path, and goes there. */
static int way_step(Way *way, Fault *fault)
{
        _cleanup_close_ int next = -EBADF;
        char name[NAME_MAX + 1];
        size_t length = strcspn(way->left, "/");
        struct stat st;

        if (length > NAME_MAX)
                return -ENAMETOOLONG;
        text_put(name, sizeof(name), "%.*s", (int)length, way->left);
        memmove(way->left, way->left + length, strlen(way->left + length) + 1);
        if (fstat(way->fd, &st) < 0)
                return -errno;
        if (!directory_is_trusted(way->fd, &st))
                return way_refuse(way->fd, &st, fault);
        next = fd_open_at(way->fd, name, O_PATH | O_NOFOLLOW, 0);
        if (next < 0 || fstat(next, &st) < 0)
                return next < 0 ? next : -errno;
        if (S_ISLNK(st.st_mode) && is_magic(next)) {
                (void)fd_close(next);
                next = fd_open_at(way->fd, name, O_PATH | O_DIRECTORY, 0);
        } else if (S_ISLNK(st.st_mode)) {
                return trust_owner(st.st_uid) || is_of_caller(&st) ? way_follow(way, next)
                                                                   : way_refuse(next, &st, fault);
        }
        if (next < 0)
                return next;
        (void)fd_close(way->fd);
        way->fd = TAKE_FD(next);
        return 0;
}

/* The root is what was opened; what its path leads to now must be the same. */
static int way_leads_to(const Way *way, const Root *root)
{
        struct stat here, top;

        if (fstat(way->fd, &here) < 0 || fstat(root->fd, &top) < 0)
                return -errno;
        return same_inode(&here, &top) ? 0 : -ESTALE;
}

int trust_root_path(const Root *root, Fault *fault)
{
        _cleanup_(way_done) Way way = {.fd = -EBADF};
        _cleanup_free_ char *working = NULL;
        int r;

        if (geteuid() != 0)
                return 0;
        if (*root->path != '/' && !(working = getcwd(NULL, 0)))
                return fault_set(fault, -errno, REASON_ROOT, "%s", root->path);
        r = text_format(&way.left, "%s/%s", working ? working : "", root->path);
        if (r >= 0)
                r = way.fd = fd_open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
        while (r >= 0) {
                memmove(way.left, way.left + strspn(way.left, "/"),
                        strlen(way.left + strspn(way.left, "/")) + 1);
                if (*way.left == '\0')
                        break;
                r = way_step(&way, fault);
                if (r == -EPERM)
                        return r;
        }
        if (r >= 0)
                r = way_leads_to(&way, root);
        return r < 0 ? fault_set(fault, r, REASON_ROOT, "%s", root->path) : 0;
}

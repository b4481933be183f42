/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/same.h"
#include "file/trust-parts.h"
#include "file/trust.h"

#define DEPTH_MAX    256
#define OVERFLOW_UID 65534U

/* Whether this is a user namespace that knows some of the system's users only. */
static bool namespace_is_partial(void)
{
        _cleanup_close_ int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
        char text[64] = {};
        char inside[16], outside[16], count[16];

        if (fd < 0 || fd_read_up_to(fd, (uint8_t *)text, sizeof(text) - 1, 0) < 0)
                return false;
        return sscanf(text, "%15s %15s %15s", inside, outside, count) == 3 &&
               !(text_equal(inside, "0") && text_equal(outside, "0") &&
                 text_equal(count, "4294967295"));
}

bool trust_owner(uid_t uid)
{
        return uid == 0 || uid == geteuid() || (uid == OVERFLOW_UID && namespace_is_partial());
}

static bool group_is_trusted(gid_t gid)
{
        return gid == 0 || (geteuid() != 0 && gid == getegid());
}

/* The mask of an ACL shows as the group's bits, whoever it lets in. */
static bool has_acl(int fd)
{
        _cleanup_close_ int readable = fd_open_at(fd, ".", O_RDONLY | O_DIRECTORY, 0);

        if (readable < 0)
                return fgetxattr(fd, "system.posix_acl_access", NULL, 0) >= 0;
        return fgetxattr(readable, "system.posix_acl_access", NULL, 0) >= 0;
}

bool trust_may_be_changed(int fd, const struct stat *st)
{
        return (st->st_mode & S_IWOTH) ||
               ((st->st_mode & S_IWGRP) && (!group_is_trusted(st->st_gid) || has_acl(fd)));
}

#define NAMES_SIZE 4096U /* of what the system keeps about a user or a group */

typedef struct OwnerWords {
        char text[40];
} OwnerWords;

/* The name of a user or of a group, or where there is none the number. */
static OwnerWords owner_words(unsigned id, bool is_group)
{
        struct passwd user, *of_user = NULL;
        struct group group, *of_group = NULL;
        char names[NAMES_SIZE];
        OwnerWords words = {};
        int r = is_group ? getgrgid_r(id, &group, names, sizeof(names), &of_group)
                         : getpwuid_r(id, &user, names, sizeof(names), &of_user);

        if (r == 0 && (of_user || of_group))
                text_put(words.text, sizeof(words.text), "%s",
                         of_user ? of_user->pw_name : of_group->gr_name);
        else
                text_put(words.text, sizeof(words.text), "%u", id);
        return words;
}

int trust_refuse(const char *path, const struct stat *st, Reason reason, Fault *fault)
{
        int r = fault_set(fault, -EPERM, reason, "%s", path);

        fault_remark(fault, "owner %s, group %s, mode %04o", owner_words(st->st_uid, false).text,
                     owner_words(st->st_gid, true).text, (unsigned)st->st_mode & ALLPERMS);
        return r;
}

void trust_path_of(int fd, char *ret, size_t size)
{
        char link[32];
        ssize_t n;

        text_put(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, ret, size - 1);
        ret[n > 0 ? n : 0] = '\0';
}

static int trust_chain(const Root *root, int dir_fd, bool above, Fault *fault)
{
        _cleanup_close_ int fd = fd_open_at(dir_fd, ".", O_PATH | O_DIRECTORY, 0);
        char path[PATH_MAX];
        struct stat top, st;

        if (fd < 0 || fstat(root->fd, &top) < 0)
                return fault_set(fault, -errno, REASON_OPEN, "%s", root->path);
        for (int depth = 0; depth < DEPTH_MAX; depth++, above = true) {
                int parent;

                if (fstat(fd, &st) < 0)
                        return fault_set(fault, -errno, REASON_OPEN, "%s", root->path);
                if (!trust_owner(st.st_uid) ||
                    (trust_may_be_changed(fd, &st) && !(above && (st.st_mode & S_ISVTX)))) {
                        trust_path_of(fd, path, sizeof(path));
                        return trust_refuse(path, &st, REASON_NOT_TRUSTED, fault);
                }
                if (same_inode(&st, &top))
                        return 0;
                parent = fd_open_at(fd, "..", O_PATH | O_DIRECTORY, 0);
                if (parent < 0)
                        return fault_set(fault, parent, REASON_OPEN, "%s", root->path);
                (void)fd_close(fd);
                fd = parent;
        }
        return fault_set(fault, -ELOOP, REASON_OPEN, "%s", root->path);
}

int trust_directory(const Root *root, int dir_fd, Fault *fault)
{
        return trust_chain(root, dir_fd, false, fault);
}

int trust_directory_above(const Root *root, int dir_fd, Fault *fault)
{
        return trust_chain(root, dir_fd, true, fault);
}

int trust_file(const char *path, int fd, Fault *fault)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_OPEN, "%s", path);
        if (!trust_owner(st.st_uid) || (st.st_mode & S_IWOTH) ||
            ((st.st_mode & S_IWGRP) && !group_is_trusted(st.st_gid)))
                return trust_refuse(path, &st, REASON_NOT_TRUSTED, fault);
        return 0;
}

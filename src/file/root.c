/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/root.h"
#include "file/same.h"

#define LINKS_MAX 40U
#define TRIES_MAX 64

static int open_inside(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                .mode = mode,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
        };
        long fd = -1;

        /* EAGAIN is a rename during the walk, or, of O_NONBLOCK, somebody's lease on the file: that
         * one stays. */
        for (int i = 0; i < TRIES_MAX; i++) {
                fd = syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof(how));
                if (fd >= 0 || (errno != EINTR && errno != EAGAIN))
                        break;
        }
        return fd < 0 ? -errno : (int)fd;
}

int root_open(const char *path, Root *ret, Fault *fault)
{
        _cleanup_free_ char *shown = NULL;
        _cleanup_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        size_t length;

        if (fd < 0)
                return fault_set(fault, -errno, REASON_ROOT, "%s", path);
        if (text_copy(&shown, path) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        for (length = strlen(shown); length > 1 && shown[length - 1] == '/'; length--)
                shown[length - 1] = '\0';
        *ret = (Root){.fd = TAKE_FD(fd), .path = TAKE_PTR(shown)};
        return 0;
}

void root_done(Root *root)
{
        root->fd = fd_close(root->fd);
        free(root->path);
        root->path = NULL;
}

bool root_is_host(const Root *root)
{
        struct stat ours, host;

        return fstat(root->fd, &ours) == 0 && stat("/", &host) == 0 && same_inode(&ours, &host);
}

void place_done(Place *place)
{
        place->dir_fd = fd_close(place->dir_fd);
        free(place->name);
        free(place->path);
        *place = PLACE_NONE;
}

/* A walk through a path: `done` holds real directories only, `left` is what comes after them. */
typedef struct Walk {
        int root_fd;
        char *done, *left;
        unsigned links;
} Walk;

static void walk_done(Walk *walk)
{
        free(walk->done);
        free(walk->left);
}

/* Takes the next component off `left` into `*ret`; 0 when there is none. */
static int walk_next(Walk *walk, char **ret)
{
        char *start = walk->left + strspn(walk->left, "/");
        size_t length = strcspn(start, "/");
        char *component;

        if (length == 0)
                return 0;
        component = strndup(start, length);
        if (!component)
                return -ENOMEM;
        memmove(walk->left, start + length, strlen(start + length) + 1);
        *ret = component;
        return 1;
}

static void walk_up(Walk *walk)
{
        char *slash = strrchr(walk->done, '/');

        *(slash ? slash : walk->done) = '\0';
}

/* `left` is empty or starts with a slash. */
static int walk_replace_left(Walk *walk, const char *target)
{
        char *left = NULL;

        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        if (text_format(&left, "%s%s", target, walk->left) < 0)
                return -ENOMEM;
        free(walk->left);
        walk->left = left;
        if (*target == '/')
                *walk->done = '\0';
        return 0;
}

static bool walk_is_at_end(const Walk *walk)
{
        return walk->left[strspn(walk->left, "/")] == '\0';
}

/* A link in a directory that anyone may write to, and where nobody removes the files of others,
 * leads only its owner, or whom the directory's owner meant to lead: the rule of
 * fs.protected_symlinks, also where the kernel was told not to follow it. */
static int walk_trusts(const Walk *walk, int link)
{
        _cleanup_close_ int directory = open_inside(walk->root_fd, walk->done, O_PATH | O_DIRECTORY,
                                                    0, RESOLVE_NO_SYMLINKS);
        struct stat of_link, of_directory;

        if (directory < 0)
                return directory;
        if (fstat(link, &of_link) < 0 || fstat(directory, &of_directory) < 0)
                return -errno;
        if ((of_directory.st_mode & S_ISVTX) && (of_directory.st_mode & S_IWOTH) &&
            of_link.st_uid != geteuid() && of_link.st_uid != of_directory.st_uid)
                return -EACCES;
        return 0;
}

/* Goes on where the link leads by its text. A magic link leads elsewhere: the kernel tells it. */
static int walk_follow(Walk *walk, int link, const char *path)
{
        _cleanup_close_ int end = open_inside(walk->root_fd, path, O_PATH, 0, 0);
        char target[PATH_MAX];
        ssize_t n;

        if (end == -ELOOP)
                return end;
        n = readlinkat(link, "", target, sizeof(target) - 1);
        if (n < 0)
                return -errno;
        target[n] = '\0';
        return walk_replace_left(walk, target);
}

/* Goes into `component`, or follows it when it is a link. 1 when it is the missing last one. */
static int walk_into(Walk *walk, const char *component)
{
        _cleanup_free_ char *next = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (text_format(&next, "%s%s%s", walk->done, *walk->done ? "/" : "", component) < 0)
                return -ENOMEM;
        fd = open_inside(walk->root_fd, next, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
        if (fd < 0 && !(fd == -ENOENT && walk_is_at_end(walk)))
                return fd;
        if (fd >= 0) {
                if (fstat(fd, &st) < 0)
                        return -errno;
                if (S_ISLNK(st.st_mode)) {
                        int r = walk_trusts(walk, fd);

                        return r < 0 ? r : walk_follow(walk, fd, next);
                }
                /* A slash after it, even the last one, asks for a directory. */
                if (!S_ISDIR(st.st_mode) && *walk->left)
                        return -ENOTDIR;
        }
        free(walk->done);
        walk->done = TAKE_PTR(next);
        return 0;
}

static int place_from(Walk *walk, Place *ret)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        char *slash = strrchr(walk->done, '/');

        if (!*walk->done)
                return -EISDIR;
        if (text_copy(&place.path, walk->done) < 0 ||
            text_copy(&place.name, slash ? slash + 1 : walk->done) < 0)
                return -ENOMEM;
        walk_up(walk);
        place.dir_fd = open_inside(walk->root_fd, walk->done, O_RDONLY | O_DIRECTORY, 0,
                                   RESOLVE_NO_SYMLINKS);
        if (place.dir_fd < 0)
                return place.dir_fd;
        *ret = place;
        place = PLACE_NONE;
        return 0;
}

int root_find(const Root *root, const char *path, Place *ret)
{
        _cleanup_(walk_done) Walk walk = {.root_fd = root->fd};

        if (text_copy(&walk.done, "") < 0 || text_copy(&walk.left, path) < 0)
                return -ENOMEM;
        for (;;) {
                _cleanup_free_ char *component = NULL;
                int r = walk_next(&walk, &component);

                if (r < 0)
                        return r;
                if (!component)
                        return place_from(&walk, ret);
                if (text_equal(component, "."))
                        continue;
                if (text_equal(component, "..")) {
                        walk_up(&walk);
                        continue;
                }
                r = walk_into(&walk, component);
                if (r < 0)
                        return r;
        }
}

int root_open_at(const Root *root, const char *path, int flags, mode_t mode)
{
        return open_inside(root->fd, path, flags, mode, 0);
}

int root_open_file(const Root *root, const char *path)
{
        _cleanup_close_ int seen = root_open_at(root, path, O_PATH, 0);
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (seen < 0)
                return TAKE_FD(seen);
        if (fstat(seen, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        fd = root_open_at(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        /* Opened by name again, so it may be something else by now. */
        if (fd >= 0 && fstat(fd, &st) < 0)
                return -errno;
        if (fd >= 0 && !S_ISREG(st.st_mode))
                return -EINVAL;
        return TAKE_FD(fd);
}

int root_make_directory(const Root *root, const char *path)
{
        _cleanup_free_ char *partial = NULL;

        if (text_copy(&partial, path) < 0)
                return -ENOMEM;
        for (char *at = partial + strspn(partial, "/"); *at;) {
                _cleanup_(place_done) Place place = PLACE_NONE;
                char *slash = at + strcspn(at, "/");
                char kept = *slash;
                int r;

                *slash = '\0';
                r = root_find(root, partial, &place);
                if (r == -EISDIR)
                        r = 0; /* "." or "..": back at the root itself */
                else if (r < 0)
                        return r;
                else if (mkdirat(place.dir_fd, place.name, 0755) == 0)
                        r = fd_sync(place.dir_fd); /* a store must not vanish in a power cut */
                else if (errno != EEXIST)
                        r = -errno;
                if (r < 0)
                        return r;
                *slash = kept;
                at = slash + strspn(slash, "/");
        }
        return root_open_at(root, path, O_RDONLY | O_DIRECTORY, 0);
}

int root_show(const Root *root, const char *path, char **ret)
{
        path += strspn(path, "/");
        return text_format(ret, "%s%s%s", root->path, text_equal(root->path, "/") ? "" : "/", path);
}

int root_fault(const Root *root, Fault *fault, int error, Reason reason, const char *path)
{
        path += strspn(path, "/");
        return fault_set(fault, error, reason, "%s%s%s", root->path,
                         text_equal(root->path, "/") ? "" : "/", path);
}

/* SPDX-License-Identifier: MIT */
#pragma once

/* Root: the directory that stands for "/" in this run, and paths that cannot leave it.
 *
 * Every path is walked component by component with openat2(RESOLVE_IN_ROOT): symbolic links,
 * absolute or with "..", end inside the root; magic links are refused. Needs Linux 5.6. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/macros.h"

typedef struct Root {
        int fd;     /* O_PATH directory */
        char *path; /* as a person would write it; "/" for the machine itself */
} Root;

#define ROOT_NONE ((Root){.fd = -EBADF})

/* -ENOENT, -ENOTDIR, … with REASON_ROOT. */
_nodiscard_ int root_open(const char *path, Root *ret, Fault *fault);
void root_done(Root *root);

/* Whether the root is the running machine's own "/", by device and inode. */
bool root_is_host(const Root *root);

/* Place: where a path inside a root really is once every link is followed, the last one too. The
 * file itself need not exist, its directory must. */
typedef struct Place {
        int dir_fd; /* the directory, O_RDONLY */
        char *name; /* the last component; never a symbolic link when it was looked up */
        char *path; /* from the root, no leading slash, no links, no "." or ".." */
} Place;

#define PLACE_NONE ((Place){.dir_fd = -EBADF})

/* Follows `path` (leading slash or not) inside the root. -ENOENT when a directory is missing,
 * -EISDIR for the root itself, -ELOOP after 40 links and for a magic one, -ENOTDIR (also for a
 * slash behind a file), -EACCES. */
_nodiscard_ int root_find(const Root *root, const char *path, Place *ret);
void place_done(Place *place);

/* Opens `path` inside the root, following links inside it. Returns the fd (owned by the caller). */
_nodiscard_ int root_open_at(const Root *root, const char *path, int flags, mode_t mode);

/* The same for a regular file, O_RDONLY. What else may be there (FIFO, device) is not opened:
 * -EINVAL. */
_nodiscard_ int root_open_file(const Root *root, const char *path);

/* Makes the directory `path` and its parents, mode 0755, durably, and returns it opened. */
_nodiscard_ int root_make_directory(const Root *root, const char *path);

/* `root` joined with `path` as people would write it, in a new string: "/mnt/x" + "usr/lib". */
_nodiscard_ int root_show(const Root *root, const char *path, char **ret);

/* Fills `fault` as fault_set() does. Its subject is `path`, which is inside `root`, as root_show()
 * writes it. */
int root_fault(const Root *root, Fault *fault, int error, Reason reason, const char *path);

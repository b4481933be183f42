/* SPDX-License-Identifier: MIT */
#pragma once

/* TempRoot: an empty directory that stands for "/" in a test, and is removed with all it holds. It
 * is made in TMPDIR.
 *
 *     _cleanup_(temp_root_done) TempRoot temp = temp_root_make();
 *     _cleanup_close_ int etc = temp_root_directory(&temp, "etc");
 *     store_open(&temp.root, STORE_WRITE, …);
 *
 * What cannot be done aborts the test. */

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/fd.h"
#include "file/root.h"

typedef struct TempRoot {
        char path[128];
        Root root;
} TempRoot;

static inline TempRoot temp_root_make(void)
{
        TempRoot temp = {.root = ROOT_NONE};
        const char *place = getenv("TMPDIR");
        int length = snprintf(temp.path, sizeof(temp.path), "%s/unlocker-test-XXXXXX",
                              place && *place ? place : "/tmp");

        if (length < 0 || (size_t)length >= sizeof(temp.path) || !mkdtemp(temp.path) ||
            root_open(temp.path, &temp.root, NULL) < 0)
                abort();
        return temp;
}

static inline int temp_root_remove_one(const char *path, const struct stat *st _unused_,
                                       int kind _unused_, struct FTW *walk _unused_)
{
        return remove(path);
}

static inline void temp_root_done(TempRoot *temp)
{
        root_done(&temp->root);
        (void)nftw(temp->path, temp_root_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* `path` as errors name it, until the next call. */
static inline const char *temp_root_shown(const TempRoot *temp, const char *path)
{
        static char shown[256];

        (void)snprintf(shown, sizeof(shown), "%s/%s", temp->path, path);
        return shown;
}

/* The directory `path`, made with its parents; an fd of the caller's. */
static inline int temp_root_directory(const TempRoot *temp, const char *path)
{
        int fd = root_make_directory(&temp->root, path);

        if (fd < 0)
                abort();
        return fd;
}

/* A file of these bytes in the directory, mode 0644, in place of what was there; O_RDWR. */
static inline int temp_file(int dir_fd, const char *name, const void *bytes, size_t size)
{
        int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        if (fd < 0 || fd_write_at(fd, (Span){bytes, size}, 0) < 0)
                abort();
        return fd;
}

static inline bool is_there(int dir_fd, const char *name)
{
        return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* SPDX-License-Identifier: MIT */
#pragma once

/* Filling a TempRoot by path; the directories on the way are made. */

#include <stdio.h>
#include <string.h>

#include "temp-root.h"

/* The directory and those above it. */
static inline void tree_directory(const TempRoot *tree, const char *path)
{
        (void)fd_close(temp_root_directory(tree, path));
}

/* Opens it for writing, made if need be with this mode, whatever the umask; directories too. */
static inline int tree_open(const TempRoot *tree, const char *path, mode_t mode)
{
        char directory[256];
        int fd;

        (void)snprintf(directory, sizeof(directory), "%s", path);
        *strrchr(directory, '/') = '\0';
        tree_directory(tree, directory);
        fd = root_open_at(&tree->root, path, O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || fchmod(fd, mode) < 0)
                abort();
        return fd;
}

static inline void tree_file(const TempRoot *tree, const char *path, const char *text, mode_t mode)
{
        int fd = tree_open(tree, path, mode);

        if (ftruncate(fd, 0) < 0 || fd_write(fd, (Span){(const uint8_t *)text, strlen(text)}) < 0 ||
            fchmod(fd, mode) < 0)
                abort();
        (void)fd_close(fd);
}

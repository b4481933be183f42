/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether two looks at a file saw the same thing. */

#include <stdbool.h>
#include <sys/stat.h>

static inline bool same_inode(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static inline bool same_time(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The same inode with, as far as its status tells, the same bytes. */
static inline bool same_content(const struct stat *a, const struct stat *b)
{
        return same_inode(a, b) && a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim);
}

/* An installer sets modes in a second pass: a file that got its set-uid bit meanwhile is another.
 */
static inline bool same_attributes(const struct stat *a, const struct stat *b)
{
        return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* Nothing at all was done to the inode. Renaming it counts as a change on most file systems. */
static inline bool same_change(const struct stat *a, const struct stat *b)
{
        return same_time(a->st_ctim, b->st_ctim);
}

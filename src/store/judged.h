/* SPDX-License-Identifier: MIT */
#pragma once

/* Judged: the SHA-256 of the files that the last runs put in place, each with what stat() said of
 * it then, so that `status` and `list` need not read a file again that nobody has touched since.
 * For what is shown alone: what is written or removed is decided by reading.
 *
 * A file of the store, "judged", of one line for each: device, inode, size, mtime and ctime (each
 * as seconds and nanoseconds), SHA-256. It is not made durable; one that is lost or damaged is
 * empty. */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "file/digest.h"
#include "store/store.h"

#define JUDGED_MAX 64U

typedef struct JudgedFile {
        struct stat stat; /* of which the device, the inode, the size and two times count */
        Digest digest;
} JudgedFile;

typedef struct Judged {
        JudgedFile items[JUDGED_MAX]; /* the oldest first */
        size_t count;
} Judged;

/* What the store has; nothing where it cannot be read, or where others than the store's owner could
 * have written it. */
void judged_read(const Store *store, Judged *ret);

/* Whether a file with this status is in the list; fills `ret` then. */
bool judged_find(const Judged *judged, const struct stat *stat, Digest *ret);

/* Adds a file, in place of what is known of the same inode; the oldest goes when there are too
 * many. `stat` must have been taken once the file had its place. False, and nothing is added, where
 * a later change could leave the same status: its mtime is within two seconds of its ctime, so that
 * writing to it need not change it, or the file system has no parts of seconds. (A program that
 * writes and sets the mtime back, both in the tick of the clock in which the file got its place,
 * is not noticed by kernels before 6.13.) */
bool judged_add(Judged *judged, const struct stat *stat, const Digest *digest);

/* Replaces the store's list. Needs the lock. -errno; nothing depends on it. */
_nodiscard_ int judged_write(Store *store, const Judged *judged);

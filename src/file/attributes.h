/* SPDX-License-Identifier: MIT */
#pragma once

/* FileAttributes: what a file is besides its content: owner, mode, times, extended attributes.
 *
 * POSIX ACLs and SELinux labels are extended attributes to the kernel and travel as such.
 * security.ima and security.evm sign the content and never move to a changed file. */

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fault.h"
#include "file/digest.h"

typedef struct Xattr {
        char *name;
        void *value;
        size_t size; /* of the value, in bytes */
} Xattr;

typedef struct FileAttributes {
        mode_t mode; /* permission bits with set-uid, set-gid, sticky; no file type */
        uid_t uid;
        gid_t gid;
        struct timespec atime, mtime;
        Xattr *xattrs; /* owned */
        size_t xattr_count;
} FileAttributes;

/* Reads them from an open file. */
_nodiscard_ int file_attributes_read(int fd, FileAttributes *ret, Fault *fault);

/* Gives them to an open file in the one order that loses nothing: ACL and user attributes, owner
 * (which drops set-uid), mode, security attributes, times. Others that the file has, but security
 * labels, are removed: a default ACL of the directory's may have given it some. An attribute that
 * cannot be set, and is not already what it should be, is an error: REASON_ATTRIBUTES. */
_nodiscard_ int file_attributes_apply(const FileAttributes *attributes, int fd, Fault *fault);

/* Adds a copy of one extended attribute. -ENOMEM. */
_nodiscard_ int file_attributes_add_xattr(FileAttributes *attributes, const char *name,
                                          const void *value, size_t size);

/* Whether owner, mode, mtime and extended attributes, in any order, are the same; atime, which
 * reading changes, is not compared. */
bool file_attributes_equal(const FileAttributes *a, const FileAttributes *b);

/* A digest over all of them, atime too; the order of the extended attributes does not matter. It is
 * recorded in files: what goes into it must not change. -ENOMEM, -EIO. */
_nodiscard_ int file_attributes_digest(const FileAttributes *attributes, Digest *ret);

/* A copy of all of them, of its own. -ENOMEM. */
_nodiscard_ int file_attributes_copy(const FileAttributes *attributes, FileAttributes *ret);
void file_attributes_done(FileAttributes *attributes);

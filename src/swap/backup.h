/* SPDX-License-Identifier: MIT */
#pragma once

/* Backup: the files in another patcher's backup directory that have a target's name, or one with an
 * ending as ".bak", at any depth.
 * The directory is only read, and nothing in it is believed: no symbolic link is followed, and what
 * is no regular file is not opened. */

#include "base/fault.h"
#include "host/role.h"

#define BACKUP_DEPTH_MAX   16U
#define BACKUP_FILES_MAX   256U   /* of a target's name */
#define BACKUP_ENTRIES_MAX 65536U /* of any name */

typedef struct BackupFile {
        char *path; /* as a person finds it: DIR and the way from there */
        Role role;
        int fd;      /* O_RDONLY; -EBADF when it could not be opened */
        Fault fault; /* why */
} BackupFile;

typedef struct BackupFiles {
        BackupFile *items; /* in the order of their paths */
        size_t count;
} BackupFiles;

/* -ENOENT with REASON_ADOPT_NONE when there is none; REASON_NO_DIRECTORY, REASON_OPEN,
 * REASON_TOO_LARGE. */
_nodiscard_ int backup_find(const char *directory, BackupFiles *ret, Fault *fault);
void backup_files_done(BackupFiles *files);

/* SPDX-License-Identifier: MIT */
#pragma once

/* AtomicFile: a file that is written under a temporary name in its own directory and takes its real
 * name only when it is complete.
 *
 *     _cleanup_(atomic_file_done) AtomicFile file = ATOMIC_FILE_NONE;
 *     r = atomic_file_create(dir_fd, "name", &file);     mode 0600, opened O_RDWR
 *     … write file.fd, give it its attributes …
 *     r = atomic_file_replace(&file);                    fsync, rename, fsync of the directory
 *
 * Dropped before that, it leaves nothing. Killed before that, it leaves one file whose name
 * temporary_name_is() recognises; the next run removes it. VMware's installer names its own
 * temporary files `<name>.XXXX`, so ours cannot be taken for one of them. */

#include <errno.h>
#include <stdbool.h>

#include "base/macros.h"

#define ATOMIC_FILE_MODE 0600U /* until it is given another */

typedef struct AtomicFile {
        int dir_fd; /* borrowed */
        int fd;     /* owned */
        char *name;
        char *temporary_name; /* NULL once nothing is left under it */
} AtomicFile;

#define ATOMIC_FILE_NONE ((AtomicFile){.dir_fd = -EBADF, .fd = -EBADF})

/* `dir_fd` stays the caller's and must outlive the file. */
_nodiscard_ int atomic_file_create(int dir_fd, const char *name, AtomicFile *ret);

/* Makes it durable under its real name, over whatever is there. */
_nodiscard_ int atomic_file_replace(AtomicFile *file);

/* The same under a name that nothing has. -EEXIST when something has it, and that stays. */
_nodiscard_ int atomic_file_place(AtomicFile *file);

/* Only flushes the content (fsync). */
_nodiscard_ int atomic_file_sync(AtomicFile *file);

/* Opens it again, read-only: a file that anybody has open for writing cannot be executed (ETXTBSY),
 * so a program is sealed before it takes its real name. Call it after atomic_file_sync(): it gives
 * the file another temporary name, temporary_name_is_sealed(), which tells the next run that what
 * has it is complete, or came out of an exchange. -ESTALE when another file has taken the temporary
 * name. */
_nodiscard_ int atomic_file_seal(AtomicFile *file);

/* Swaps the real and the temporary name in one step: what was under the real name is now under the
 * temporary one. -EINVAL or -ENOSYS where the file system cannot. */
_nodiscard_ int atomic_file_exchange(AtomicFile *file);

/* Takes the real name by plain rename; nothing is left under the temporary one. */
_nodiscard_ int atomic_file_rename(AtomicFile *file);

/* Removes what is under the temporary name. */
_nodiscard_ int atomic_file_unlink(AtomicFile *file);

/* Leaves what is under the temporary name alone: for the next run to judge. */
void atomic_file_forget(AtomicFile *file);

/* Closes it, and removes what is under the temporary name, if anything is. */
void atomic_file_done(AtomicFile *file);

/* Whether `entry` is a temporary name made for `name`; with `name` NULL, for any name. */
bool temporary_name_is(const char *entry, const char *name);

/* Whether a temporary name is that of a sealed file. */
bool temporary_name_is_sealed(const char *entry);

/* Whether the directory has such a name: 1 or 0, or -errno. */
_nodiscard_ int temporary_names_exist(int dir_fd);

/* Removes all files of temporary names made for `name`, with NULL for any name, in the directory
 * and returns how many; a directory of such a name is nobody's leftover. Only while nobody is
 * writing there. */
_nodiscard_ int temporary_names_remove(int dir_fd, const char *name);

/* SPDX-License-Identifier: MIT */
#pragma once

/* VmFiles: a virtual machine's directory: its .vmx, VMware's lock beside it, and vmware.log. */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "doctor/vm.h"

typedef struct VmFiles {
        int dir_fd;       /* of the .vmx, links followed; owned */
        char *name;       /* of the .vmx in there */
        char *path;       /* as it was given; in a directory that was given, its one .vmx */
        char *text;       /* of the .vmx */
        size_t size;      /* of it, in bytes */
        struct stat stat; /* of the .vmx when it was read */
        char *log;        /* the end of vmware.log, without NUL bytes; NULL when there is none */
        char *log_path;   /* where it is, or would be */
        struct timespec log_time; /* when it was last written */
        bool was_started;         /* VMware left an .nvram or a log of an earlier start */
} VmFiles;

#define VM_FILES_NONE ((VmFiles){.dir_fd = -EBADF})

/* Reads them. REASON_OPEN, REASON_DANGLING_LINK, REASON_READ, REASON_VMX (no regular file, or
 * larger than DICTIONARY_SIZE_MAX), REASON_VMX_DIRECTORY (a directory with no .vmx: -ENOENT, or
 * several: -ENOTUNIQ), -ENOMEM. */
_nodiscard_ int vm_files_read(const char *path, VmFiles *ret, Fault *fault);
void vm_files_done(VmFiles *files);

/* What changed after its log was last written. */
LogAge vm_files_log_age(const VmFiles *files, const struct timespec *vmware_changed);

/* Whether VMware has the machine locked: it runs, or is open in VMware's window. */
bool vm_files_are_locked(const VmFiles *files);

/* Replaces the .vmx by `text` in one step, with the owner, mode and attributes it has; what it was
 * stays beside it as NAME.orig, or NAME.orig.2 and so on; `*ret_kept` (a new string) is its path.
 * REASON_VM_RUNS while it is locked, REASON_CHANGED when it is no longer what was read. */
_nodiscard_ int vm_files_write(const VmFiles *files, const char *text, size_t size, char **ret_kept,
                               Fault *fault);

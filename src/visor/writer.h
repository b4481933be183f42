/* SPDX-License-Identifier: MIT */
#pragma once

/* Writing a boot module: gzip around a visor tar, or around plain ustar for old releases. The same
 * files give the same bytes. */

#include <sys/types.h>

#include "base/fault.h"
#include "base/span.h"
#include "file/mapping.h"
#include "visor/header.h"

/* One file; what it points to is borrowed. Owner and group are root. */
typedef struct ModuleFile {
        const char *path; /* below the root */
        mode_t mode;      /* permissions, set-uid among them */
        Span content;     /* with a `source` its size counts alone */
        const void *source;
} ModuleFile;

/* Gives the bytes of a file with a source when it is their turn: one at a time is in memory. */
typedef int ModuleOpen(const void *source, Mapping *ret, Fault *fault);

#define MODULE_DIRECTORY_MODE 0755U

/* Whether the path fits into a header: -ENAMETOOLONG with REASON_MODULE_NAME. */
_nodiscard_ int module_path_fits(const char *path, Fault *fault);

/* Writes a module of `files` at the position of `fd`. They must ascend by path and have none twice;
 * the directories above them become entries before them. `mtime`: of all entries, seconds. `open`
 * may be NULL where no file has a source. REASON_MODULE_NAME, REASON_MODULE_BOUNDS with -EFBIG,
 * REASON_WRITE; REASON_CHANGED when a source has not the size that was given; what `open` fails
 * with. */
_nodiscard_ int module_write(int fd, ModuleFormat format, const ModuleFile *files, size_t count,
                             uint64_t mtime, ModuleOpen *open, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Inspection: one target opened, mapped and judged. Changes nothing. */

#include <stdbool.h>
#include <sys/stat.h>

#include "file/digest.h"
#include "file/mapping.h"
#include "host/installation.h"
#include "patch/verdict.h"

typedef struct Inspection {
        const Target *target; /* borrowed */
        Subject subject;      /* what it must hold; SUBJECT_NONE: anything */
        int fd;               /* O_RDONLY; -EBADF unless it is a file that could be opened */
        struct stat stat;     /* when it was opened */
        Mapping mapping;
        Verdict verdict; /* state and, when unknown, why; borrows from the mapping */
        Digest digest;   /* of the whole content, once digest_known */
        bool digest_known;
        bool digest_recalled; /* from a list that is only shown or searched by, not by reading */
} Inspection;

#define INSPECTION_NONE \
        ((Inspection){.fd = -EBADF, .mapping = MAPPING_NONE, .verdict = VERDICT_NONE})

/* What `target` is now. A file that is absent, cannot be opened or changes meanwhile is a result
 * too (its verdict says so); negative only for -ENOMEM. The target must outlive the inspection. */
_nodiscard_ int inspection_open(const Target *target, Inspection *ret);

/* The same for a file of no role, which may hold anything that is known. */
_nodiscard_ int inspection_open_any(const Target *target, Inspection *ret);
void inspection_done(Inspection *inspection);

/* One for each role of an installation. */
typedef struct Inspections {
        Inspection of[_ROLE_MAX];
} Inspections;

#define INSPECTIONS_NONE ((Inspections){{[0 ... _ROLE_MAX - 1] = INSPECTION_NONE}})

void inspections_done(Inspections *inspections);

/* Reads the whole file once and fills `digest`; nothing to do when it is known. -EAGAIN with
 * REASON_CHANGED when the file is no longer the one that was judged. */
_nodiscard_ int inspection_digest(Inspection *inspection, Fault *fault);

/* The same, also where the digest that is known was only recalled. */
_nodiscard_ int inspection_read_digest(Inspection *inspection, Fault *fault);

/* The same as inspection_digest() of several at once, which is faster. The first that fails is
 * told; the others have their digest all the same. */
_nodiscard_ int inspections_digest(Inspection *const *inspections, size_t count, Fault *fault);

/* Whether the inode is as it was when it was judged: size, mtime, ctime, mode, owner. */
bool inspection_is_current(const Inspection *inspection);

/* What a file in this role must hold. */
Subject subject_of_role(Role role);

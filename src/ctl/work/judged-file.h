/* SPDX-License-Identifier: MIT */
#pragma once

/* Binary: one file from the command line, opened, mapped and judged. It is only read. */

#include "base/fault.h"
#include "file/digest.h"
#include "file/mapping.h"
#include "image/image.h"
#include "patch/verdict.h"

typedef struct Binary {
        Mapping mapping;
        Digest digest;
        Image *image;    /* NULL when it is of no known format */
        Verdict verdict; /* borrows from the mapping */
} Binary;

#define BINARY_NONE ((Binary){.mapping = MAPPING_NONE, .verdict = VERDICT_NONE})

/* REASON_OPEN, REASON_NOT_REGULAR, REASON_TOO_LARGE, REASON_READ; REASON_CHANGED when it shrank
 * while it was read. A file that is nothing known is a result. */
_nodiscard_ int binary_open(const char *path, Binary *ret, Fault *fault);
void binary_done(Binary *binary);

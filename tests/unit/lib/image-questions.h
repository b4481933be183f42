/* SPDX-License-Identifier: MIT */
#pragma once

/* ImageQuestions: all that can be asked of a file, which may be damaged: whatever it answers must
 * lie in it. The file is copied to a block of exactly its size, so that a sanitizer sees every byte
 * read too many. */

#include "base/reason.h"
#include "base/span.h"

typedef struct ImageQuestions {
        uint64_t pointers;      /* address from where on every fourth is asked for a pointer */
        uint64_t pointers_size; /* in bytes */
        uint64_t values[2];     /* that are searched for, with 0 */
        bool no_plan;           /* the file holds nothing to patch */
} ImageQuestions;

/* Opens `bytes` and, when that succeeds, asks everything; judges them, too. Why they cannot be
 * opened, or REASON_NONE. What must hold is CHECKed. */
Reason image_ask(Span bytes, const ImageQuestions *questions);

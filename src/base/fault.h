/* SPDX-License-Identifier: MIT */
#pragma once

/* Fault: why an operation did not succeed, carried upward without printing anything.
 *
 * Functions return a negative errno; where that says too little they also fill the Fault their
 * caller handed in (which may be NULL). Only ctl turns it into words, through reason_text(). A
 * Fault is a plain value and owns nothing. The whole theory of errors stands in HACKING.md. */

#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"

#define FAULT_NO_OFFSET UINT64_MAX

typedef struct Fault {
        Reason reason;     /* REASON_NONE when nothing failed */
        int error;         /* errno value behind it, positive; 0 where there is none */
        uint64_t offset;   /* file offset in bytes where it was seen, or FAULT_NO_OFFSET */
        uint64_t missing;  /* bytes to be freed at the subject; 0 where that is not the trouble */
        const char *todo;  /* advice in place of the reason's own, static; NULL: none */
        char subject[256]; /* the file, table, row or setting it is about; may be cut off */
        char remark[128];  /* what else is to be known of the subject; "": nothing */
} Fault;

#define FAULT_NONE ((Fault){.reason = REASON_NONE, .offset = FAULT_NO_OFFSET})

/* Fills `fault` (NULL is allowed; REASON_WRITE becomes the sharper reason that the errno tells,
 * REASON_NO_DIRECTORY becomes REASON_OPEN unless it is ENOENT or ENOTDIR) and returns `error`, a
 * negative errno, so that a function can end in `return fault_set(…)`. `format` makes the subject.
 */
_printf_(4, 5) int fault_set(Fault *fault, int error, Reason reason, const char *format, ...);

/* What else is to be known of the subject, in a fault that is set; NULL is allowed. */
_printf_(2, 3) void fault_remark(Fault *fault, const char *format, ...);

/* The same as fault_set(), with the file offset in bytes where the trouble was seen. */
_printf_(5, 6) int fault_set_at(Fault *fault, int error, Reason reason, uint64_t offset,
                                const char *format, ...);

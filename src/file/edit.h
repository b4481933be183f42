/* SPDX-License-Identifier: MIT */
#pragma once

/* Edit: one run of bytes in a file, as it is and as it shall be. Plans are made of edits, receipts
 * remember them, and nothing else ever changes a target. */

#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"
#include "file/digest.h"

#define EDIT_SIZE_MAX 32U /* the value of an OSK row is the longest */

typedef struct Edit {
        uint64_t offset; /* file offset in bytes */
        uint8_t size;    /* 1 to EDIT_SIZE_MAX */
        uint8_t before[EDIT_SIZE_MAX];
        uint8_t after[EDIT_SIZE_MAX];
        char why[48]; /* for people: "V0 OSK0 value" */
} Edit;

/* Edits in ascending order of offset, none touching another; owns its array. Start with {}. */
typedef struct Edits {
        Edit *items;
        size_t count;
} Edits;

/* Adds a copy at its place. -EEXIST when it overlaps one that is there, -EINVAL when its size is
 * wrong or it changes nothing, -ENOMEM. */
_nodiscard_ int edits_add(Edits *edits, const Edit *edit);
void edits_done(Edits *edits);
_nodiscard_ int edits_copy(const Edits *edits, Edits *ret);

/* Whether both make the same changes, whatever is said of them. */
bool edits_equal(const Edits *a, const Edits *b);

/* Whether every edit lies inside `bytes` and finds its `before` there. -ERANGE, -EILSEQ. */
_nodiscard_ int edits_match(const Edits *edits, Span bytes);

/* Changes `bytes` in place; call edits_match() first. */
void edits_apply(const Edits *edits, uint8_t *bytes, size_t size);

/* Writes the `after` bytes into `fd`. */
_nodiscard_ int edits_write(const Edits *edits, int fd);

/* Whether the file `changed`, read once from offset 0, is the one with the digest `original` but
 * for the edits: it has their `after`, and with their `before` put back it has that digest.
 * `ret_changed` gets its own. -EILSEQ with REASON_STAGED_DIFFERS, or an I/O error. */
_nodiscard_ int edits_prove(const Edits *edits, int changed, const Digest *original,
                            Digest *ret_changed, Fault *fault);

/* Compares two files of the same size, read from offset 0: every byte outside the edits equal, and
 * inside them exactly `before` in `original` and `after` in `changed`. Reads each once, in steps.
 * -EILSEQ at the first difference with REASON_STAGED_DIFFERS, or an I/O error. */
_nodiscard_ int edits_verify(const Edits *edits, int original, int changed, Fault *fault);

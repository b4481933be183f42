/* SPDX-License-Identifier: MIT */
#pragma once

/* Receipt: what was done to one file. Original + edits = patched file.
 *
 *     { "format": 1, "paths": ["usr/lib/vmware/bin/vmware-vmx"], "role": "vmx",
 *       "product": …, "version": …, "build": …,          text, or null when unknown
 *       "size": 25000000, "sha256_before": …, "sha256_after": …, "completed": false,
 *       "archive": …,                                    of the original; may be missing
 *       "sha256": …,                                     of the receipt itself; may be missing
 *       "tool_version": …, "patched_at": 1750000000,      seconds since the epoch
 *       "edits": [{"offset": …, "before": hexadecimal, "after": hexadecimal, "why": …}, …] } */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "file/digest.h"
#include "file/edit.h"
#include "store/build.h"
#include "store/document.h"

typedef struct Receipt {
        Texts paths; /* where such a file was patched, from the root, no leading slash */
        char *role;
        Build build;
        uint64_t size; /* in bytes, the same before and after */
        Digest before, after;
        bool completed; /* `before` was partial: no original was ever seen */
        char *archive;  /* the name of the one that holds the original; NULL: not recorded */
        bool checked;   /* its own digest was recorded, and is right; not written */
        Edits edits;
        char *tool_version;
        int64_t patched_at; /* seconds since the epoch */
} Receipt;

void receipt_done(Receipt *receipt);

/* A digest over what is believed of a receipt: size, role, digests, archive and edits; not what is
 * only for people, nor the paths, which come together from several. It is recorded in receipts:
 * what goes into it must not change. -ENOMEM, -EIO. */
_nodiscard_ int receipt_digest(const Receipt *receipt, Digest *ret);

/* The receipt that a document holds. Everything in it is checked: digests, its own among them,
 * offsets, sizes, hexadecimal bytes, paths; edits ascend and do not overlap. Members that are not
 * known are passed over. -EBADMSG, -ENOMEM. */
_nodiscard_ int receipt_from_document(const Document *document, Receipt *ret);

/* The document of a receipt, with those of `older_paths` that it lacks. -ENOMEM, -EIO. */
_nodiscard_ int receipt_to_document(const Receipt *receipt, const Texts *older_paths,
                                    Document **ret);

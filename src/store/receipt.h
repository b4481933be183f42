/* SPDX-License-Identifier: MIT */
#pragma once

/* Receipt: what was done to one file: receipts/<digest>.json, named after the SHA-256 of the
 * patched content, so that it can never speak of other bytes. Original + edits = patched file.
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
#include "store/store.h"

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

/* Durable. Where one for the same digest exists, the paths of both are kept. One that could not be
 * read again (no path, no edits, edits outside the size, too large, …) is -EINVAL. Needs the lock.
 */
_nodiscard_ int receipt_write(Store *store, const Receipt *receipt, Fault *fault);

/* -ENOENT with REASON_RECEIPT_NONE, -EBADMSG with REASON_RECEIPT_READ. Everything in the file is
 * checked: digests, its own among them, offsets, sizes, hexadecimal bytes, paths; edits ascend and
 * do not overlap.
 * Members that are not known are passed over. */
_nodiscard_ int receipt_read(const Store *store, const Digest *after, Receipt *ret, Fault *fault);

/* The digests of all receipts by name, ascending; malformed names are passed over. */
_nodiscard_ int receipt_list(const Store *store, Digest **ret, size_t *ret_count, Fault *fault);

_nodiscard_ int receipt_remove(Store *store, const Digest *after, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Receipts: the files of the store that hold them: receipts/<digest>.json, named after the SHA-256
 * of the patched content, so that one can never speak of other bytes. */

#include <stddef.h>

#include "base/fault.h"
#include "file/digest.h"
#include "store/receipt.h"
#include "store/store.h"

/* Durable. Where one for the same digest exists, the paths of both are kept. One that could not be
 * read again (no path, no edits, edits outside the size, too large, …) is -EINVAL. Needs the lock.
 */
_nodiscard_ int receipt_write(Store *store, const Receipt *receipt, Fault *fault);

/* -ENOENT with REASON_RECEIPT_NONE, -EBADMSG with REASON_RECEIPT_READ, where it is not sound (see
 * receipt_from_document()) or speaks of other content than its name. */
_nodiscard_ int receipt_read(const Store *store, const Digest *after, Receipt *ret, Fault *fault);

/* The digests of all receipts by name, ascending; malformed names are passed over. */
_nodiscard_ int receipt_list(const Store *store, Digest **ret, size_t *ret_count, Fault *fault);

/* Durable; none of that name is no error. Needs the lock. REASON_WRITE. */
_nodiscard_ int receipt_remove(Store *store, const Digest *after, Fault *fault);

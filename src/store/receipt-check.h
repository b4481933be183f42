/* SPDX-License-Identifier: MIT */
#pragma once

#include "store/receipt.h"

/* A digest over what is believed of a receipt: size, role, digests, archive and edits; not what is
 * only for people, nor the paths, which come together from several. It is recorded in receipts:
 * what goes into it must not change. -ENOMEM, -EIO. */
_nodiscard_ int receipt_digest(const Receipt *receipt, Digest *ret);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Exchange: puts a complete staged copy in a target's place so that no write of anybody is lost.
 *
 *     target ── original inode          target ── staged inode
 *     temp   ── staged inode      →     temp   ── what came out
 *
 * RENAME_EXCHANGE swaps both names in one step, so what came out can be looked at: the very inode
 * that was read, unchanged, is removed; anything else (an installer was faster) goes back. Where
 * the file system cannot exchange, a last look and a plain rename serve. */

#include "base/fault.h"
#include "exchange/inspection.h"
#include "exchange/lease.h"
#include "file/atomic-file.h"

/* `staged` is complete, verified and synced; `inspection` is the live file it was made from. On
 * success the target's name is durable. -EAGAIN with REASON_CHANGED when the target is not, or did
 * not stay, the file that was inspected: it is then as somebody else left it. */
_nodiscard_ int exchange_with_target(AtomicFile *staged, const Inspection *inspection,
                                     const Lease *lease, Fault *fault);

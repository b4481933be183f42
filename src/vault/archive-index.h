/* SPDX-License-Identifier: MIT */
#pragma once

/* ArchiveIndex: what the manifests of a store's archives say, each with what stat() said of its
 * archive when it was read, so that a store of many archives can be shown without opening them all.
 * For what is shown alone: what is written, removed or given back is decided by the archives.
 *
 * A file of the store, "index": the SHA-256 of all lines below it, then for each archive a line,
 * and a line for each of its originals, of words with tabs between them. The digests of attributes
 * are not in it. It is not made durable; one that is lost, damaged, or could have been written by
 * others than the store's owner is empty. */

#include "vault/vault.h"

/* What the store's index has, in no order; empty where it cannot be read. -ENOMEM. */
_nodiscard_ int archive_index_read(const Store *store, Archives *ret);

/* Writes the index of `archives`, which were just listed, where it would say something new. A store
 * of few archives gets none. Left out are archives that not everybody may read, those that changed
 * within the last seconds, for a later change could leave the same status, and those with control
 * characters in a text. Needs the lock. -errno; nothing depends on it. */
_nodiscard_ int archive_index_renew(Store *store, const Archives *archives);

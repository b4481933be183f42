/* SPDX-License-Identifier: MIT */
#pragma once

/* Writer: an archive of originals on its way: manifest, originals ascending by path, then the
 * proof, then its name.
 *
 *     writer_new(store, &archive, &writer, …)
 *     writer_add(writer, &archive.originals[i], fd, …)      for each of them, in their order
 *     writer_seal(writer, mode, …), then read writer_fd(writer) and compare
 *     writer_commit(writer, …)
 *
 * Dropped before that, it leaves nothing. Memory does not grow with what is written. */

#include <stdbool.h>
#include <sys/types.h>

#include "vault/vault.h"

typedef struct Writer Writer;

/* What follows ".tar." in the name of an archive: "zst" where libarchive has it, else "gz". */
const char *writer_suffix(void);

/* Begins originals/`archive->name` under a temporary name and writes the manifest. `archive` stays
 * the caller's and must outlive it. REASON_VAULT_WRITE.
 *
 * With `threaded`, other threads compress; where libarchive got none, this or what follows fails
 * with -ECHILD, and all has to be begun again without. */
_nodiscard_ int writer_new(const Store *store, const Archive *archive, bool threaded, Writer **ret,
                           Fault *fault);
void writer_free(Writer *writer);
DEFINE_FREEP(Writer, writer_free);

/* Adds an original, its bytes from offset 0 of `fd`. -EAGAIN with REASON_CHANGED when the size is
 * not that of `original`; REASON_READ, REASON_VAULT_WRITE. Its digest is for the proof to check. */
_nodiscard_ int writer_add(Writer *writer, const Original *original, int fd, Fault *fault);

/* Ends it and flushes it; nothing can be added any more. REASON_VAULT_WRITE. */
_nodiscard_ int writer_seal(Writer *writer, mode_t mode, Fault *fault);

/* The sealed archive, O_RDONLY, at offset 0. Borrowed. */
int writer_fd(const Writer *writer);

/* Gives it its name, over what was there, durably. REASON_VAULT_WRITE. */
_nodiscard_ int writer_commit(Writer *writer, Fault *fault);

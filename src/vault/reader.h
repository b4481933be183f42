/* SPDX-License-Identifier: MIT */
#pragma once

/* Reader: an archive of originals, read entry by entry and believed in nothing: only regular files,
 * only those of the manifest, in its order, of its sizes. Nothing is ever written but into the fd
 * that the caller gives. */

#include "vault/vault.h"

typedef struct Reader Reader;

/* Opens originals/`name` and reads the manifest, whose set must be the one that the name tells.
 * REASON_VAULT_READ, REASON_VAULT_MANIFEST. */
_nodiscard_ int reader_open(const Store *store, const char *name, Reader **ret, Fault *fault);
/* The same of an archive that is to get this name: `fd`, at offset 0, is read and stays the
 * caller's. */
_nodiscard_ int reader_open_fd(int fd, const char *name, Reader **ret, Fault *fault);
void reader_free(Reader *reader);
DEFINE_FREEP(Reader, reader_free);

/* What the manifest says; its name and file size are set. Borrowed. */
const Archive *reader_archive(const Reader *reader);

/* Goes to the next entry, which must be what the manifest says: 1 and the original, 0 at a proper
 * end, -EBADMSG with REASON_VAULT_MANIFEST. */
_nodiscard_ int reader_next(Reader *reader, const Original **ret, Fault *fault);

/* The attributes of the present entry, checked against their digest; owned by the caller.
 * REASON_VAULT_DIGEST, REASON_VAULT_MANIFEST. */
_nodiscard_ int reader_attributes(const Reader *reader, FileAttributes *ret, Fault *fault);

/* Reads the content of the present entry, writes it to `fd` unless that is negative, and checks
 * size and digest. REASON_VAULT_DIGEST, REASON_VAULT_READ, REASON_WRITE. */
_nodiscard_ int reader_content(Reader *reader, int fd, Fault *fault);

/* Begins to read what comes behind the present entry by another thread, some MiB ahead, where there
 * is one: once the present content was read, and before the next reader_next(). */
void reader_read_ahead(Reader *reader);

/* Reads all that is left to the end of the archive, and proves it. With `wanted` (may be NULL) the
 * attributes of each original must be those of the same path there too (REASON_VAULT_DIGEST); with
 * `equal` (may be NULL; one for each original of the archive) they may differ, and it tells which
 * do not. */
_nodiscard_ int reader_prove(Reader *reader, const Archive *wanted, bool *equal, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Extractor: takes originals out of archives, one after the other. It keeps the archive open that
 * it read last, so that originals in the archive's order (by path) cost one pass over it. */

#include "vault/vault.h"

typedef struct Extractor Extractor;

/* `store` stays the caller's and must outlive it. -ENOMEM. */
_nodiscard_ int extractor_new(const Store *store, Extractor **ret);
void extractor_free(Extractor *extractor);
DEFINE_FREEP(Extractor, extractor_free);

/* Begins to read what the archive has behind the original that was extracted last; see
 * reader_read_ahead(). */
void extractor_look_ahead(Extractor *extractor);

/* Writes the content of `original` into the empty file `fd`, checks size and digest, and gives back
 * its attributes (owned by the caller; applying them is the caller's). An archive that was replaced
 * under its name since it was opened is read as it was then. REASON_VAULT_NONE, REASON_VAULT_READ,
 * REASON_VAULT_MANIFEST, REASON_VAULT_DIGEST, REASON_WRITE. */
_nodiscard_ int extractor_extract(Extractor *extractor, const Archive *archive,
                                  const Original *original, int fd, FileAttributes *ret_attributes,
                                  Fault *fault);

/* Whether the archive that is open is `archive`, and every original of it was extracted since it
 * was opened; looks that nothing comes after the last one. Then it has been read as vault_check()
 * would read it. It is closed then. */
bool extractor_proves(Extractor *extractor, const Archive *archive);

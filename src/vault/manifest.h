/* SPDX-License-Identifier: MIT */
#pragma once

/* Manifest: the first entry of an archive: which build it is of and what follows. */

#include "vault/vault.h"

#define MANIFEST_PATH STORE_PATH "/manifest.json"
#define MANIFEST_MAX  (1024U * 1024U) /* bytes */
#define ORIGINALS_MAX 64U             /* in one archive */

#define SERIAL_MAX (UINT64_C(1) << 53)

#define ORIGINAL_SIZE_MAX (UINT64_C(4) << 30) /* bytes; no larger file is ever looked at */

/*     { "format": 1, "product": …, "version": …, "build": …, "created": seconds since the epoch,
 *       "serial": 1,                      of the archive in its store; may be missing
 *       "originals": [{"path": …, "role": …, "size": bytes, "sha256": …,
 *                      "attributes_sha256": …}, …] }
 *
 * Fills build, created and originals of `ret`. Paths are relative, without "." and "..", ascending
 * and unique. -EBADMSG, -ENOMEM. */
_nodiscard_ int manifest_parse(const char *text, size_t size, Archive *ret);

/* The text for an archive (owned by the caller). -ENOMEM. */
_nodiscard_ int manifest_format(const Archive *archive, char **ret, size_t *ret_size);

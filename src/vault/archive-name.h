/* SPDX-License-Identifier: MIT */
#pragma once

/* ArchiveName: <label>-<digits>.tar.zst (or .tar.gz). The label is for people: product, version and
 * build in [a-z0-9._-], "vmware" when nothing is known. The digits are the set's: the first 12 of
 * the SHA-256 over the lines "<sha256>  <path>\n" of its originals, ascending by path. */

#include "vault/vault.h"

#define ARCHIVE_DIGITS 12U

/* The digits of the originals of `archive`. -ENOMEM. */
_nodiscard_ int archive_name_digits(const Archive *archive, char ret[static ARCHIVE_DIGITS + 1]);

/* The whole name; `suffix` is what follows ".tar.". Owned by the caller. -ENOMEM. */
_nodiscard_ int archive_name_make(const Archive *archive, const char *suffix, char **ret);

/* Whether a file name has this form, and its digits. */
bool archive_name_parse(const char *name, char ret[static ARCHIVE_DIGITS + 1]);

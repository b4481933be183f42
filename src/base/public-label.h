/* SPDX-License-Identifier: MIT */
#pragma once

/* Public label: what of a name or a version from outside may be posted. Versions and names of
 * systems are typed in by people and by companies, who put names of hosts, users and machines into
 * them; so only words that are known, and numbers that are no serial, are kept. */

#include <stddef.h>

#define PUBLIC_LABEL_SIZE 128U

/* Each word of `text` up to its first part that may not be posted, which becomes "*". Cut off where
 * `ret` is too small; "not known" for NULL. */
void public_label(const char *text, char ret[static PUBLIC_LABEL_SIZE]);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Spelling: any bytes but NUL as UTF-8, and back, with nothing lost. It is for JSON, which has
 * characters only, while a path may hold any bytes.
 *
 *     UTF-8                             stays
 *     a byte that is in no character    U+FFFD and its two digits in lower-case hexadecimal
 *     U+FFFD itself                     byte by byte, as if it were none: U+FFFD ef U+FFFD bf ...
 *
 * Read back, U+FFFD and the digits of a byte above 7f are that byte, and any other U+FFFD is
 * itself. */

#include "base/macros.h"

/* A new string in `*ret`, owned by the caller; NULL stays NULL. -ENOMEM. */
_nodiscard_ int spelling_of(const char *bytes, char **ret);

/* The bytes, in place: they are never more than their spelling. */
void spelling_undo(char *spelling);

/* SPDX-License-Identifier: MIT */
#pragma once

/* When the originals were last verified, in words: for `status`, `doctor` and the status line. */

#include "store/verification.h"

/* "originals verified on 2026-11-28", or with what was damaged then ": 1 archive is damaged", in a
 * new string; NULL where they never were. -ENOMEM. */
_nodiscard_ int verification_words(const Verification *verification, char **ret);

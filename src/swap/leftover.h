/* SPDX-License-Identifier: MIT */
#pragma once

/* Leftover: a file under a temporary name beside a target, and what becomes of it. Only what is
 * proved to be ours is removed. */

#include <stdbool.h>

#include "exchange/inspection.h"
#include "swap/session.h"

typedef enum Fate {
        FATE_OURS,  /* nothing is lost with it */
        FATE_BACK,  /* somebody's newer content, which an exchange took from the target's name */
        FATE_STAYS, /* not known */
} Fate;

/* What becomes of `leftover`, whose temporary name is `entry`, beside `target`; both are judged.
 *
 *   it was never sealed (see atomic_file_seal()), so it was not        removed, as if the target
 *     exchanged; a complete stock file that is not in the vault,         had no other name for it
 *     beside a patched target, is put back all the same
 *   it is empty, an original of the vault, the patched form of one,    removed
 *     one of which a receipt tells, what the target is, or is made
 *     into by its plan, or the partial file that the target was
 *   another one beside a target that we patched                        put back
 *   anything else                                                      stays, and is told
 *
 * -ENOMEM. */
_nodiscard_ int leftover_judge(const Session *session, const char *entry, Inspection *leftover,
                               Inspection *target, Fate *ret);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Recovery: what a killed run may have left beside a target, and what becomes of it.
 *
 *   the temporary name holds …                                  then it is
 *   an unfinished or unused staged copy (mode 0600, or the      removed
 *     target is not patched)
 *   the original that came out, and it is in the vault          removed
 *   a partial file that came out after being completed          removed
 *   a complete stock file that is not in the vault, beside a    put back: somebody changed it in
 *     patched target                                             the instant of the exchange
 */

#include <stdbool.h>

#include "swap/session.h"

/* Repairs the directories of all targets. Needs the store's lock, so that no other run's temporary
 * files are taken for leftovers. */
_nodiscard_ int recover_targets(Session *session, Fault *fault);

/* Whether there may be something to repair, beside the targets or in the store. Changes nothing and
 * needs no lock: what it sees may be another run's. */
bool recovery_is_due(const Session *session);

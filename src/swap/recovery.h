/* SPDX-License-Identifier: MIT */
#pragma once

/* Recovery: what a killed run may have left beside a target: removed, put back or told; leftover.h
 * has the rules. */

#include <stdbool.h>

#include "swap/session.h"

/* Repairs the directories of all targets, and remembers in the session what was not ours. Needs the
 * store's lock, so that no other run's temporary files are taken for leftovers. */
_nodiscard_ int recover_targets(Session *session, Fault *fault);

/* Whether there may be something to repair, beside the targets or in the store. Changes nothing and
 * needs no lock: what it sees may be another run's. */
bool recovery_is_due(const Session *session);

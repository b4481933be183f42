/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "file/root.h"

/* Waits, `limit_ms` at most, until no run of the service is due or under way. 1 where no unit
 * starts one, so that there is nothing to wait for. -ETIMEDOUT with REASON_CHANGED, or
 * REASON_INSTALLER_RUNS. */
_nodiscard_ int service_wait(const Root *root, int64_t limit_ms, Fault *fault);

/* Whether a run of the service is due or under way, and a unit starts it. */
bool service_is_busy(const Root *root);

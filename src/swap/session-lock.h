/* SPDX-License-Identifier: MIT */
#pragma once

/* The lock of a session: from here on it may write. */

#include "base/fault.h"
#include "store/store.h"
#include "swap/session.h"

/* Demands trust, takes the store's lock (see store_lock()), repairs what an interrupted run left,
 * and looks at the installations and archives again: both may have changed while it waited. */
_nodiscard_ int session_lock(Session *session, int timeout_ms, store_waiting waiting, void *context,
                             Fault *fault);

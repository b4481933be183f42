/* SPDX-License-Identifier: MIT */

#include "swap/session-lock.h"
#include "swap/recovery.h"
#include "vault/archive-index.h"

int session_lock(Session *session, int timeout_ms, store_waiting waiting, void *context,
                 Fault *fault)
{
        int r = store_lock(session->store, timeout_ms, waiting, context, fault);

        if (r < 0)
                return r;
        r = store_clean(session->store, fault);
        if (r < 0)
                return r;
        r = session_find_installations(session, fault);
        if (r < 0)
                return r;
        r = session_demand_trust(session, fault);
        if (r < 0)
                return r;
        r = session_read_archives(session, fault);
        if (r < 0)
                return r;
        (void)!archive_index_renew(session->store, &session->archives);
        return recover_targets(session, fault);
}

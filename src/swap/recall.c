/* SPDX-License-Identifier: MIT */

#include "swap/recall.h"

const Judged *recall_known(Session *session)
{
        if (!session->judged_known)
                judged_read(session->store, &session->judged);
        session->judged_known = true;
        return &session->judged;
}

void recall_keep(Session *session, const InstallationResult *result)
{
        bool any = false;

        for (Role role = 0; role < _ROLE_MAX; role++)
                any |= result->targets[role].placed_known;
        if (!any)
                return;

        /* Another run may have written it before this one had the lock. */
        session->judged_known = false;
        (void)recall_known(session);
        any = false;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];

                if (target->placed_known)
                        any |= judged_add(&session->judged, &target->placed, &target->digest_after);
        }
        if (any)
                (void)!judged_write(session->store, &session->judged);
}

void recall_digest(const Judged *judged, Inspection *inspection)
{
        if (inspection->fd >= 0 && !inspection->digest_known)
                inspection->digest_known = inspection->digest_recalled =
                        judged_find(judged, &inspection->stat, &inspection->digest);
}

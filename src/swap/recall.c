/* SPDX-License-Identifier: MIT */

#include "swap/recall.h"

void recall_keep(Session *session, const InstallationResult *result)
{
        Judged judged;
        bool any = false;

        judged_read(session->store, &judged);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];

                if (target->placed_known)
                        any |= judged_add(&judged, &target->placed, &target->digest_after);
        }
        if (any)
                (void)!judged_write(session->store, &judged);
}

void recall_digest(const Judged *judged, Inspection *inspection)
{
        if (inspection->fd >= 0 && !inspection->digest_known)
                inspection->digest_known =
                        judged_find(judged, &inspection->stat, &inspection->digest);
}

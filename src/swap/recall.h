/* SPDX-License-Identifier: MIT */
#pragma once

/* What a run knows of the files it put in place, kept for `status` and `list`: store/judged.h. */

#include "exchange/inspection.h"
#include "store/judged.h"
#include "swap/result.h"
#include "swap/session.h"

/* The list, which is read once in a session. */
const Judged *recall_known(Session *session);

/* Keeps the digests of what the run put in place. Needs the lock; a failure means only that files
 * are read again. */
void recall_keep(Session *session, const InstallationResult *result);

/* The digest of an open file without reading it, where it is kept: for what is only shown, and for
 * where to look first for what is then proved. */
void recall_digest(const Judged *judged, Inspection *inspection);

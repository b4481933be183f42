/* SPDX-License-Identifier: MIT */
#pragma once

/* Keeping the originals of an installation: all in one archive, so that it holds the whole build.
 * Where that fails, each as far as it can be kept. */

#include "exchange/inspection.h"
#include "swap/result.h"
#include "swap/session.h"

/* Keeps the original of each stock file among `inspections`. One that cannot be read is left out,
 * and the rest is kept together; where the archive cannot be written, each is tried in one of its
 * own. What is not kept then has its failure in `result`, if it is `wanted`, and must not be
 * patched.
 *
 * `ret` tells where they are, the result's archive is the last one of them. Negative when there was
 * something to keep and the store took nothing. */
_nodiscard_ int originals_keep(Session *session, const Installation *installation,
                               Inspections *inspections, const bool wanted[static _ROLE_MAX],
                               const KeepMeanwhile *meanwhile, InstallationResult *result,
                               Keeps *ret, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* The guest list of libvmwarebase: found, judged, planned. */

#include "base/fault.h"
#include "file/edit.h"
#include "image/image.h"
#include "patch/gos-types.h"
#include "patch/state.h"

/* -ENOENT with REASON_GOS_NONE or REASON_GOS_STRAY, -EBADMSG with REASON_GOS_READINGS, -ENOMEM. */
_nodiscard_ int gos_find(const Image *image, GosList *ret, Fault *fault);
void gos_list_done(GosList *list);

/* What all of its entries together are: stock, patched, or partial. */
State gos_state(const GosList *list);
/* The edits that show every entry which is hidden. -ENOMEM. */
_nodiscard_ int gos_plan(const GosList *list, Edits *ret, Fault *fault);

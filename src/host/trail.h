/* SPDX-License-Identifier: MIT */
#pragma once

/* Trail: what lies on the way to a path inside a root, symbolic links followed, also where files or
 * directories are not there yet. A change of any of it may change what is found at the path. */

#include "base/text.h"
#include "file/root.h"

/* All are from the root, without leading slash; "" is the root itself. */
typedef struct Trail {
        Texts directories; /* that the way leads through, the root apart; none is a link */
        Texts links;       /* the directories in which links on the way lie */
        char *end;         /* where the path leads */
} Trail;

/* Without permission to look, names are taken for what is no link. -ENOMEM, and -ELOOP after 40
 * links. */
_nodiscard_ int trail_follow(const Root *root, const char *path, Trail *ret);
void trail_done(Trail *trail);

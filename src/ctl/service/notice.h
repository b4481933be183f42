/* SPDX-License-Identifier: MIT */
#pragma once

/* Notice: what a state file (service/state-file.h) has to tell a person at a desk. */

#include <stdbool.h>

#include "base/macros.h"

typedef struct Notice {
        char *key; /* the same for the same state: what was told is not told again; NULL: nothing */
        char *summary, *body;
        bool critical; /* VMware could not be patched */
} Notice;

void notice_done(Notice *notice);

/* Of the text of a state file, "" when there is none. -EBADMSG, -ENOMEM. */
_nodiscard_ int notice_read(const char *text, Notice *ret);

/* Posts it over the session's bus: 1, or 0 where nobody takes it, within `limit_ms`. */
_nodiscard_ int notice_post(const Notice *notice, long limit_ms);

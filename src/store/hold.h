/* SPDX-License-Identifier: MIT */
#pragma once

/* Hold: nothing is patched automatically while "hold" exists in the store, whatever it is. Its one
 * line tells why and since when:
 *
 *     restore by hand since 2026-01-31T12:00:00Z
 *
 * What a person set outlasts this program's package, what a removal of the package set does not. */

#include "base/macros.h"

typedef enum HoldWhy {
        HOLD_NONE,
        HOLD_UNKNOWN, /* its line does not tell: a person's */
        HOLD_BY_HAND,
        HOLD_RESTORE,
        HOLD_REMOVAL, /* restored because the package goes */
        _HOLD_WHY_MAX,
} HoldWhy;

typedef struct Hold {
        HoldWhy why;
        char since[sizeof("2026-01-31T12:00:00Z")]; /* "" when its line does not tell */
} Hold;

/* "unknown", "hold", "restore", "removal"; NULL for HOLD_NONE. */
const char *hold_why_name(HoldWhy why);

/* The same for people: "restore by hand". */
const char *hold_why_text(HoldWhy why);

/* The hold of the store at `dir_fd`, which may be negative: no store. */
Hold hold_read(int dir_fd);

/* Replaces or removes it, flushed. Negative errno. */
_nodiscard_ int hold_write(int dir_fd, HoldWhy why);

/* SPDX-License-Identifier: MIT */
#pragma once

/* State: what a target is, judged from its bytes alone. */

#include <stdbool.h>

typedef enum State {
        STATE_STOCK,   /* every gate closed, as VMware ships it */
        STATE_PATCHED, /* every gate open */
        STATE_PARTIAL, /* some open, or half done */
        STATE_UNKNOWN, /* no table found, or one that contradicts itself */
        STATE_ABSENT,  /* not installed */
        STATE_EMPTY,   /* a file of 0 bytes */
        _STATE_MAX,
} State;

/* "stock", "patched", …: stable, for JSON and the journal. */
const char *state_name(State state);

/* Whether there is a file that could be judged: neither absent nor of 0 bytes. */
bool state_is_of_file(State state);

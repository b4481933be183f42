/* SPDX-License-Identifier: MIT */
#pragma once

/* The tone of a state, the same everywhere. */

#include "ctl/terminal/output.h"
#include "patch/smc.h"
#include "patch/state.h"

static inline Tone tone_of_state(State state)
{
        switch (state) {
        case STATE_PATCHED:
                return TONE_GOOD;
        case STATE_STOCK:
        case STATE_PARTIAL:
                return TONE_WARN;
        case STATE_ABSENT:
        case STATE_EMPTY:
                return TONE_DIM;
        default:
                return TONE_BAD;
        }
}

static inline Tone tone_of_gate(GateState state)
{
        return state == GATE_OPEN ? TONE_GOOD : state == GATE_CLOSED ? TONE_WARN : TONE_BAD;
}

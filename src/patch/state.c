/* SPDX-License-Identifier: MIT */

#include "patch/state.h"
#include "base/macros.h"

const char *state_name(State state)
{
        static const char *const names[] = {
                [STATE_STOCK] = "stock",     [STATE_PATCHED] = "patched",
                [STATE_PARTIAL] = "partial", [STATE_UNKNOWN] = "unknown",
                [STATE_ABSENT] = "absent",   [STATE_EMPTY] = "empty",
        };

        _Static_assert(ARRAY_SIZE(names) == _STATE_MAX, "every state has a name");
        return names[(unsigned)state < _STATE_MAX ? state : STATE_UNKNOWN];
}

bool state_is_of_file(State state)
{
        return state != STATE_ABSENT && state != STATE_EMPTY;
}

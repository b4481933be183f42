/* SPDX-License-Identifier: MIT */

#include "ctl/verbs/by-hand.h"
#include "ctl/service/events.h"

int run_do_and_show(Context *context, const RunOptions *options)
{
        _cleanup_(run_done) Run run = {};
        int r = run_do(context, options, &run);

        if (r < 0)
                return r;
        events_of_run_by_hand(&run);
        r = run_show(context, &run);
        return r < 0 ? r : (int)run.status;
}

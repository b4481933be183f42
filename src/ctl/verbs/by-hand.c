/* SPDX-License-Identifier: MIT */

#include "ctl/verbs/by-hand.h"
#include "ctl/service/events.h"

int job_run_and_show(Context *context, const JobOptions *options)
{
        _cleanup_(job_done) Job job = {};
        int r = job_run(context, options, &job);

        if (r < 0)
                return r;
        events_of_job_by_hand(&job);
        r = job_show(context, &job);
        return r < 0 ? r : (int)job.status;
}

/* SPDX-License-Identifier: MIT */

#include "ctl/terminal/waiting.h"
#include "base/log.h"
#include "ctl/terminal/progress.h"

void say_waiting(pid_t holder, void *context)
{
        progress_end();
        if (holder > 0)
                log_line(LOG_NOTICE, "unlockerctl: waiting for another run (pid %d) to end",
                         (int)holder);
        else
                log_line(LOG_NOTICE, "unlockerctl: waiting for another run to end");
}

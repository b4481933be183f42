/* SPDX-License-Identifier: MIT */

/* Preloaded: the date is OTHER_DAY seconds later, or earlier. Files have their times from the
 * kernel, whose date stays; so it is as if the clock was set after they were written. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static time_t other_day(void)
{
        const char *seconds = getenv("OTHER_DAY");

        return seconds ? (time_t)strtol(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
        int (*next)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
        int r = next(clock, ret);

        if (r == 0 && clock == CLOCK_REALTIME)
                ret->tv_sec += other_day();
        return r;
}

time_t time(time_t *ret)
{
        struct timespec now = {};
        time_t seconds;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        seconds = now.tv_sec;
        if (ret)
                *ret = seconds;
        return seconds;
}

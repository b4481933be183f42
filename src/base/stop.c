/* SPDX-License-Identifier: MIT */

#include "base/stop.h"

static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
        (void)number;
        stop_asked = 1;
}

void stop_listen(void)
{
        struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

        (void)sigaction(STOP_SIGNAL, &action, NULL);
}

bool stop_is_asked(void)
{
        return stop_asked != 0;
}

/* SPDX-License-Identifier: MIT */
#pragma once

/* Stop: the service manager asks a run to end by STOP_SIGNAL, the KillSignal= of the unit. The run
 * ends where it waits; what is being patched is patched first. Any other signal still kills. */

#include <signal.h>
#include <stdbool.h>

#define STOP_SIGNAL SIGINT

/* From now on STOP_SIGNAL is noted. It ends poll(2) and nanosleep(2) early, and no other call. */
void stop_listen(void);

/* Whether it came. */
bool stop_is_asked(void);

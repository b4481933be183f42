/* SPDX-License-Identifier: MIT */
#pragma once

/* Waiting: what is said while another run is waited for. */

#include <sys/types.h>

/* For store_lock() and session_lock(): says on standard error which process is waited for.
 * `context` is unused. */
void say_waiting(pid_t holder, void *context);

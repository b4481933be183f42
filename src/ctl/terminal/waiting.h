/* SPDX-License-Identifier: MIT */
#pragma once

/* Waiting: what is said while another run is waited for. */

#include <sys/types.h>

/* For store_lock() and session_lock(): says on standard error what is waited for, and which process
 * has it. `root` is the path of the root, a const char *. */
void say_waiting(pid_t holder, void *root);

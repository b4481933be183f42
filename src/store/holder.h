/* SPDX-License-Identifier: MIT */
#pragma once

/* Holder: the process that holds the store's lock, as people know it. */

#include <stddef.h>
#include <sys/types.h>

#define HOLDER_WORDS_SIZE 128U

/* "pid 4711: unlockerctl patch --auto" into `ret`; "pid 4711" where this machine does not tell the
 * command, "an unknown process" where `pid` is 0. Cut off where it is longer. */
void holder_words(pid_t pid, char *ret, size_t size);

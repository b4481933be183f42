/* SPDX-License-Identifier: MIT */
#pragma once

/* Room: how much must be freed on a file system that was full. */

#include "base/fault.h"

/* After `error`, a negative errno, when `needed` bytes were to be written below the directory
 * `dir_fd`, which the user knows as `path`: where the disk is full and has less free than that,
 * `fault` (NULL is allowed) becomes REASON_NO_SPACE of the directory, with the bytes that are
 * missing. Another error, a quota, and a lack of inodes leave it as it is. Returns `error`. */
int room_fault(Fault *fault, int error, int dir_fd, const char *path, uint64_t needed);

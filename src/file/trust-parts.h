/* SPDX-License-Identifier: MIT */
#pragma once

/* What trust.c and trust-path.c share. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"

/* Whether this owner is root, the caller, or one that a user namespace does not know. */
bool trust_owner(uid_t uid);

/* Whether others than owner and trusted groups may write the directory `fd`. */
bool trust_may_be_changed(int fd, const struct stat *st);

/* Where the open file `fd` is, as the kernel knows it; for people. */
void trust_path_of(int fd, char *ret, size_t size);

/* Fills `fault`: `path` is not trusted for `reason`, with its owner, group and mode, by name where
 * this machine knows it. -EPERM. */
int trust_refuse(const char *path, const struct stat *st, Reason reason, Fault *fault);

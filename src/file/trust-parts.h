/* SPDX-License-Identifier: MIT */
#pragma once

/* What trust.c and trust-path.c share. */

#include <stdbool.h>
#include <sys/stat.h>

/* Whether this owner is root, the caller, or one that a user namespace does not know. */
bool trust_owner(uid_t uid);

/* Whether others than owner and trusted groups may write the directory `fd`. */
bool trust_may_be_changed(int fd, const struct stat *st);

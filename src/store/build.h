/* SPDX-License-Identifier: MIT */
#pragma once

/* Build: which VMware files come from, as far as it is known. */

#include "base/macros.h"

/* What was installed; strings may be NULL when unknown. */
typedef struct Build {
        char *product; /* "VMware Workstation" */
        char *version; /* "17.6.1": a label for people */
        char *build;   /* "24319023" */
} Build;

/* A copy that owns its strings. -ENOMEM. */
_nodiscard_ int build_copy(const Build *build, Build *ret);
void build_done(Build *build);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Check: one thing that a machine or a virtual machine needs for macOS, and how it stands. */

#include <stddef.h>

#include "base/macros.h"

typedef enum CheckLevel {
        CHECK_OK,
        CHECK_WARNING,
        CHECK_PROBLEM, /* macOS will not run, or not for long */
        _CHECK_LEVEL_MAX,
} CheckLevel;

const char *check_level_name(CheckLevel level); /* "ok", …: stable, for JSON */

typedef struct Check {
        const char *id;   /* "avx2": stable; vmware-unlocker(7) has a paragraph for each */
        CheckLevel level; /* */
        char *fact;       /* what was found; owned */
        const char *todo; /* what to do; NULL when nothing */
} Check;

typedef struct Checks {
        Check *items;
        size_t count;
} Checks;

/* -ENOMEM. */
_nodiscard_ _printf_(5, 6) int checks_add(Checks *checks, const char *id, CheckLevel level,
                                          const char *todo, const char *format, ...);
CheckLevel checks_worst(const Checks *checks);
void checks_done(Checks *checks);

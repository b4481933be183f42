/* SPDX-License-Identifier: MIT */
#pragma once

/* Check: one thing that a computer or a virtual machine needs for macOS, and how it was judged. The
 * table of all checks is in check.c; vmware-unlocker(7) has the same table. */

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "doctor/line-list.h"

typedef enum CheckLevel {
        CHECK_OK,
        CHECK_HINT,    /* macOS runs; it may run better */
        CHECK_WARNING, /* macOS may not run, or not well */
        CHECK_PROBLEM, /* macOS will not run, or not for long */
        _CHECK_LEVEL_MAX,
} CheckLevel;

const char *check_level_name(CheckLevel level); /* "ok", …: stable, for JSON */

typedef enum CheckId {
        /* the computer */
        CHECK_ID_CPU,
        CHECK_ID_AVX2,
        CHECK_ID_VIRTUALIZATION,
        CHECK_ID_NESTED,
        CHECK_ID_VMMON,
        CHECK_ID_VMNET,
        CHECK_ID_HARDWARE,
        CHECK_ID_CONFIG,
        CHECK_ID_PATCHED,
        CHECK_ID_ORIGINALS,
        CHECK_ID_HOLD,
        CHECK_ID_UNIT,
        CHECK_ID_INTEGRITY,

        /* the virtual machine */
        CHECK_ID_KIND,
        CHECK_ID_SUSPENDED,
        CHECK_ID_OPEN,
        CHECK_ID_LINES,
        CHECK_ID_DUPLICATES,
        CHECK_ID_GUEST,
        CHECK_ID_HWVERSION,
        CHECK_ID_FIRMWARE,
        CHECK_ID_SMC,
        CHECK_ID_NETWORK,
        CHECK_ID_GRAPHICS,
        CHECK_ID_MEMORY,
        CHECK_ID_SOCKETS,
        CHECK_ID_MASKS,
        CHECK_ID_LOG,
        _CHECK_ID_MAX,
} CheckId;

const char *check_id_name(CheckId id);   /* "avx2": stable, for JSON */
const char *check_id_manual(CheckId id); /* its paragraph in vmware-unlocker(7) */
bool check_id_is_of_vm(CheckId id);

typedef struct Check {
        CheckId id;
        CheckLevel level;
        char *fact;       /* what was found; owned */
        const char *todo; /* what to do; NULL when nothing */
        const char *file; /* where it was found; NULL when in no file; borrowed */
        unsigned line;    /* of it, from 1; 0 when no line is meant */
        bool is_detail;   /* a later check sums it up for people */
        bool is_doubtful; /* the value is none that could be judged */
} Check;

typedef struct Checks {
        Check *items;
        size_t count;
        const char *file; /* that the next ones are of; borrowed */
} Checks;

/* -ENOMEM. */
_nodiscard_ _printf_(5, 6) int checks_add(Checks *checks, CheckId id, CheckLevel level,
                                          const char *todo, const char *format, ...);
_nodiscard_ _printf_(6, 7) int checks_add_at(Checks *checks, unsigned line, CheckId id,
                                             CheckLevel level, const char *todo, const char *format,
                                             ...);

/* What was judged again, after corrections. Adds what of `again` is worse than ok and not among
 * those from `first` on yet, in place of an ok of the same id. -ENOMEM. */
_nodiscard_ int checks_add_news(Checks *checks, size_t first, const Checks *again);

/* Gives `todo` to those from `first` on that are worse than ok and that `again` does not have. */
void checks_set_corrected(Checks *checks, size_t first, const Checks *again, const char *todo);

/* In the order of their ids; those of one stay as they were added. -ENOMEM. */
_nodiscard_ int checks_sort(Checks *checks);

/* The last one that was added is a detail, or doubtful. */
void checks_mark_detail(Checks *checks);
void checks_mark_doubtful(Checks *checks);

/* The lines of a check's details. */
LineList checks_details(const Checks *checks, CheckId id);

/* Whether any of one check is doubtful. */
bool checks_are_doubtful(const Checks *checks, CheckId id);
CheckLevel checks_worst(const Checks *checks);

/* The worst level of one check; _CHECK_LEVEL_MAX when it was not made. */
CheckLevel checks_level(const Checks *checks, CheckId id);
void checks_done(Checks *checks);

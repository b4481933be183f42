/* SPDX-License-Identifier: MIT */
#pragma once

/* The MESSAGE_ID of each kind of event in the journal. They are stable: people filter by them, and
 * systemd/vmware-unlocker.catalog explains each. tests/rules/catalog.sh holds the two together. */

#include <systemd/sd-id128.h>

/* A target was patched; one per file. */
#define JOURNAL_PATCHED \
        SD_ID128_MAKE(ac, 95, 20, 46, ca, 57, 4b, 8b, 87, 20, b5, 0e, 54, cf, 48, b3)

/* A target got its original back; one per file. */
#define JOURNAL_RESTORED \
        SD_ID128_MAKE(11, fa, 84, bf, 86, 95, 47, 81, 9e, e5, 58, 34, 5f, 83, 1c, 8a)

/* A run that changed something ended; one per installation. */
#define JOURNAL_RUN SD_ID128_MAKE(ed, 24, 2d, 16, 6a, fb, 49, cb, ac, 97, 3e, 61, 35, b0, 72, 98)

/* A target is left unpatched: its content is not understood. */
#define JOURNAL_REFUSED \
        SD_ID128_MAKE(ff, 76, ec, a6, 8b, eb, 46, 4b, bf, ff, 1c, 46, ec, 99, 03, a5)

/* A target, or a whole installation, could not be patched. */
#define JOURNAL_FAILED SD_ID128_MAKE(08, d0, 76, eb, aa, e7, 41, 4d, 94, f2, 80, 30, 9b, 5d, ed, 1f)

/* The time limit came before the files were quiet. */
#define JOURNAL_BUSY SD_ID128_MAKE(69, 6b, 2e, c1, ed, 65, 49, 1d, ad, 3e, 0e, 9f, 4d, d0, 4c, a8)

/* Automatic patching is on hold. */
#define JOURNAL_HELD SD_ID128_MAKE(89, a3, 30, f7, 9b, 2a, 42, 42, 85, d9, 08, 3a, bf, 40, a9, a7)

/* Automatic patching is on again. */
#define JOURNAL_RELEASED \
        SD_ID128_MAKE(f5, fb, 30, 1e, c4, 84, 46, af, 8d, f5, aa, 2c, f5, e7, 2c, 6a)

/* An archive of originals is damaged. */
#define JOURNAL_VAULT SD_ID128_MAKE(bf, 82, 8e, e0, a9, 71, 4b, 1b, b3, 61, d2, 7e, 9a, 4e, 49, de)

/* VMware lies on a read-only file system; once per content. */
#define JOURNAL_READ_ONLY \
        SD_ID128_MAKE(55, 9a, 87, a0, eb, 3f, 47, 2a, b0, 81, 75, 66, 18, 0a, ea, 06)

/* Runs ended before they were done, several times in a row. */
#define JOURNAL_CRASHED \
        SD_ID128_MAKE(b6, a2, ce, 5e, 3e, 80, 4d, e9, a4, 32, 6b, b3, f3, 49, be, 37)

/* A file that an interrupted run left is not one that it made: put back, or left alone. */
#define JOURNAL_LEFTOVER \
        SD_ID128_MAKE(3e, 5d, 91, 0c, 47, a8, 4f, 26, 9b, 1d, c2, 70, 5a, e8, 36, f4)

/* An archive of originals was removed that no installed file needs. */
#define JOURNAL_PRUNED SD_ID128_MAKE(c1, 1f, db, f5, 45, dd, ec, 59, ad, e9, 5c, 5d, ca, fe, 13, 0d)

/* All of them: X(kind) for each. */
#define JOURNAL_KINDS(X) \
        X(PATCHED)       \
        X(RESTORED)      \
        X(RUN)           \
        X(REFUSED)       \
        X(FAILED)        \
        X(BUSY)          \
        X(HELD)          \
        X(RELEASED)      \
        X(VAULT)         \
        X(READ_ONLY)     \
        X(CRASHED)       \
        X(LEFTOVER)      \
        X(PRUNED)

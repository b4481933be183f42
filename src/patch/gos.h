/* SPDX-License-Identifier: MIT */
#pragma once

/* GosEntry: the Darwin entries of the guest-OS tables in libvmwarebase, which hide macOS in the
 * "New Virtual Machine" dialog.
 *
 *   10 00 00 00 | 10 or 20, 00 00 00 | 01 or 02, 00 00 00 | 20 zero bytes | flags
 *
 * Flags 0x3E or 0xBE: hidden; 0x3F or 0xBF: shown. Entries lie in groups with a stride of 64 bytes;
 * what stands alone, or has another flag byte, is no entry. A library has two groups of equal size:
 * where they are among the values that can be written, nothing else is looked through. Source: the
 * public description of the unlocker's patches. */

#include <stdbool.h>
#include <stdint.h>

#include "base/edit.h"
#include "base/fault.h"
#include "image/image.h"
#include "patch/state.h"

#define GOS_STRIDE   64U
#define GOS_FLAGS_AT 32U /* from the start of an entry */

typedef struct GosEntry {
        uint64_t offset; /* file offset of its first byte */
        uint8_t flags;
        bool shown; /* bit 0 */
} GosEntry;

/* Consecutive entries, 64 bytes apart. */
typedef struct GosGroup {
        size_t first; /* index into entries */
        size_t count;
        size_t shown;
} GosGroup;

typedef struct GosList {
        GosEntry *entries; /* ascending by offset */
        size_t entry_count, shown_count;
        GosGroup *groups;
        size_t group_count;
        size_t stray_count; /* matches there that belong to no group, or have another flag byte */
} GosList;

/* -ENOENT with REASON_GOS_NONE or REASON_GOS_STRAY, -ENOMEM. */
_nodiscard_ int gos_find(const Image *image, GosList *ret, Fault *fault);
void gos_list_done(GosList *list);

State gos_state(const GosList *list);
_nodiscard_ int gos_plan(const GosList *list, Edits *ret, Fault *fault);

/* SPDX-License-Identifier: MIT */
#pragma once

/* GosEntry: the Darwin entries of the guest-OS tables in libvmwarebase, which hide macOS in the
 * "New Virtual Machine" dialog.
 *
 *   10 00 00 00 | 10 or 20, 00 00 00 | 01 or 02, 00 00 00 | 20 zero bytes | flags
 *
 * Bit 0 of the flags: shown. What makes an entry of a match of these 32 bytes is that it repeats:
 * the entries of a table lie on a lattice, a whole number of strides apart, with slots of other
 * systems between them. The stride is found in the file. Most entries of a group have the same
 * flags; a match on the lattice that differs from them in more than two bits is another system's,
 * and one that lies on no lattice is a stray: both are told, and left alone. Seen were strides of
 * 64 bytes, flags 0x3E and 0xBE and two groups of equal size; nothing promises them. Source: the
 * public description of the unlocker's patches. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOS_STRIDE_MIN  36U /* multiples of 4 */
#define GOS_STRIDE_MAX  4096U
#define GOS_STRIDE_STEP 4U
#define GOS_FLAGS_AT    32U /* from the start of an entry */

/* What a match of the pattern is. */
typedef enum GosKind {
        GOS_ENTRY,
        GOS_OTHER,  /* on a lattice, with flags of another kind */
        GOS_STRAY,  /* on none */
        GOS_UNEVEN, /* on no multiple of 4: what GOS_STRAY is, or of an array without padding */
} GosKind;

typedef struct GosEntry {
        uint64_t offset; /* file offset of its first byte */
        uint8_t flags;
        bool shown; /* bit 0 */
        GosKind kind;
        size_t lattice; /* index into lattices; of a stray, or an uneven one: none */
} GosEntry;

/* Entries that are one stride apart, with none but other systems' matches between them. */
typedef struct GosGroup {
        size_t first; /* index into entries */
        size_t count;
        size_t shown;
} GosGroup;

typedef struct GosLattice {
        uint64_t stride;      /* the greatest distance that all of its matches are multiples of */
        uint64_t phase;       /* of their file offsets, modulo the stride */
        size_t count;         /* of its matches */
        uint64_t first, last; /* of those that prove it: file offsets */
} GosLattice;

typedef struct GosList {
        GosEntry *entries; /* ascending by offset */
        size_t entry_count, shown_count;
        GosGroup *groups;
        size_t group_count;
        GosLattice *lattices;
        size_t lattice_count;
        GosEntry *strays; /* matches that are no entries, ascending by offset */
        size_t stray_count;
} GosList;

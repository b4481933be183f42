/* SPDX-License-Identifier: MIT */
#pragma once

/* GuestOS: one entry of the guest list in the stand-in for libvmwarebase, 64 bytes. */

#include <stddef.h>
#include <stdint.h>

typedef struct GuestOS {
        uint32_t kind; /* 0x10: macOS */
        uint32_t width;
        uint32_t group;
        uint8_t zero[20];
        uint8_t flags; /* bit 0: shown */
        uint8_t padding[7];
        const char *name;
        uint64_t id;
        uint8_t rest[8];
} GuestOS;

_Static_assert(sizeof(GuestOS) == 64, "stride of the guest list");
_Static_assert(offsetof(GuestOS, flags) == 32, "place of the flags");

const GuestOS *GuestOS_List(size_t *ret_count);

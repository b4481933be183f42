/* SPDX-License-Identifier: MIT */

/* A stand-in for libvmwarebase.so: the guest list. guests.h comes from guests.awk. STRAYS adds
 * matches of the pattern that stand alone; STRAY_FLAG is their flag byte. */

#include "base.h"

extern const char product_line[];

static const GuestOS guests[] = {
#include "guests.h"
};

#ifdef STRAYS
/* Nothing within 4096 bytes of them matches: they are in no group, and no two are an array. */
typedef struct Stray {
        uint8_t before[99]; /* also puts the match at an odd place */
        uint8_t match[33];
        uint8_t after[4196];
} Stray;

#define STRAY(width, group)                                                         \
        {                                                                           \
                .before = {[0] = 0xaa, [98] = 0xaa},                                \
                .match = {0x10, 0, 0, 0, width, 0, 0, 0, group, [32] = STRAY_FLAG}, \
                .after = {[0] = 0xaa, [4195] = 0xaa},                               \
        }

__attribute__((used)) static const Stray stray_constant = STRAY(0x10, 1);
__attribute__((used)) static const Stray stray_second = STRAY(0x20, 2);
__attribute__((used)) static Stray stray_variable = STRAY(0x20, 1);
#endif

__attribute__((visibility("default"))) const GuestOS *GuestOS_List(size_t *ret_count)
{
        *ret_count = sizeof guests / sizeof guests[0];
        return guests;
}

__attribute__((visibility("default"))) const char *Product_Line(void);
const char *Product_Line(void)
{
        return product_line;
}

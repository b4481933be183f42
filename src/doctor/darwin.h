/* SPDX-License-Identifier: MIT */
#pragma once

/* Darwin: the macOS that guestOS names by the number of its kernel, "darwin22-64" for macOS 13. */

#include <stdbool.h>

#include "base/macros.h"

#define DARWIN_NONE     0U  /* no macOS guest */
#define DARWIN_SERVER   10U /* up to it the virtual firmware asks for a Server edition */
#define DARWIN_MACOS_11 20U
#define DARWIN_MACOS_13 22U
#define DARWIN_MACOS_26 25U /* the last for Intel */

/* The number of "darwin22-64", in any case; 9 of "darwin" and "darwin-64"; DARWIN_NONE when it is
 * something else, or NULL. */
unsigned darwin_of_guest(const char *guest_os);

/* Whether VMware has a guest of that name: there are 32-bit ones up to Mac OS X 10.7. */
bool darwin_is_guest_name(const char *guest_os);

/* "macOS 13", "Mac OS X 10.6"; "macOS (Darwin 30)" for one that is not known yet. -ENOMEM. */
_nodiscard_ int darwin_words(unsigned darwin, char **ret);

/* The memory in MiB that VMware's wizard proposes for a new machine of it, as people report; VMware
 * publishes no table. Only a hint rests on it. */
unsigned darwin_memory(unsigned darwin);

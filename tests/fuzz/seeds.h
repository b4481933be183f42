/* SPDX-License-Identifier: MIT */
#pragma once

/* Small whole binaries to begin with: of each format and way of linking, with SMC tables of a few
 * rows, with guest lists, and without either. */

#include "fuzz.h"

void seeds_of_binaries(void);

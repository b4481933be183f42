/* SPDX-License-Identifier: MIT */
#pragma once

/* Sizes and dates as people read them. */

#include <stdint.h>

/* "24.3 MiB" */
typedef struct SizeWords {
        char text[16];
} SizeWords;
SizeWords size_words(uint64_t size);

/* Local time, "2026-03-01". */
typedef struct DateWords {
        char text[24];
} DateWords;
DateWords date_words(int64_t seconds);

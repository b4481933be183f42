/* SPDX-License-Identifier: MIT */
#pragma once

/* Mutators that know what they change; linked with the targets under libFuzzer only. */

#include "base/span.h"

/* libFuzzer's: changes `bytes` in its own ways and returns their new number. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t limit);

/* Ours, called instead of it. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed);

static inline uint32_t fuzz_random(uint32_t *state)
{
        *state = *state * 1664525U + 1013904223U;
        return *state >> 8;
}

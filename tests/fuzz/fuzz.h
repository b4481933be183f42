/* SPDX-License-Identifier: MIT */
#pragma once

/* A fuzz target is one file that says what must hold for any bytes:
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) { … MUST(…); return 0; }
 *     void fuzz_seeds(void) { fuzz_seed("small", span); … }
 *
 * With configure --enable-fuzzing libFuzzer calls it, with inputs grown from the seeds; tests/fuzz/
 * run.sh does that. Else it is a test of `make check` (replay.c): every seed, and every input that
 * once broke it, from tests/fuzz/crashers/<target>/. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

/* What every target defines. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
void fuzz_seeds(void);

/* Takes one seed; the bytes stay the caller's. Names are unique within the target. */
void fuzz_seed(const char *name, Span input);

static inline void fuzz_seed_text(const char *name, const char *text)
{
        fuzz_seed(name, (Span){(const uint8_t *)text, strlen(text)});
}

/* Ends the program when it does not hold, which is what a fuzzer notices. */
#define MUST(condition)                                                                        \
        do {                                                                                   \
                if (!(condition)) {                                                            \
                        (void)fflush(stdout);                                                  \
                        (void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, \
                                      #condition);                                             \
                        abort();                                                               \
                }                                                                              \
        } while (0)

/* SPDX-License-Identifier: MIT */
#pragma once

/* Small whole binaries to begin with: of each format and way of linking, with SMC tables of a few
 * rows, with guest lists, and without either. */

#include "fuzz.h"
#include "patch/verdict.h"

void seeds_of_binaries(void);
void seeds_of_foreign_binaries(void); /* those that are no ELF; part of the others */

/* A seed that must be what it is meant to be, or it would lead nowhere. */
void fuzz_seed_judged(const char *name, Span input, State state);

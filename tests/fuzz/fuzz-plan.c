/* SPDX-License-Identifier: MIT */

/* Any bytes as any file of VMware's: whatever is planned opens every gate and nothing else. */

#include "fuzz.h"
#include "property.h"
#include "seeds.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        for (Subject subject = SUBJECT_NONE; subject < _SUBJECT_MAX; subject++)
                check_plan((Span){bytes, size}, subject);
        return 0;
}

void fuzz_seeds(void)
{
        seeds_of_binaries();
}

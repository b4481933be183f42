/* SPDX-License-Identifier: MIT */

/* plan-probe: of each file on standard input, "SUBJECT SIZE" and that many bytes, what the engine
 * says in one line: state, reason, subject of the fault, and the bytes that the plan changes, as
 * OFFSET:HEX in hexadecimal. For tests/layouts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patch/verdict.h"

static Subject subject_named(const char *name)
{
        static const char *const names[_SUBJECT_MAX] = {
                [SUBJECT_NONE] = "any",
                [SUBJECT_SMC] = "smc",
                [SUBJECT_GOS] = "gos",
                [SUBJECT_VMKCTL] = "vmkctl",
        };

        for (Subject subject = SUBJECT_NONE; subject < _SUBJECT_MAX; subject++)
                if (strcmp(name, names[subject]) == 0)
                        return subject;
        exit(2);
}

static int probe(Span bytes, Subject expected)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = verdict_of(bytes, expected, &verdict);

        if (r < 0)
                return r;
        (void)printf("%s %s", state_name(verdict.state), reason_text(verdict.fault.reason)->id);
        for (size_t i = 0; i < verdict.plan.count; i++) {
                const Edit *edit = &verdict.plan.items[i];

                (void)printf(" %llx:", (unsigned long long)edit->offset);
                for (size_t k = 0; k < edit->size; k++)
                        (void)printf("%02x", edit->after[k]);
        }
        (void)printf(" # %s\n", verdict.fault.subject);
        return fflush(stdout);
}

int main(void)
{
        char name[16];
        size_t size;

        while (scanf("%15s %zu", name, &size) == 2 && getchar() == '\n') {
                uint8_t *bytes = malloc(size + 1);
                int r = -1;

                if (bytes && fread(bytes, 1, size, stdin) == size)
                        r = probe((Span){bytes, size}, subject_named(name));
                free(bytes);
                if (r < 0)
                        return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

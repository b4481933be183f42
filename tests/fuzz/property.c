/* SPDX-License-Identifier: MIT */

#include "property.h"
#include "fuzz.h"

static void check_edits(const Edits *plan, Span bytes)
{
        uint64_t end = 0;

        for (size_t i = 0; i < plan->count; i++) {
                const Edit *edit = &plan->items[i];

                MUST(edit->size >= 1 && edit->size <= EDIT_SIZE_MAX);
                MUST(edit->offset >= end && range_fits(edit->offset, edit->size, bytes.size));
                MUST(memcmp(edit->before, edit->after, edit->size) != 0);
                MUST(memcmp(edit->before, bytes.bytes + edit->offset, edit->size) == 0);
                end = edit->offset + edit->size;
        }
        MUST(edits_match(plan, bytes) == 0);
}

static void check_applied(const Verdict *before, Span bytes)
{
        _cleanup_(verdict_done) Verdict after = VERDICT_NONE;
        uint8_t *copy = malloc(bytes.size);

        MUST(copy != NULL);
        memcpy(copy, bytes.bytes, bytes.size);
        edits_apply(&before->plan, copy, bytes.size);
        MUST(verdict_of((Span){copy, bytes.size}, before->subject, &after) == 0);
        MUST(after.state == STATE_PATCHED && after.plan.count == 0);
        MUST(after.checksum.wanted == after.checksum.value || before->checksum.offset == 0);
        MUST(after.gates_open == before->gates_total && after.gates_total == before->gates_total);
        verdict_done(&after);
        free(copy);
}

void check_plan(Span bytes, Subject expected)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        MUST(verdict_of(bytes, expected, &verdict) == 0);
        MUST(verdict.gates_open <= verdict.gates_total);
        check_edits(&verdict.plan, bytes);
        switch (verdict.state) {
        case STATE_STOCK:
        case STATE_PARTIAL:
                MUST((verdict.plan.count == 0) == verdict.needs_no_patch);
                MUST(verdict.fault.reason == REASON_NONE);
                if (!verdict.needs_no_patch)
                        check_applied(&verdict, bytes);
                break;
        case STATE_PATCHED:
                MUST(verdict.plan.count == 0 && verdict.fault.reason == REASON_NONE);
                MUST(verdict.gates_open == verdict.gates_total && verdict.gates_total > 0);
                break;
        case STATE_EMPTY:
                MUST(bytes.size == 0 && verdict.plan.count == 0);
                break;
        default:
                MUST(verdict.state == STATE_UNKNOWN && verdict.plan.count == 0);
                MUST(verdict.fault.reason != REASON_NONE);
        }
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "exchange/variant.h"

#define POINTER_SIZE 8U
#define EDITS_LIMIT  4096U /* others hit dozens */
#define CHUNK_SIZE   4096U

typedef struct Variant {
        const Verdict *verdict;
        Span original, changed;
        Edits edits;
        Fault *fault;
} Variant;

static int variant_differs(const Variant *variant, uint64_t offset)
{
        return fault_set_at(variant->fault, -EILSEQ, REASON_STAGED_DIFFERS, offset, "original");
}

static int variant_add(Variant *variant, uint64_t offset, uint8_t size, const char *why)
{
        Edit edit = {.offset = offset, .size = size};

        memcpy(edit.before, variant->original.bytes + offset, size);
        memcpy(edit.after, variant->changed.bytes + offset, size);
        memcpy(edit.why, why, strlen(why) + 1);
        return variant->edits.count < EDITS_LIMIT ? edits_add(&variant->edits, &edit)
                                                  : variant_differs(variant, offset);
}

/* Whether the eight bytes held an OSK handler of a table, and hold its Default handler now. */
static bool is_handler(const Variant *variant, uint64_t offset)
{
        const SmcTables *tables = &variant->verdict->smc;
        uint64_t before, after;

        if (!range_fits(offset, POINTER_SIZE, variant->original.size))
                return false;
        before = load_le64(variant->original.bytes + offset);
        after = load_le64(variant->changed.bytes + offset);
        for (size_t i = 0; i < tables->count; i++)
                for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                        if (before == tables->items[i].osk[gate].handler.value &&
                            after == tables->items[i].default_handler)
                                return true;
        return false;
}

/* A pointer that has the byte at `offset`, which differs. 1 when there is one. */
static int variant_take_handler(Variant *variant, uint64_t offset, uint64_t *ret_end)
{
        for (uint64_t back = 0; back < POINTER_SIZE && back <= offset; back++) {
                int r;

                if (!is_handler(variant, offset - back))
                        continue;
                r = variant_add(variant, offset - back, POINTER_SIZE, "OSK handler");
                *ret_end = offset - back + POINTER_SIZE;
                return r < 0 ? r : 1;
        }
        return 0;
}

/* The pattern as it is published, "|" in its classes of characters included. */
static bool is_guest(const uint8_t *at)
{
        uint32_t second = load_le32(at + 4), third = load_le32(at + 8);

        return load_le32(at) == 0x10 && (second == 0x10 || second == 0x20 || second == '|') &&
               (third == 1 || third == 2 || third == '|') && span_is_zero((Span){at + 12, 20});
}

/* The flags of a match at `offset`. 1 when they are. */
static int variant_take_flags(Variant *variant, uint64_t offset, uint64_t *ret_end)
{
        const uint8_t *before = variant->original.bytes + offset;
        int r;

        if (offset < GOS_FLAGS_AT || variant->changed.bytes[offset] != (*before | 1) ||
            !is_guest(before - GOS_FLAGS_AT))
                return 0;
        r = variant_add(variant, offset, 1, "guest flags");
        *ret_end = offset + 1;
        return r < 0 ? r : 1;
}

/* The bytes from `at` to `end`, where the plan edits nothing. */
static int variant_look(Variant *variant, uint64_t at, uint64_t end)
{
        const uint8_t *original = variant->original.bytes, *changed = variant->changed.bytes;

        while (at < end) {
                uint64_t size = MIN((uint64_t)CHUNK_SIZE, end - at), next = 0;
                int r;

                if (memcmp(original + at, changed + at, size) == 0) {
                        at += size;
                        continue;
                }
                while (original[at] == changed[at])
                        at++;
                r = variant->verdict->subject == SUBJECT_SMC
                            ? variant_take_handler(variant, at, &next)
                            : variant_take_flags(variant, at, &next);
                if (r == -EEXIST || r == 0)
                        return variant_differs(variant, at);
                if (r < 0)
                        return r;
                at = next;
        }
        return 0;
}

static int variant_read(Variant *variant)
{
        const Edits *plan = &variant->verdict->plan;
        uint64_t at = 0;
        int r = 0;

        for (size_t i = 0; i < plan->count; i++) {
                const Edit *edit = &plan->items[i];

                if (memcmp(variant->original.bytes + edit->offset,
                           variant->changed.bytes + edit->offset, edit->size) != 0)
                        r = variant_add(variant, edit->offset, edit->size, edit->why);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; r >= 0 && i < plan->count; i++) {
                r = variant_look(variant, at, plan->items[i].offset);
                at = plan->items[i].offset + plan->items[i].size;
        }
        return r < 0 ? r : variant_look(variant, at, variant->original.size);
}

int variant_edits(const Verdict *verdict, Span original, Span changed, Edits *ret, Fault *fault)
{
        Variant variant = {
                .verdict = verdict, .original = original, .changed = changed, .fault = fault};
        int r;

        if (verdict->state != STATE_STOCK || original.size != changed.size)
                return variant_differs(&variant, MIN(original.size, changed.size));
        r = variant_read(&variant);
        if (r < 0) {
                edits_done(&variant.edits);
                return r;
        }
        *ret = variant.edits;
        return 0;
}

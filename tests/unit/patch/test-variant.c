/* SPDX-License-Identifier: MIT */

/* What another patcher made of an original: every byte that it may not have changed is refused, and
 * what it may have changed comes back exactly. */

#include <errno.h>
#include <stdlib.h>

#include "../lib/smc-builder.h"
#include "../lib/tap.h"
#include "exchange/variant.h"

/* An original, its verdict, and a copy for the other patcher. */
typedef struct Bench {
        SmcBuilder builder;
        Span original;
        Verdict verdict;
        uint8_t *changed;
} Bench;

static void bench_make(Bench *bench, SmcLink link)
{
        const SmcShape shape = smc_shape_of(link);

        smc_builder_make(&bench->builder, &shape);
        bench->original = smc_builder_span(&bench->builder);
        bench->changed = malloc(bench->original.size);
        if (!bench->changed || verdict_of(bench->original, SUBJECT_SMC, &bench->verdict) < 0)
                abort();
        memcpy(bench->changed, bench->original.bytes, bench->original.size);
        REQUIRE(bench->verdict.state == STATE_STOCK && bench->verdict.plan.count > 0);
}

static void bench_done(Bench *bench)
{
        verdict_done(&bench->verdict);
        free(bench->changed);
        smc_builder_done(&bench->builder);
}

/* What variant_edits() says; when it takes the file, its edits must make it of the original. */
static int bench_ask(const Bench *bench)
{
        const Span changed = {bench->changed, bench->original.size};
        _cleanup_free_ uint8_t *made = malloc(changed.size);
        _cleanup_(edits_done) Edits edits = {};
        Fault fault = FAULT_NONE;
        int r = variant_edits(&bench->verdict, bench->original, changed, &edits, &fault);

        if (!made)
                abort();
        if (r < 0) {
                CHECK_EQUAL(r, -EILSEQ);
                CHECK_EQUAL(fault.reason, REASON_STAGED_DIFFERS);
                CHECK_EQUAL(edits.count, 0);
                return r;
        }
        memcpy(made, bench->original.bytes, changed.size);
        CHECK_EQUAL(edits_match(&edits, bench->original), 0);
        edits_apply(&edits, made, changed.size);
        CHECK(memcmp(made, bench->changed, changed.size) == 0);
        return r;
}

static bool is_planned(const Bench *bench, uint64_t offset)
{
        for (size_t i = 0; i < bench->verdict.plan.count; i++) {
                const Edit *edit = &bench->verdict.plan.items[i];

                if (offset >= edit->offset && offset < edit->offset + edit->size)
                        return true;
        }
        return false;
}

static void our_own_patch_is_one(void)
{
        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                _cleanup_(bench_done) Bench bench = {};

                bench_make(&bench, link);
                CHECK_EQUAL(bench_ask(&bench), 0);
                edits_apply(&bench.verdict.plan, bench.changed, bench.original.size);
                CHECK_EQUAL(bench_ask(&bench), 0);
        }
}

/* One wrong bit anywhere, beside a whole patch. */
static void no_other_byte_may_differ(void)
{
        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                _cleanup_(bench_done) Bench bench = {};

                bench_make(&bench, link);
                edits_apply(&bench.verdict.plan, bench.changed, bench.original.size);
                for (uint64_t i = 0; i < bench.original.size; i++) {
                        const Span changed = {bench.changed, bench.original.size};
                        _cleanup_(edits_done) Edits edits = {};
                        int r;

                        bench.changed[i] ^= 0x10;
                        r = variant_edits(&bench.verdict, bench.original, changed, &edits, NULL);
                        if ((r == 0) != is_planned(&bench, i)) {
                                printf("# link %d, byte %llu: %d\n", (int)link,
                                       (unsigned long long)i, r);
                                CHECK((r == 0) == is_planned(&bench, i));
                        }
                        bench.changed[i] ^= 0x10;
                }
        }
}

/* Others replace each pointer to the OSK handler that they meet. */
static void other_pointers_to_the_handler(void)
{
        _cleanup_(bench_done) Bench bench = {};
        uint64_t at;

        bench_make(&bench, SMC_LINK_RELA);
        verdict_done(&bench.verdict);
        at = elf_builder_offset_of(&bench.builder.elf, SMC_CONSTANTS + 0x7003);
        store_le64(bench.builder.elf.bytes + at, SMC_CODE_OSK);
        REQUIRE(verdict_of(bench.original, SUBJECT_SMC, &bench.verdict) == 0);
        memcpy(bench.changed, bench.original.bytes, bench.original.size);
        edits_apply(&bench.verdict.plan, bench.changed, bench.original.size);
        store_le64(bench.changed + at, SMC_CODE_DEFAULT);
        CHECK_EQUAL(bench_ask(&bench), 0);
        store_le64(bench.changed + at, SMC_CODE_NTOK);
        CHECK_EQUAL(bench_ask(&bench), -EILSEQ);
        store_le64(bench.changed + at, SMC_CODE_OSK);
        store_le64(bench.changed + at + 8, SMC_CODE_DEFAULT);
        CHECK_EQUAL(bench_ask(&bench), -EILSEQ);
}

/* The other way round it is no patch, and what is patched is no original. */
static void only_of_a_stock_file(void)
{
        _cleanup_(bench_done) Bench bench = {};
        _cleanup_(verdict_done) Verdict patched = VERDICT_NONE;
        Edits edits = {};

        bench_make(&bench, SMC_LINK_FIXED);
        edits_apply(&bench.verdict.plan, bench.changed, bench.original.size);
        REQUIRE(verdict_of((Span){bench.changed, bench.original.size}, SUBJECT_SMC, &patched) == 0);
        CHECK_EQUAL(patched.state, STATE_PATCHED);
        CHECK_EQUAL(variant_edits(&patched, (Span){bench.changed, bench.original.size},
                                  bench.original, &edits, NULL),
                    -EILSEQ);
        CHECK_EQUAL(variant_edits(&bench.verdict, bench.original,
                                  (Span){bench.changed, bench.original.size - 1}, &edits, NULL),
                    -EILSEQ);
}

int main(void)
{
        CASE(our_own_patch_is_one);
        CASE(no_other_byte_may_differ);
        CASE(other_pointers_to_the_handler);
        CASE(only_of_a_stock_file);
        return tap_end();
}

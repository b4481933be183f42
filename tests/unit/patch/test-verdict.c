/* SPDX-License-Identifier: MIT */

/* The verdict on whole files: what they hold, for whom, and that no damage makes it plan anything
 * that would not open every gate. */

#include <stdlib.h>

#include "../lib/smc-builder.h"
#include "../lib/tap.h"
#include "patch/verdict.h"

#define STRIDE 64U /* of the entries put into a file */

#define ROUNDS 400U /* damaged files per kind of linking */

static void put_guests(const SmcBuilder *builder, uint64_t address, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                uint8_t *entry = smc_builder_bytes(builder, address) + i * STRIDE;

                entry[0] = 0x10;
                entry[4] = 0x20;
                entry[8] = 1;
                entry[GOS_FLAGS_AT] = 0x3E;
        }
}

/* A file without SMC tables, with two groups of seven guests. */
static void make_guests(SmcBuilder *builder)
{
        SmcShape none = {.link = SMC_LINK_RELA};

        smc_builder_make(builder, &none);
        put_guests(builder, SMC_CONSTANTS + 0x400, 7);
        put_guests(builder, SMC_CONSTANTS + 0x2000, 7);
}

static void judges_smc_tables(void)
{
        static const Subject expected[] = {SUBJECT_SMC, SUBJECT_NONE};

        for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

                smc_builder_make(&builder, &smc_shape_usual);
                REQUIRE(verdict_of(smc_builder_span(&builder), expected[i], &verdict) == 0);
                CHECK_EQUAL(verdict.state, STATE_STOCK);
                CHECK_EQUAL(verdict.subject, SUBJECT_SMC);
                CHECK_EQUAL(verdict.fault.reason, REASON_NONE);
                CHECK(verdict.format_known);
                CHECK_EQUAL(verdict.format, IMAGE_ELF);
                CHECK_TEXT(verdict.description, "ELF 64-bit x86-64, position-independent, RELA");
                CHECK_EQUAL(verdict.gates_open, 0);
                CHECK_EQUAL(verdict.gates_total, 4);
                CHECK_EQUAL(verdict.plan.count, 12);
                CHECK_EQUAL(verdict.smc.items[1].rows_address, smc_row_at(&builder, 1, 0));
        }
}

static void judges_guest_lists(void)
{
        static const Subject expected[] = {SUBJECT_GOS, SUBJECT_NONE};

        for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

                make_guests(&builder);
                smc_builder_bytes(&builder, SMC_CONSTANTS + 0x400)[GOS_FLAGS_AT] = 0x3F;
                REQUIRE(verdict_of(smc_builder_span(&builder), expected[i], &verdict) == 0);
                CHECK_EQUAL(verdict.state, STATE_PARTIAL);
                CHECK_EQUAL(verdict.subject, SUBJECT_GOS);
                CHECK_EQUAL(verdict.fault.reason, REASON_NONE);
                CHECK_EQUAL(verdict.gates_open, 1);
                CHECK_EQUAL(verdict.gates_total, 14);
                CHECK_EQUAL(verdict.gos.group_count, 2);
                CHECK_EQUAL(verdict.plan.count, 13);
        }
}

static void check_unknown(Span bytes, Subject expected, Reason reason)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        REQUIRE(verdict_of(bytes, expected, &verdict) == 0);
        CHECK_EQUAL(verdict.state, STATE_UNKNOWN);
        CHECK_TEXT(reason_text(verdict.fault.reason)->id, reason_text(reason)->id);
        CHECK_EQUAL(verdict.plan.count, 0);
        CHECK_EQUAL(verdict.gates_open, 0);
        CHECK_EQUAL(verdict.gates_total, 0);
}

static void a_file_in_the_wrong_place_is_unknown(void)
{
        _cleanup_(smc_builder_done) SmcBuilder smc, guests, both;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        smc_builder_make(&smc, &smc_shape_usual);
        make_guests(&guests);
        check_unknown(smc_builder_span(&smc), SUBJECT_GOS, REASON_WRONG_KIND);
        check_unknown(smc_builder_span(&guests), SUBJECT_SMC, REASON_WRONG_KIND);
        REQUIRE(verdict_of(smc_builder_span(&guests), SUBJECT_SMC, &verdict) == 0);
        CHECK_TEXT(verdict.fault.subject, "guest list");
        verdict_done(&verdict);

        /* What looks like guests in vmware-vmx is none of our business. */
        smc_builder_make(&both, &smc_shape_usual);
        put_guests(&both, SMC_CONSTANTS + 0x400, 7);
        REQUIRE(verdict_of(smc_builder_span(&both), SUBJECT_NONE, &verdict) == 0);
        CHECK_EQUAL(verdict.subject, SUBJECT_SMC);
        CHECK_EQUAL(verdict.gates_total, 4);
}

static void unknown_files_say_why(void)
{
        static const uint8_t script[] = "#!/bin/sh\nexec /opt/vmware-vmx OSK0 OSK1 #KEY\n";
        _cleanup_(smc_builder_done) SmcBuilder none, stray, broken;
        SmcShape shape = {.link = SMC_LINK_FIXED};

        check_unknown((Span){script, sizeof(script) - 1}, SUBJECT_SMC, REASON_IMAGE_FORMAT);
        check_unknown((Span){script, 1}, SUBJECT_NONE, REASON_IMAGE_FORMAT);
        smc_builder_make(&none, &shape);
        check_unknown(smc_builder_span(&none), SUBJECT_SMC, REASON_SMC_NONE);
        check_unknown(smc_builder_span(&none), SUBJECT_GOS, REASON_GOS_NONE);
        check_unknown(smc_builder_span(&none), SUBJECT_NONE, REASON_SMC_NONE);
        smc_builder_make(&stray, &shape);
        put_guests(&stray, SMC_CONSTANTS, 1);
        check_unknown(smc_builder_span(&stray), SUBJECT_NONE, REASON_GOS_STRAY);
        check_unknown(smc_builder_span(&stray), SUBJECT_SMC, REASON_SMC_NONE);

        /* A broken table is not passed over for the guest list that is there as well. */
        smc_builder_make(&broken, &smc_shape_usual);
        put_guests(&broken, SMC_CONSTANTS + 0x400, 7);
        smc_builder_rename(&broken, smc_osk_at(&broken, 0, 0), "OSKX");
        check_unknown(smc_builder_span(&broken), SUBJECT_NONE, REASON_SMC_KEY_MISSING);
        check_unknown(smc_builder_span(&broken), SUBJECT_SMC, REASON_SMC_KEY_MISSING);
}

static void an_empty_file_is_empty(void)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

        REQUIRE(verdict_of((Span){}, SUBJECT_SMC, &verdict) == 0);
        CHECK_EQUAL(verdict.state, STATE_EMPTY);
        CHECK_EQUAL(verdict.fault.reason, REASON_NONE);
        CHECK(!verdict.format_known);
        CHECK_EQUAL(verdict.plan.count, 0);
}

/* A file that ends anywhere is refused, or judged without what is cut off. */
static void judges_files_that_end_anywhere(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        unsigned refused = 0;

        smc_builder_make(&builder, &smc_shape_usual);
        for (size_t size = 1; size < builder.elf.size; size += size < 0x400 ? 1 : 997) {
                _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
                _cleanup_free_ uint8_t *exact = malloc(size); /* so that ASan sees its end */

                REQUIRE(exact != NULL);
                memcpy(exact, builder.elf.bytes, size);
                REQUIRE(verdict_of((Span){exact, size}, SUBJECT_SMC, &verdict) == 0);
                CHECK_EQUAL(verdict.state, STATE_UNKNOWN);
                CHECK(verdict.fault.reason != REASON_NONE);
                refused++;
        }
        CHECK(refused > 1000);
}

static uint32_t random_next(uint32_t *seed)
{
        *seed = *seed * 1664525 + 1013904223;
        return *seed >> 8;
}

typedef struct Tally {
        unsigned states[_STATE_MAX];
        unsigned after; /* plans that were applied */
} Tally;

/* Whatever the damage: a plan lies inside the file, finds its bytes, and opens every gate. */
static void check_damaged(uint8_t *bytes, size_t size, Subject subject, Tally *tally)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE, after = VERDICT_NONE;
        Span span = {bytes, size};

        REQUIRE(verdict_of(span, subject, &verdict) == 0);
        tally->states[verdict.state]++;
        if (verdict.state != STATE_STOCK && verdict.state != STATE_PARTIAL) {
                CHECK_EQUAL(verdict.plan.count, 0);
                CHECK_EQUAL(verdict.fault.reason == REASON_NONE, verdict.state == STATE_PATCHED);
                return;
        }
        CHECK(verdict.plan.count > 0);
        REQUIRE(edits_match(&verdict.plan, span) == 0);
        edits_apply(&verdict.plan, bytes, size);
        REQUIRE(verdict_of(span, subject, &after) == 0);
        CHECK_EQUAL(after.state, STATE_PATCHED);
        CHECK_EQUAL(after.plan.count, 0);
        CHECK_EQUAL(after.gates_open, verdict.gates_total);
        tally->after++;
}

/* The parts of the file where a changed byte matters. */
static uint64_t offset_that_matters(const SmcBuilder *builder, uint32_t *seed)
{
        const ElfBuilder *elf = &builder->elf;
        const SmcShape *shape = &builder->shape;
        unsigned table = random_next(seed) % 2;
        uint64_t header = elf_builder_offset_of(elf, builder->headers[table]);
        uint64_t into = random_next(seed);

        switch (random_next(seed) % 5) {
        case 0: /* ELF header and program headers */
                return into % (64 + 6 * 56);
        case 1:
                return header + into % 32;
        case 2: /* the OSK rows */
                return elf_builder_offset_of(elf, smc_osk_at(builder, table, 0)) + into % (2 * 72);
        case 3: /* dynamic section, RELA, RELR */
                return elf->dynamic_offset + into % (elf->size - elf->dynamic_offset);
        default: /* header and rows */
                return header + into % (32 + shape->tables[table].private_count * 72UL);
        }
}

/* One to three bytes, each somewhere that matters: one bit, or a small number. */
static void damage(const SmcBuilder *builder, uint8_t *bytes, uint32_t *seed)
{
        for (unsigned n = random_next(seed) % 3 + 1; n > 0; n--) {
                uint64_t at = offset_that_matters(builder, seed);

                if (random_next(seed) % 4 == 0)
                        bytes[at] = (uint8_t)(random_next(seed) % 8 - 4);
                else
                        bytes[at] ^= (uint8_t)(1U << random_next(seed) % 8);
        }
}

static void damaged_tables_are_refused_or_opened(void)
{
        uint32_t seed = 20;
        Tally tally = {};

        for (unsigned i = 0; i < ROUNDS * _SMC_LINK_MAX; i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                SmcShape shape = smc_shape_of(i % _SMC_LINK_MAX);
                bool failed = tap.failed;

                if (i % 3 == 0) /* far headers are found another way */
                        shape.tables[1].header_at = SMC_VARIABLES + 0x6000;
                smc_builder_make(&builder, &shape);
                damage(&builder, builder.elf.bytes, &seed);
                check_damaged(builder.elf.bytes, builder.elf.size,
                              i % 2 ? SUBJECT_SMC : SUBJECT_NONE, &tally);
                if (tap.failed && !failed)
                        printf("# in round %u\n", i);
        }
        CHECK(tally.states[STATE_UNKNOWN] > 200);
        CHECK(tally.states[STATE_STOCK] > 200);
        CHECK(tally.states[STATE_PARTIAL] > 20);
        CHECK_EQUAL(tally.after, tally.states[STATE_STOCK] + tally.states[STATE_PARTIAL]);
}

static void damaged_guest_lists_are_refused_or_shown(void)
{
        uint32_t seed = 30;
        Tally tally = {};

        for (unsigned i = 0; i < ROUNDS; i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;

                make_guests(&builder);
                for (unsigned n = random_next(&seed) % 4 + 1; n > 0; n--) {
                        uint64_t at = random_next(&seed) % 8 == 0 ? 0x2000 : 0x400;
                        uint64_t into = random_next(&seed) % (7 * STRIDE);
                        uint8_t *entry = smc_builder_bytes(&builder, SMC_CONSTANTS + at);

                        entry[into] ^= (uint8_t)(1U << random_next(&seed) % 8);
                        into = random_next(&seed) % (64 + 6 * 56);
                        if (random_next(&seed) % 4 == 0)
                                builder.elf.bytes[into] ^= (uint8_t)(1U << random_next(&seed) % 8);
                }
                check_damaged(builder.elf.bytes, builder.elf.size, SUBJECT_GOS, &tally);
        }
        CHECK(tally.states[STATE_UNKNOWN] > 20);
        CHECK(tally.states[STATE_STOCK] > 20);
}

int main(void)
{
        CASE(judges_smc_tables);
        CASE(judges_guest_lists);
        CASE(a_file_in_the_wrong_place_is_unknown);
        CASE(unknown_files_say_why);
        CASE(an_empty_file_is_empty);
        CASE(judges_files_that_end_anywhere);
        CASE(damaged_tables_are_refused_or_opened);
        CASE(damaged_guest_lists_are_refused_or_shown);
        return tap_end();
}

/* SPDX-License-Identifier: MIT */

/* What state each gate is in, whatever half of a patch was done to it before, and the edits that
 * open it. */

#include <stdlib.h>

#include "../lib/smc-builder.h"
#include "../lib/tap.h"
#include "patch/smc.h"

#define GATES  4U
#define ROUNDS 200U

/* What somebody may have left of a gate. */
typedef struct Half {
        bool value;             /* the haiku is there */
        uint64_t field, addend; /* of the handler; without relocation entries addend is field */
} Half;

static const uint64_t fields[] = {SMC_CODE_OSK, SMC_CODE_DEFAULT, SMC_CODE_NTOK, 0};
static const uint64_t addends[] = {SMC_CODE_OSK, SMC_CODE_DEFAULT};

static bool has_entries(SmcLink link)
{
        return link == SMC_LINK_RELA || link == SMC_LINK_LLD;
}

/* Gates are numbered V0 OSK0, V0 OSK1, V1 OSK0, V1 OSK1. */
static uint64_t row_of(const SmcBuilder *builder, unsigned gate)
{
        return smc_osk_at(builder, gate / 2, gate % 2);
}

static void put_half(const SmcBuilder *builder, unsigned gate, const Half *half)
{
        uint64_t row = row_of(builder, gate);
        uint8_t *bytes = smc_builder_bytes(builder, row);

        if (half->value)
                memcpy(bytes + 0x18, smc_haiku(gate % 2), 32);
        store_le64(bytes + 0x10, half->field);
        if (has_entries(builder->shape.link))
                store_le64(smc_builder_rela(builder, row + 0x10) + 16, half->addend);
}

static GateState expected_gate(const Half *half)
{
        if (half->value && half->addend == SMC_CODE_DEFAULT)
                return GATE_OPEN;
        if (!half->value && half->addend != SMC_CODE_DEFAULT &&
            (half->field == 0 || half->field == half->addend))
                return GATE_CLOSED;
        return GATE_HALF;
}

static void check_edit(const Edit *edit, uint64_t offset, uint8_t size, const void *after,
                       const char *gate, const char *what)
{
        char why[64];

        CHECK_EQUAL(edit->offset, offset);
        CHECK_EQUAL(edit->size, size);
        CHECK(memcmp(edit->after, after, size) == 0);
        (void)snprintf(why, sizeof(why), "%s %s", gate, what);
        CHECK_TEXT(edit->why, why);
}

/* The edit at `offset`, or NULL. */
static const Edit *edit_at(const Edits *plan, uint64_t offset)
{
        for (size_t i = 0; i < plan->count; i++)
                if (plan->items[i].offset == offset)
                        return &plan->items[i];
        return NULL;
}

/* Compares the edits of one gate with what they must be, and returns how many these are. */
static size_t check_gate_plan(const SmcBuilder *builder, unsigned gate, const Half *half,
                              const Edits *plan)
{
        static const char *const names[GATES] = {"V0 OSK0", "V0 OSK1", "V1 OSK0", "V1 OSK1"};
        uint64_t row = row_of(builder, gate), at = elf_builder_offset_of(&builder->elf, row);
        const Edit *value = edit_at(plan, at + 0x18), *field = edit_at(plan, at + 0x10), *addend;
        bool open = expected_gate(half) == GATE_OPEN;
        bool needs_value = !open && !half->value;
        bool needs_field = !open && half->field != 0 && half->field != SMC_CODE_DEFAULT;
        bool needs_addend = !open && half->addend != SMC_CODE_DEFAULT;
        uint8_t handler[8];

        store_le64(handler, SMC_CODE_DEFAULT);
        CHECK_EQUAL(value != NULL, needs_value);
        if (value && needs_value)
                check_edit(value, at + 0x18, 32, smc_haiku(gate % 2), names[gate], "value");
        CHECK_EQUAL(field != NULL, needs_field);
        if (field && needs_field)
                check_edit(field, at + 0x10, 8, handler, names[gate], "handler");
        if (!has_entries(builder->shape.link))
                return (size_t)needs_value + needs_field;
        at = (uint64_t)(smc_builder_rela(builder, row + 0x10) + 16 - builder->elf.bytes);
        addend = edit_at(plan, at);
        CHECK_EQUAL(addend != NULL, needs_addend);
        if (addend && needs_addend)
                check_edit(addend, at, 8, handler, names[gate], "relocation");
        return (size_t)needs_value + needs_field + needs_addend;
}

static int find_and_plan(const SmcBuilder *builder, SmcTables *tables, Edits *plan)
{
        _cleanup_(image_freep) Image *image = NULL;
        Fault fault = FAULT_NONE;
        int r = image_open(smc_builder_span(builder), &image, &fault);

        if (r >= 0)
                smc_tables_done(tables);
        r = smc_find(image, tables, &fault);
        if (r >= 0)
                r = smc_plan(tables, plan, &fault);
        if (r < 0)
                printf("# %s: %s\n", fault.subject, reason_text(fault.reason)->id);
        return r;
}

/* What a guest would get: the loader's view, decoded here once more. */
static void check_opened(const SmcBuilder *builder, const Half halves[static GATES])
{
        for (unsigned gate = 0; gate < GATES; gate++) {
                uint64_t row = row_of(builder, gate);
                const uint8_t *bytes = smc_builder_bytes(builder, row);
                uint64_t field = load_le64(bytes + 0x10);

                CHECK(memcmp(bytes + 0x18, smc_haiku(gate % 2), 32) == 0);
                for (unsigned i = 32; i < 48; i++)
                        CHECK_EQUAL(bytes[0x18 + i], 0x5A);
                if (has_entries(builder->shape.link))
                        CHECK_EQUAL(load_le64(smc_builder_rela(builder, row + 0x10) + 16),
                                    SMC_CODE_DEFAULT);
                if (expected_gate(&halves[gate]) == GATE_OPEN)
                        CHECK_EQUAL(field, halves[gate].field); /* left as it was */
                else
                        CHECK_EQUAL(field, halves[gate].field == 0 ? 0 : SMC_CODE_DEFAULT);
        }
}

static State expected_state(const Half halves[static GATES], unsigned *ret_open)
{
        unsigned open = 0, closed = 0;

        for (unsigned gate = 0; gate < GATES; gate++) {
                open += expected_gate(&halves[gate]) == GATE_OPEN;
                closed += expected_gate(&halves[gate]) == GATE_CLOSED;
        }
        *ret_open = open;
        if (open == GATES)
                return STATE_PATCHED;
        return closed == GATES ? STATE_STOCK : STATE_PARTIAL;
}

/* State and plan are right; applied, the file is patched and there is nothing left to plan. */
static void check_halves(SmcLink link, const Half halves[static GATES])
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(edits_done) Edits plan = {}, again = {};
        SmcShape shape = smc_shape_of(link);
        _cleanup_(smc_tables_done) SmcTables tables = {};
        size_t edits = 0;
        unsigned open;
        State state = expected_state(halves, &open);

        smc_builder_make(&builder, &shape);
        for (unsigned gate = 0; gate < GATES; gate++)
                put_half(&builder, gate, &halves[gate]);
        REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
        CHECK_TEXT(state_name(smc_state(&tables)), state_name(state));
        CHECK_EQUAL(smc_gates_open(&tables), open);
        for (unsigned gate = 0; gate < GATES; gate++) {
                CHECK_EQUAL(tables.items[gate / 2].gates[gate % 2], expected_gate(&halves[gate]));
                edits += check_gate_plan(&builder, gate, &halves[gate], &plan);
        }
        CHECK_EQUAL(plan.count, edits);
        REQUIRE(edits_match(&plan, smc_builder_span(&builder)) == 0);
        edits_apply(&plan, builder.elf.bytes, builder.elf.size);
        check_opened(&builder, halves);
        REQUIRE(find_and_plan(&builder, &tables, &again) == 0);
        CHECK_EQUAL(smc_state(&tables), STATE_PATCHED);
        CHECK_EQUAL(smc_gates_open(&tables), GATES);
        CHECK_EQUAL(again.count, 0);
}

/* As the linker left it, or as a complete patch does. */
static Half whole(SmcLink link, bool open)
{
        uint64_t handler = open ? SMC_CODE_DEFAULT : SMC_CODE_OSK;

        return (Half){
                .value = open, .field = link == SMC_LINK_LLD ? 0 : handler, .addend = handler};
}

/* With entries every field goes with every addend; without, the field is all there is, and a zero
 * one is refused elsewhere. */
static bool is_possible(SmcLink link, const Half *half)
{
        return has_entries(link) || (half->field == half->addend && half->field != 0);
}

static void opens_stock_files(void)
{
        static const size_t edits[_SMC_LINK_MAX] = {[SMC_LINK_RELA] = 12,
                                                    [SMC_LINK_LLD] = 8,
                                                    [SMC_LINK_RELR] = 8,
                                                    [SMC_LINK_FIXED] = 8};

        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(edits_done) Edits plan = {};
                Half stock = whole(link, false), halves[GATES] = {stock, stock, stock, stock};
                SmcShape shape = smc_shape_of(link);
                _cleanup_(smc_tables_done) SmcTables tables = {};

                check_halves(link, halves);
                smc_builder_make(&builder, &shape);
                REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
                CHECK_EQUAL(smc_state(&tables), STATE_STOCK);
                CHECK_EQUAL(plan.count, edits[link]);
        }
}

static void leaves_patched_files_alone(void)
{
        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(edits_done) Edits plan = {};
                SmcShape shape = smc_shape_of(link);
                Half open = whole(link, true);
                _cleanup_(smc_tables_done) SmcTables tables = {};

                smc_builder_make(&builder, &shape);
                for (unsigned gate = 0; gate < GATES; gate++)
                        put_half(&builder, gate, &open);
                REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
                CHECK_EQUAL(smc_state(&tables), STATE_PATCHED);
                CHECK_EQUAL(plan.count, 0);
        }
}

/* Every half of every gate, the others closed and then the others open. */
static void completes_each_half_of_each_gate(void)
{
        for (unsigned i = 0; i < _SMC_LINK_MAX * GATES * 2 * 2 * 4 * 2; i++) {
                SmcLink link = i % _SMC_LINK_MAX;
                unsigned gate = i / 4 % GATES, rest = i / 16;
                Half others = whole(link, rest & 1);
                Half halves[GATES] = {others, others, others, others};

                halves[gate] = (Half){.value = rest >> 1 & 1,
                                      .field = fields[rest >> 2 & 3],
                                      .addend = addends[rest >> 4 & 1]};
                if (!has_entries(link))
                        halves[gate].addend = halves[gate].field;
                if (is_possible(link, &halves[gate]))
                        check_halves(link, halves);
        }
}

static uint32_t random_next(uint32_t *seed)
{
        *seed = *seed * 1664525 + 1013904223;
        return *seed >> 16;
}

static void completes_any_mixture(void)
{
        uint32_t seed = 4711;

        for (unsigned i = 0; i < ROUNDS; i++) {
                SmcLink link = i % _SMC_LINK_MAX;
                Half halves[GATES];

                for (unsigned gate = 0; gate < GATES; gate++) {
                        do {
                                uint32_t bits = random_next(&seed);

                                halves[gate] = (Half){.value = bits & 1,
                                                      .field = fields[bits >> 1 & 3],
                                                      .addend = addends[bits >> 3 & 1]};
                                if (!has_entries(link))
                                        halves[gate].addend = halves[gate].field;
                        } while (!is_possible(link, &halves[gate]));
                }
                check_halves(link, halves);
        }
}

/* What other tools are known to leave, by name. */
static void tells_known_halves(void)
{
        static const struct {
                const char *name;
                Half half;
                GateState state;
        } known[] = {
                {"values there, relocations forgotten",
                 {true, SMC_CODE_DEFAULT, SMC_CODE_OSK},
                 GATE_HALF},
                {"only the value", {true, SMC_CODE_OSK, SMC_CODE_OSK}, GATE_HALF},
                {"only the field", {false, SMC_CODE_DEFAULT, SMC_CODE_OSK}, GATE_HALF},
                {"only the relocation", {false, SMC_CODE_OSK, SMC_CODE_DEFAULT}, GATE_HALF},
                {"all but the value", {false, SMC_CODE_DEFAULT, SMC_CODE_DEFAULT}, GATE_HALF},
                {"all but the field", {true, SMC_CODE_OSK, SMC_CODE_DEFAULT}, GATE_OPEN},
                {"a strange field", {false, SMC_CODE_NTOK, SMC_CODE_OSK}, GATE_HALF},
                {"a zero field", {false, 0, SMC_CODE_OSK}, GATE_CLOSED},
                {"a zero field, open", {true, 0, SMC_CODE_DEFAULT}, GATE_OPEN},
        };

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(edits_done) Edits plan = {};
                _cleanup_(smc_tables_done) SmcTables tables = {};
                bool failed = tap.failed;

                smc_builder_make(&builder, &smc_shape_usual);
                put_half(&builder, 2, &known[i].half);
                REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
                CHECK_EQUAL(tables.items[1].gates[SMC_OSK0], known[i].state);
                CHECK_EQUAL(smc_state(&tables),
                            known[i].state == GATE_CLOSED ? STATE_STOCK : STATE_PARTIAL);
                if (tap.failed && !failed)
                        printf("# with %s\n", known[i].name);
        }
}

/* The right bytes in the wrong row open nothing. */
static void halves_of_the_haiku_are_not_exchanged(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(edits_done) Edits plan = {};
        Half open = whole(SMC_LINK_RELA, true);
        _cleanup_(smc_tables_done) SmcTables tables = {};

        smc_builder_make(&builder, &smc_shape_usual);
        for (unsigned gate = 0; gate < GATES; gate++)
                put_half(&builder, gate, &open);
        memcpy(smc_builder_bytes(&builder, row_of(&builder, 3)) + 0x18, smc_haiku(0), 32);
        REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
        CHECK_EQUAL(tables.items[1].gates[SMC_OSK1], GATE_HALF);
        REQUIRE(plan.count == 1);
        CHECK_TEXT(plan.items[0].why, "V1 OSK1 value");
}

static void every_byte_of_a_value_counts(void)
{
        for (unsigned i = 0; i < 32; i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                _cleanup_(edits_done) Edits plan = {};
                Half open = whole(SMC_LINK_RELA, true);
                _cleanup_(smc_tables_done) SmcTables tables = {};

                smc_builder_make(&builder, &smc_shape_usual);
                put_half(&builder, 1, &open);
                smc_builder_bytes(&builder, row_of(&builder, 1))[0x18 + i] ^= 0x20;
                REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
                CHECK_EQUAL(tables.items[0].gates[SMC_OSK1], GATE_HALF);
                CHECK_EQUAL(plan.count, 10);
        }
}

/* Nothing else in the file is edited, though it holds the same addresses and addends. */
static void leaves_what_only_looks_alike(void)
{
        _cleanup_(elf_builder_done) ElfBuilder copy = ELF_BUILDER_NONE;
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(edits_done) Edits plan = {};
        _cleanup_(smc_tables_done) SmcTables tables = {};
        uint64_t other, at;
        uint8_t *entry;

        smc_builder_make(&builder, &smc_shape_usual);
        /* NTOK of both tables asks the OSK routine: same field, same addend, another row. */
        other = smc_row_at(&builder, 0, 5);
        smc_builder_set_handler(&builder, other, SMC_CODE_OSK);
        smc_builder_set_handler(&builder, smc_row_at(&builder, 1, 5), SMC_CODE_OSK);
        store_le64(smc_builder_bytes(&builder, SMC_CONSTANTS + 0x40), SMC_CODE_OSK);
        memcpy(smc_builder_bytes(&builder, SMC_CONSTANTS + 0x80), "0KSO\x20*8hc\x80", 10);
        REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
        CHECK_EQUAL(smc_state(&tables), STATE_STOCK);
        CHECK_EQUAL(plan.count, 12);
        copy.bytes = malloc(builder.elf.size);
        REQUIRE(copy.bytes != NULL);
        memcpy(copy.bytes, builder.elf.bytes, builder.elf.size);
        edits_apply(&plan, builder.elf.bytes, builder.elf.size);
        CHECK_EQUAL(load_le64(smc_builder_bytes(&builder, other + 0x10)), SMC_CODE_OSK);
        entry = smc_builder_rela(&builder, other + 0x10);
        CHECK_EQUAL(load_le64(entry + 16), SMC_CODE_OSK);

        /* Put back the rows and entries of the four gates: the original again, byte for byte. */
        for (unsigned gate = 0; gate < GATES; gate++) {
                at = elf_builder_offset_of(&builder.elf, row_of(&builder, gate)) + 0x10;
                memcpy(builder.elf.bytes + at, copy.bytes + at, 40);
                entry = smc_builder_rela(&builder, row_of(&builder, gate) + 0x10);
                store_le64(entry + 16, SMC_CODE_OSK);
        }
        CHECK(memcmp(builder.elf.bytes, copy.bytes, builder.elf.size) == 0);
}

/* OSK0 and OSK1 of any table may ask routines of their own. */
static void handlers_of_their_own_are_stock(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(edits_done) Edits plan = {};
        _cleanup_(smc_tables_done) SmcTables tables = {};

        smc_builder_make(&builder, &smc_shape_usual);
        smc_builder_set_handler(&builder, row_of(&builder, 3), SMC_CODE_NTOK);
        REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
        CHECK_EQUAL(tables.items[1].gates[SMC_OSK1], GATE_CLOSED);
        CHECK_EQUAL(smc_state(&tables), STATE_STOCK);
        CHECK_EQUAL(plan.count, 12);
}

/* Two gates in one place can only come from a damaged file. */
static void refuses_a_plan_that_contradicts_itself(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(edits_done) Edits plan = {}, refused = {};
        Fault fault = FAULT_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};

        smc_builder_make(&builder, &smc_shape_usual);
        REQUIRE(find_and_plan(&builder, &tables, &plan) == 0);
        tables.items[1].osk[SMC_OSK0].handler.addend_offset =
                tables.items[0].osk[SMC_OSK1].offset + 0x18 + 31;
        CHECK_EQUAL(smc_plan(&tables, &refused, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_PLAN_CONFLICT);
        CHECK(refused.items == NULL);
}

int main(void)
{
        CASE(opens_stock_files);
        CASE(leaves_patched_files_alone);
        CASE(completes_each_half_of_each_gate);
        CASE(completes_any_mixture);
        CASE(tells_known_halves);
        CASE(halves_of_the_haiku_are_not_exchanged);
        CASE(every_byte_of_a_value_counts);
        CASE(leaves_what_only_looks_alike);
        CASE(handlers_of_their_own_are_stock);
        CASE(refuses_a_plan_that_contradicts_itself);
        return tap_end();
}

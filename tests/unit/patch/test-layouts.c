/* SPDX-License-Identifier: MIT */

/* Layouts that nobody has seen, made at random within what is known of the binaries: whatever else
 * a new build brings, exactly the gates and entries that were put into a file are planned, and then
 * all of them are open. Where everything is, is known from the making alone. */

#include <stdio.h>
#include <stdlib.h>

#include "../lib/elf-builder.h"
#include "../lib/pe-builder.h"
#include "../lib/tap.h"
#include "patch/verdict.h"

#define ROUNDS      1500U /* of each kind of file */
#define CODE        0x1000U
#define CODE_SIZE   0x1000U
#define ROWS        0x10000U
#define ROWS_SIZE   0x40000U
#define TABLES_MAX  4U
#define ROWS_MAX    120U
#define ENTRIES_MAX 200U

static uint64_t random_state;

static unsigned pick(unsigned count)
{
        random_state = random_state * 6364136223846793005U + 1442695040888963407U;
        return (unsigned)(random_state >> 33) % count;
}

static bool chance(unsigned percent)
{
        return pick(100) < percent;
}

/* The bytes that should change: offset and value. */
typedef struct Expected {
        struct {
                uint64_t offset;
                uint8_t bytes[32];
                size_t size;
        } items[TABLES_MAX * 6 + ENTRIES_MAX];
        size_t count;
        uint64_t strays[2]; /* bytes that may change where it is ambiguous; 0: none */
} Expected;

static void expect(Expected *expected, uint64_t offset, const void *bytes, size_t size)
{
        memcpy(expected->items[expected->count].bytes, bytes, size);
        expected->items[expected->count].offset = offset;
        expected->items[expected->count++].size = size;
}

/* The file with all that is expected in it, and nothing else; or nothing, where it has more than
 * one reading. */
static void check_exact(const char *what, unsigned round, Span file, Subject subject,
                        const Expected *expected, bool ambiguous)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE, after = VERDICT_NONE;
        uint8_t *wanted = malloc(file.size), *patched = malloc(file.size);
        bool same;

        REQUIRE(wanted && patched);
        memcpy(wanted, file.bytes, file.size);
        memcpy(patched, file.bytes, file.size);
        for (size_t i = 0; i < expected->count; i++)
                memcpy(wanted + expected->items[i].offset, expected->items[i].bytes,
                       expected->items[i].size);
        REQUIRE(verdict_of(file, subject, &verdict) == 0);
        if (verdict.fault.reason == REASON_GOS_READINGS && ambiguous) {
                free(wanted);
                free(patched);
                return;
        }
        edits_apply(&verdict.plan, patched, file.size);
        for (size_t i = 0; ambiguous && i < ARRAY_SIZE(expected->strays); i++)
                if (expected->strays[i] > 0)
                        wanted[expected->strays[i]] = patched[expected->strays[i]];
        same = memcmp(wanted, patched, file.size) == 0;
        REQUIRE(verdict_of((Span){patched, file.size}, subject, &after) == 0);
        CHECK(same);
        CHECK_TEXT(state_name(after.state), "patched");
        if (!same || after.state != STATE_PATCHED)
                printf("# %s, seed %u: %s, %s, %zu edits of %zu\n", what, round,
                       reason_text(verdict.fault.reason)->id, verdict.fault.subject,
                       verdict.plan.count, expected->count);
        free(wanted);
        free(patched);
}

/* SMC tables
 * -------------------------------------------------------------------------------------*/

typedef enum Link {
        LINK_RELA,
        LINK_LLD, /* fields zero */
        LINK_RELR,
        LINK_FIXED,
        LINK_PE,
        _LINK_MAX,
} Link;

typedef struct Maker {
        Link link;
        ElfBuilder elf;
        PeBuilder pe;
        uint8_t *content; /* at ROWS */
        uint64_t base;    /* what addresses begin with */
        uint64_t next;    /* first free place, from ROWS on */
        struct {
                uint64_t field, value;
                bool open; /* its pointer is to become Default */
        } pointers[TABLES_MAX * (ROWS_MAX + 1)];
        size_t pointer_count;
        struct {
                uint64_t row;
                unsigned gate;
        } gates[TABLES_MAX * 2];
        size_t gate_count;
} Maker;

static uint64_t handler_of(const Maker *maker, unsigned which)
{
        return maker->base + CODE + 0x100 + 0x70UL * which;
}

static void put_name(uint8_t *at, const char *name)
{
        for (unsigned i = 0; i < 4; i++)
                at[i] = (uint8_t)name[3 - i];
}

static void add_pointer(Maker *maker, uint64_t at, uint64_t value, bool open)
{
        maker->pointers[maker->pointer_count].field = at;
        maker->pointers[maker->pointer_count].value = value;
        maker->pointers[maker->pointer_count++].open = open;
        if (maker->link != LINK_LLD)
                store_le64(maker->content + at, value);
}

/* Handlers 0: Default, 1: NumKeys, 2: NTOK, 3 and 4: OSK's. */
static void put_row(Maker *maker, uint64_t at, const char *name, unsigned length, const char *type,
                    unsigned handler)
{
        uint8_t *row = maker->content + at;

        put_name(row, name);
        row[4] = (uint8_t)length;
        put_name(row + 5, type);
        row[9] = (uint8_t)pick(256);
        for (unsigned i = 0; i < 48; i++)
                row[0x18 + i] = chance(50) ? 0 : (uint8_t)pick(256);
        add_pointer(maker, at + 0x10, handler_of(maker, handler), handler > 2);
}

static void store_le32(uint8_t *bytes, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put_header(Maker *maker, uint64_t at, uint64_t rows, uint32_t count)
{
        add_pointer(maker, at, maker->base + ROWS + rows, false);
        store_le32(maker->content + at + 8, count);
        store_le32(maker->content + at + 12, chance(20) ? 0 : chance(30) ? count : pick(count));
}

/* Garbage behind the header and between the tables; nothing that is a pointer. */
static void put_garbage(Maker *maker, size_t size)
{
        for (size_t i = 0; i < size; i++)
                maker->content[maker->next + i] = (uint8_t)(0x80 + pick(0x80));
        maker->next += size;
}

static void put_rows(Maker *maker, uint64_t rows, uint32_t count, bool own_handlers)
{
        uint32_t first = pick(count), second = (first + 1 + pick(count - 1)) % count;
        unsigned lks = pick(3); /* none, one, several */

        for (uint32_t i = 0; i < count; i++) {
                uint64_t at = rows + 72UL * i;
                char name[16];

                (void)snprintf(name, sizeof(name), "T%03u", i);
                if (i == first || i == second) {
                        unsigned gate = i == second;

                        put_row(maker, at, gate ? "OSK1" : "OSK0", 32, "ch8*",
                                own_handlers ? 3 + gate : 3);
                        maker->gates[maker->gate_count].row = at;
                        maker->gates[maker->gate_count++].gate = gate;
                } else if (i == 0 && chance(80)) {
                        put_row(maker, at, "#KEY", 4, "ui32", 1);
                } else if (i == 1 && chance(30)) {
                        put_row(maker, at, "$Adr", 4, "ui32", 0);
                } else if (lks > 0 && (lks > 1 || i > count / 2) && chance(30)) {
                        put_row(maker, at, "+LKS", 1, "flag", 0);
                        lks -= lks == 1;
                } else {
                        put_row(maker, at, name, pick(49), chance(50) ? "ui8 " : "ui8\0",
                                chance(5) && i > 8 ? 2 : 0);
                }
        }
}

static void put_table(Maker *maker)
{
        uint32_t count = 6 + pick(ROWS_MAX - 6);
        unsigned place = pick(3); /* of the header: before, after, far */
        uint64_t header = maker->next, rows;

        if (place == 0) {
                maker->next += 16;
                put_garbage(maker, 8UL * pick(40));
        }
        rows = maker->next;
        maker->next += 72UL * count;
        put_rows(maker, rows, count, chance(30));
        if (place > 0) {
                put_garbage(maker, place == 1 ? 8UL * pick(3) : 8UL * pick(2000));
                header = maker->next;
                maker->next += 16;
        }
        put_header(maker, header, rows, count);
        put_garbage(maker, 8UL * pick(20));
}

/* Lone first rows, letters, counts. */
static void put_strays(Maker *maker)
{
        static const char *const names[] = {"#KEY", "OSK0", "OSK1", "+LKS"};

        for (unsigned i = pick(40); i > 0; i--) {
                uint8_t *row = maker->content + maker->next;

                put_name(row, names[pick(4)]);
                row[4] = 4;
                put_name(row + 5, "ui32");
                maker->next += 72;
                put_garbage(maker, 80);
        }
}

static void link_elf(Maker *maker, Expected *expected)
{
        bool rela = maker->link == LINK_RELA || maker->link == LINK_LLD;
        uint64_t wanted = htole64(handler_of(maker, 0));

        maker->elf.type = maker->link == LINK_FIXED ? ET_EXEC : ET_DYN;
        for (size_t i = 0; i < maker->pointer_count; i++) {
                if (rela)
                        elf_builder_add_rela(&maker->elf, ROWS + maker->pointers[i].field,
                                             R_X86_64_RELATIVE, maker->pointers[i].value);
                else if (maker->link == LINK_RELR)
                        elf_builder_add_relr(&maker->elf, ROWS + maker->pointers[i].field);
        }
        elf_builder_build(&maker->elf);
        for (size_t i = 0; i < maker->pointer_count; i++) {
                uint64_t field = ROWS + maker->pointers[i].field;

                if (!maker->pointers[i].open)
                        continue;
                if (maker->link != LINK_LLD)
                        expect(expected, elf_builder_offset_of(&maker->elf, field), &wanted, 8);
                if (rela)
                        expect(expected, maker->elf.rela_offset + i * 24 + 16, &wanted, 8);
        }
}

static uint64_t place_of(const Maker *maker, uint64_t at)
{
        return maker->link == LINK_PE ? maker->pe.sections[1].offset + at
                                      : elf_builder_offset_of(&maker->elf, ROWS + at);
}

static void link_file(Maker *maker, Expected *expected)
{
        uint64_t wanted = htole64(handler_of(maker, 0));

        if (maker->link != LINK_PE) {
                link_elf(maker, expected);
        } else {
                maker->pe.no_checksum = true;
                pe_builder_build(&maker->pe);
                for (size_t i = 0; i < maker->pointer_count; i++)
                        if (maker->pointers[i].open)
                                expect(expected, place_of(maker, maker->pointers[i].field), &wanted,
                                       8);
        }
        for (size_t i = 0; i < maker->gate_count; i++)
                expect(expected, place_of(maker, maker->gates[i].row + 0x18),
                       maker->gates[i].gate ? "easedontsteal(c)AppleComputerInc"
                                            : "ourhardworkbythesewordsguardedpl",
                       32);
}

static void check_smc(Link link, unsigned round)
{
        static const char *const names[] = {"RELA", "lld", "RELR", "fixed", "PE"};
        static Maker maker;
        static Expected expected;

        maker = (Maker){.link = link, .elf = ELF_BUILDER_NONE, .pe = PE_BUILDER_NONE};
        expected.count = 0;
        random_state = round * 2654435761UL + link;
        if (link == LINK_PE) {
                maker.base = PE_BASE;
                (void)pe_builder_add_section(&maker.pe, CODE, PE_EXECUTABLE, CODE_SIZE, CODE_SIZE);
                maker.content =
                        pe_builder_add_section(&maker.pe, ROWS, PE_WRITABLE, ROWS_SIZE, ROWS_SIZE);
        } else {
                (void)elf_builder_add_segment(&maker.elf, CODE, PF_R | PF_X, CODE_SIZE);
                maker.content = elf_builder_add_segment(&maker.elf, ROWS, PF_R | PF_W, ROWS_SIZE);
        }
        put_strays(&maker);
        maker.next = (maker.next + 8UL * pick(100)) & ~UINT64_C(7);
        for (unsigned tables = 1 + pick(TABLES_MAX); tables > 0; tables--)
                put_table(&maker);
        put_strays(&maker);
        link_file(&maker, &expected);
        check_exact(names[link], round,
                    link == LINK_PE ? pe_builder_span(&maker.pe) : elf_builder_span(&maker.elf),
                    SUBJECT_SMC, &expected, false);
        elf_builder_done(&maker.elf);
        pe_builder_done(&maker.pe);
}

static void smc_tables_of_any_layout(void)
{
        for (unsigned round = 0; round < ROUNDS; round++)
                check_smc(round % _LINK_MAX, round);
}

/* Guest list
 * -------------------------------------------------------------------------------------*/

typedef struct Guests {
        uint8_t *content[2];
        uint64_t offsets[2];                  /* in the file */
        uint64_t next, strides[2], strays[2]; /* stray 0: none */
        struct {
                unsigned segment;
                uint64_t at;
                uint8_t flags;
        } entries[ENTRIES_MAX];
        size_t count;
} Guests;

static uint8_t near_flags(uint8_t flags)
{
        for (unsigned i = pick(3); i > 0; i--)
                flags ^= (uint8_t)(2U << pick(7));
        return flags;
}

static void put_match(uint8_t *at, uint8_t flags)
{
        memset(at, 0, 32);
        at[0] = 0x10;
        at[4] = chance(50) ? 0x10 : 0x20;
        at[8] = chance(50) ? 1 : 2;
        at[32] = flags;
}

/* Another system's slot: not the pattern, or the pattern with flags of another kind. */
static void put_other(uint8_t *at, uint8_t flags)
{
        put_match(at, chance(50) ? 0 : 0x80);
        if (chance(70) || __builtin_popcount((flags ^ at[32]) & 0xFE) <= 2)
                at[chance(50) ? 0 : 12 + pick(20)] = 0x7C;
}

static void put_entry(Guests *guests, unsigned segment, uint64_t at, uint8_t flags)
{
        put_match(guests->content[segment] + at, flags);
        guests->entries[guests->count].segment = segment;
        guests->entries[guests->count].at = at;
        guests->entries[guests->count++].flags = flags;
}

static void put_guests(Guests *guests, unsigned segment, uint64_t stride, uint8_t flags,
                       unsigned shown)
{
        unsigned others = 0;

        for (unsigned group = 1 + pick(4); group > 0; group--) {
                for (unsigned i = 3 + pick(12); i > 0; i--) {
                        uint8_t own = chance(5) ? near_flags(flags) : flags;

                        if (chance(10) && others++ < 3) {
                                put_other(guests->content[segment] + guests->next, flags);
                                guests->next += stride;
                        }
                        put_entry(guests, segment, guests->next,
                                  (uint8_t)((own & ~1U) | chance(shown)));
                        guests->next += stride;
                }
                for (unsigned i = pick(4); i > 0; i--) {
                        put_other(guests->content[segment] + guests->next, flags);
                        guests->content[segment][guests->next] = 0x12;
                        guests->next += stride;
                }
        }
}

/* Off every lattice: less than the smallest stride behind a slot of its own. */
static void put_stray(Guests *guests, unsigned segment, uint64_t stride)
{
        guests->next += stride + 20;
        put_match(guests->content[segment] + guests->next, 0x3E);
        guests->strays[segment] = guests->next;
        guests->next += 200;
}

/* Whether one of the distances that may be a lattice's explains this one. */
static bool is_explained(uint64_t distance, uint64_t stride)
{
        for (uint64_t smaller = stride; smaller >= 36; smaller -= 4)
                if (stride % smaller == 0 && distance % smaller == 0)
                        return true;
        return false;
}

/* A stray that is on the lattice of the other segment, two that are a whole number of strides
 * apart, and one among as few as three entries may be entries. */
static bool strays_are_ambiguous(const Guests *guests)
{
        bool both = guests->strays[0] > 0 && guests->strays[1] > 0;
        uint64_t strays[2] = {};

        for (unsigned i = 0; i < 2; i++)
                strays[i] = guests->offsets[i] + guests->strays[i];
        for (size_t i = 0; i < guests->count; i++) {
                unsigned segment = guests->entries[i].segment;
                uint64_t at = guests->offsets[segment] + guests->entries[i].at;

                for (unsigned k = 0; k < 2; k++)
                        if (guests->strays[k] > 0 &&
                            is_explained(at > strays[k] ? at - strays[k] : strays[k] - at,
                                         guests->strides[segment]))
                                return true;
        }
        for (unsigned i = 0; both && i < 2; i++)
                if (guests->strides[i] > 0 && (strays[1] - strays[0]) % guests->strides[i] == 0)
                        return true;
        return guests->count < 4 && (guests->strays[0] > 0 || guests->strays[1] > 0);
}

static bool all_shown(const Guests *guests)
{
        for (size_t i = 0; i < guests->count; i++)
                if (!(guests->entries[i].flags & 1))
                        return false;
        return true;
}

static void check_guests(unsigned round)
{
        static Guests guests;
        static Expected expected;
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        uint64_t stride;
        unsigned shown;
        uint8_t flags;

        guests = (Guests){};
        expected.count = 0;
        random_state = round * 40503UL + 7;
        stride = chance(30) ? 64 : 36 + 4UL * pick(chance(50) ? 30 : 1016);
        flags = chance(30) ? 0x3E : (uint8_t)(pick(128) << 1);
        shown = chance(60) ? 0 : 50;
        for (unsigned i = 0; i < 2; i++)
                guests.content[i] = elf_builder_add_segment(&builder, 0x10000 + 0x90000UL * i,
                                                            i ? PF_R | PF_W : PF_R, 0x80000);
        for (unsigned segment = 0; segment < 1 + pick(2); segment++) {
                guests.next = 4UL * (1 + pick(200));
                if (segment == 1 && chance(50))
                        stride = 36 + 4UL * pick(200);
                guests.strides[segment] = stride;
                put_guests(&guests, segment, stride, flags, shown);
                if (chance(30))
                        put_stray(&guests, segment, stride);
        }
        elf_builder_build(&builder);
        for (unsigned i = 0; i < 2; i++)
                guests.offsets[i] = builder.segments[i].offset;
        for (size_t i = 0; i < guests.count; i++) {
                uint8_t open = guests.entries[i].flags | 1;

                expect(&expected,
                       builder.segments[guests.entries[i].segment].offset + guests.entries[i].at +
                               32,
                       &open, 1);
        }
        for (unsigned i = 0; i < 2; i++)
                expected.strays[i] =
                        guests.strays[i] ? guests.offsets[i] + guests.strays[i] + 32 : 0;
        if (!all_shown(&guests))
                check_exact("guests", round, elf_builder_span(&builder), SUBJECT_GOS, &expected,
                            strays_are_ambiguous(&guests));
}

static void guest_lists_of_any_layout(void)
{
        for (unsigned round = 0; round < ROUNDS; round++)
                check_guests(round);
        check_guests(105335); /* a group of three with flags of as many kinds */
}

int main(void)
{
        CASE(smc_tables_of_any_layout);
        CASE(guest_lists_of_any_layout);
        return tap_end();
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>

#include "patch/smc-find.h"

/* First rows, headers of them, and pointers to them that are looked into: a hostile file must not
 * make the search slow. Files of VMware's hold two of each. */
#define CANDIDATES_MAX 16U
#define HEADERS_MAX    16U
#define POINTERS_MAX   256U
#define NEAR_GAP_MAX   0x100U

typedef struct Candidate {
        uint64_t offset, address; /* of a first row */
        bool has_header;          /* one leads to it, believed or not */
        bool believed;
} Candidate;

typedef struct Finder {
        const Image *image;
        Candidate candidates[CANDIDATES_MAX];
        size_t candidate_count;
        SmcTable tables[SMC_TABLE_COUNT];
        size_t table_count;
        size_t header_count, pointer_count; /* looked at */
        bool too_many;
        Fault broken; /* what spoke against a table that was not believed */
} Finder;

/* "#KEY", 4 bytes, "ui32": the row that every table begins with. */
static const uint8_t first_row[] = {'Y', 'E', 'K', '#', 4, '2', '3', 'i', 'u'};

static void note_candidate(Finder *finder, const ImageRange *range, uint64_t offset)
{
        uint64_t address = range->address + (offset - range->offset);

        if (!smc_row_fits(finder->image, offset))
                return;
        if (finder->candidate_count == CANDIDATES_MAX) {
                finder->too_many = true;
                return;
        }
        finder->candidates[finder->candidate_count++] =
                (Candidate){.offset = offset, .address = address};
}

static void search_range(Finder *finder, const ImageRange *range)
{
        const uint8_t *start = image_bytes(finder->image).bytes;
        const uint8_t *at = start + range->offset, *end = at + range->size;

        while ((at = memmem(at, (size_t)(end - at), first_row, sizeof(first_row)))) {
                note_candidate(finder, range, (uint64_t)(at - start));
                at += sizeof(first_row);
        }
}

static bool is_known(const Finder *finder, uint64_t rows_address)
{
        for (size_t i = 0; i < finder->table_count; i++)
                if (finder->tables[i].rows_address == rows_address)
                        return true;
        return false;
}

/* A header with impossible counts may be something else that points here, so any other reason says
 * more; of the rest, the first. */
static void note_broken(Finder *finder, const Fault *fault)
{
        if (finder->broken.reason == REASON_NONE || finder->broken.reason == REASON_SMC_COUNTS)
                finder->broken = *fault;
}

/* A table at last, or the reason why it is none. */
static void try_header(Finder *finder, uint64_t address, Candidate *candidate)
{
        Fault fault = FAULT_NONE;
        SmcTable table;

        if (finder->too_many || ++finder->header_count > HEADERS_MAX) {
                finder->too_many = true;
                return;
        }
        candidate->has_header = true;
        if (smc_table_read(finder->image, address, candidate->address, &table, &fault) < 0) {
                note_broken(finder, &fault);
                return;
        }
        candidate->believed = true;
        if (finder->table_count == SMC_TABLE_COUNT || is_known(finder, candidate->address))
                finder->too_many = true;
        else
                finder->tables[finder->table_count++] = table;
}

static void try_gap(Finder *finder, Candidate *candidate, uint64_t gap)
{
        uint64_t address;

        if (!__builtin_sub_overflow(candidate->address, gap, &address) &&
            smc_header_fits(finder->image, address, candidate->address))
                try_header(finder, address, candidate);
}

/* Nearly all builds have the smallest gap. Every one is tried: a second header that leads to the
 * same rows means that they are not what they seem. */
static void try_near(Finder *finder, Candidate *candidate)
{
        for (uint64_t gap = SMC_HEADER_SIZE; gap <= NEAR_GAP_MAX; gap += 8)
                try_gap(finder, candidate, gap);
}

static int on_pointer(uint64_t address, uint64_t value, void *context)
{
        Finder *finder = context;

        if (++finder->pointer_count > POINTERS_MAX)
                finder->too_many = true;
        for (size_t i = 0; i < finder->candidate_count && !finder->too_many; i++)
                if (finder->candidates[i].address == value &&
                    smc_header_fits(finder->image, address, value))
                        try_header(finder, address, &finder->candidates[i]);
        return finder->too_many ? -E2BIG : 0;
}

/* Headers that do not lie just before their rows: one pass over all pointers, whatever the number
 * of candidates; none where all of them have their header. */
static int try_far(Finder *finder)
{
        uint64_t addresses[CANDIDATES_MAX];
        size_t count = 0;
        int r = 0;

        for (size_t i = 0; i < finder->candidate_count; i++)
                if (!finder->candidates[i].believed)
                        addresses[count++] = finder->candidates[i].address;
        if (count > 0 && !finder->too_many)
                r = image_find_pointers(finder->image, addresses, count, on_pointer, finder);
        return finder->too_many ? 0 : r;
}

/* Rows without a header are worth telling only when a table is missing; a first row alone is no
 * sign of a table. */
static void note_headless(Finder *finder)
{
        for (size_t i = 0; i < finder->candidate_count; i++) {
                const Candidate *candidate = &finder->candidates[i];

                if (!candidate->has_header && finder->broken.reason == REASON_NONE &&
                    smc_row_fits(finder->image, candidate->offset + SMC_ROW_SIZE))
                        (void)fault_set_at(&finder->broken, -EBADMSG, REASON_SMC_NO_HEADER,
                                           candidate->offset, "rows at 0x%" PRIx64,
                                           candidate->offset);
        }
}

/* Each byte is searched once at most. */
static void search(Finder *finder, bool writable)
{
        size_t count, first = finder->candidate_count;
        const ImageRange *ranges = image_ranges(finder->image, &count);

        for (size_t i = 0; i < count; i++)
                if (ranges[i].writable == writable)
                        search_range(finder, &ranges[i]);
        for (size_t i = first; i < finder->candidate_count; i++)
                try_near(finder, &finder->candidates[i]);
}

/* Tables lie in writable data, or, where nothing relocates them, among constants. */
static int search_all(Finder *finder)
{
        search(finder, true);
        if (finder->table_count < SMC_TABLE_COUNT)
                search(finder, false);
        return try_far(finder);
}

static int refuse(const Finder *finder, Fault *fault)
{
        if (finder->broken.reason != REASON_NONE) {
                if (fault)
                        *fault = finder->broken;
                return -EBADMSG;
        }
        if (finder->table_count == 1)
                return fault_set_at(fault, -EBADMSG, REASON_SMC_ONE,
                                    finder->tables[0].header_offset, "V%u at 0x%" PRIx64,
                                    finder->tables[0].version, finder->tables[0].header_offset);
        return fault_set(fault, -ENOENT, REASON_SMC_NONE, "SMC tables");
}

/* File offsets of a header's or a table's rows. */
typedef struct Part {
        uint64_t offset, size;
} Part;

/* To open a gate in one part must not change what leads to another. */
static int check_apart(const SmcTables *tables, Fault *fault)
{
        Part parts[2 * SMC_TABLE_COUNT];

        for (unsigned i = 0; i < SMC_TABLE_COUNT; i++) {
                const SmcTable *table = &tables->tables[i];

                parts[2 * i] = (Part){table->header_offset, SMC_HEADER_SIZE};
                parts[2 * i + 1] =
                        (Part){table->rows_offset, (uint64_t)table->private_count * SMC_ROW_SIZE};
        }
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
                for (size_t k = 0; k < i; k++)
                        if (parts[i].offset < parts[k].offset + parts[k].size &&
                            parts[k].offset < parts[i].offset + parts[i].size)
                                return smc_table_refuse(&tables->tables[i / 2], REASON_SMC_OVERLAP,
                                                        parts[i].offset, i % 2 ? "rows" : "header",
                                                        fault);
        return 0;
}

int smc_find(const Image *image, SmcTables *ret, Fault *fault)
{
        Finder finder = {.image = image, .broken = FAULT_NONE};
        SmcTables tables = {};
        bool swapped;
        int r = search_all(&finder);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "SMC tables");
        if (finder.too_many)
                return fault_set(fault, -EBADMSG, REASON_SMC_TOO_MANY, "SMC tables");
        if (finder.table_count < SMC_TABLE_COUNT) {
                note_headless(&finder);
                return refuse(&finder, fault);
        }
        if (finder.tables[0].version == finder.tables[1].version)
                return fault_set(fault, -EBADMSG, REASON_SMC_VERSIONS, "V%u twice",
                                 finder.tables[0].version);
        swapped = finder.tables[0].version == 1;
        tables.tables[0] = finder.tables[swapped ? 1 : 0];
        tables.tables[1] = finder.tables[swapped ? 0 : 1];
        r = check_apart(&tables, fault);
        if (r < 0)
                return r;
        for (unsigned i = 0; i < SMC_TABLE_COUNT; i++)
                for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                        tables.tables[i].gates[gate] = smc_gate_state(&tables.tables[i], gate);
        *ret = tables;
        return 0;
}

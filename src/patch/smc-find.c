/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "patch/smc-finder.h"
#include "patch/smc.h"

/* File offsets of a header's or a table's rows. */
typedef struct Part {
        uint64_t offset, size;
} Part;

static bool parts_meet(Part a, Part b)
{
        return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

static Part header_of(const SmcTable *table)
{
        return (Part){table->header_offset, SMC_HEADER_SIZE};
}

static Part rows_of(const SmcTable *table)
{
        return (Part){table->rows_offset, (uint64_t)table->private_count * SMC_ROW_SIZE};
}

/* To open a gate in one part must not change what leads to another. */
static int table_check_apart(const SmcTables *tables, const SmcTable *table, Fault *fault)
{
        bool meet = parts_meet(header_of(table), rows_of(table)), in_rows = false;

        for (size_t i = 0; !meet && i < tables->count; i++) {
                const SmcTable *other = &tables->items[i];

                in_rows = parts_meet(rows_of(table), rows_of(other)) ||
                          parts_meet(rows_of(table), header_of(other));
                meet = in_rows || parts_meet(header_of(table), header_of(other)) ||
                       parts_meet(header_of(table), rows_of(other));
        }
        if (!meet)
                return 0;
        return fault_set_at(fault, -EBADMSG, REASON_SMC_OVERLAP,
                            in_rows ? table->rows_offset : table->header_offset,
                            "%s at 0x%" PRIx64 ": %s", smc_version_name(table->version),
                            table->header_offset, in_rows ? "rows" : "header");
}

/* Whether the rows of `header` are some, or all, of those of a table that is believed: another view
 * of it, as of the public keys alone. Its OSK rows are the same, and so are the edits. */
static bool header_is_view(const SmcTables *tables, const SmcHeader *header)
{
        for (size_t i = 0; i < tables->count; i++) {
                const SmcTable *table = &tables->items[i];
                uint64_t into = header->rows_address - table->rows_address;

                if (header->rows_address >= table->rows_address && into % SMC_ROW_SIZE == 0 &&
                    range_fits(into / SMC_ROW_SIZE, header->private_count, table->private_count))
                        return true;
        }
        return false;
}

static int tables_add(SmcTables *tables, const SmcTable *table)
{
        SmcTable *larger = reallocarray(tables->items, tables->count + 1, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        tables->items = larger;
        larger[tables->count++] = *table;
        return 0;
}

/* The most rows first, so that what is only a view of a table comes after it. */
static int compare_claims(const void *a, const void *b)
{
        const SmcHeader *left = &((const SmcClaim *)a)->header;
        const SmcHeader *right = &((const SmcClaim *)b)->header;

        if (left->private_count != right->private_count)
                return left->private_count < right->private_count ? 1 : -1;
        return (left->address > right->address) - (left->address < right->address);
}

/* A header, of a view as well, is in no table's rows: an edit there would change what it says. */
static int finder_check_headers(const SmcFinder *finder, Fault *fault)
{
        for (size_t i = 0; i < finder->fitting.count; i++) {
                uint64_t at = finder->fitting.items[i].header.offset;

                for (size_t k = 0; k < finder->tables.count; k++)
                        if (parts_meet((Part){at, SMC_HEADER_SIZE},
                                       rows_of(&finder->tables.items[k])))
                                return fault_set_at(fault, -EBADMSG, REASON_SMC_OVERLAP, at,
                                                    "header at 0x%" PRIx64, at);
        }
        return 0;
}

static int finder_believe(SmcFinder *finder, Fault *fault)
{
        if (finder->fitting.count > 1)
                qsort(finder->fitting.items, finder->fitting.count, sizeof(SmcClaim),
                      compare_claims);
        for (size_t i = 0; i < finder->fitting.count; i++) {
                const SmcHeader *header = &finder->fitting.items[i].header;
                SmcTable table;
                int r;

                if (!smc_finder_can_afford(finder, 2 * finder->tables.count))
                        return -E2BIG;
                if (header_is_view(&finder->tables, header))
                        continue;
                if (!smc_finder_can_afford(finder, header->private_count))
                        return -E2BIG;
                r = smc_table_read(finder->image, header, &table, fault);
                if (r >= 0)
                        r = table_check_apart(&finder->tables, &table, fault);
                if (r >= 0)
                        r = tables_add(&finder->tables, &table);
                if (r < 0)
                        return r;
        }
        return finder_check_headers(finder, fault);
}

static const SmcTable *table_with_row(const SmcFinder *finder, uint64_t offset)
{
        for (size_t i = 0; i < finder->tables.count; i++) {
                Part rows = rows_of(&finder->tables.items[i]);

                if (offset >= rows.offset && offset - rows.offset < rows.size)
                        return &finder->tables.items[i];
        }
        return NULL;
}

/* Whether the OSK row `row` of `run` and all rows around it, to the ends of the table or of the
 * run, have the names, types and attributes of that table: a copy of it, which no header needs.
 * Tables of one version begin alike: a few rows are no proof. */
static bool row_is_copy_of(const SmcFinder *finder, const SmcRun *run, uint64_t row,
                           const SmcTable *table)
{
        SmcGate gate = SMC_OSK0;
        uint64_t index, before, behind;

        (void)smc_row_is_osk(smc_row_bytes(finder, run->offset, row), &gate);
        index = table->osk[gate].index;
        before = MIN(index, row);
        behind = MIN(table->private_count - 1 - index, run->count - 1 - row);
        for (uint64_t i = 0; i <= before + behind; i++)
                if (memcmp(smc_row_bytes(finder, run->offset, row - before + i),
                           smc_row_bytes(finder, table->rows_offset, index - before + i), 10) != 0)
                        return false;
        return before + behind > 0;
}

static bool row_is_copied(const SmcFinder *finder, const SmcRun *run, uint64_t row)
{
        for (size_t i = 0; i < finder->tables.count; i++)
                if (row_is_copy_of(finder, run, row, &finder->tables.items[i]))
                        return true;
        return false;
}

/* A key that asks some code, between rows, and that no table has: an entry left out. What cannot be
 * looked into is taken for one. */
static bool row_is_gate(SmcFinder *finder, const SmcRun *run, uint64_t row)
{
        uint64_t relocations = image_rela_count(finder->image) + image_relr_count(finder->image);
        uint64_t address = run->address + row * SMC_ROW_SIZE;
        const ImageRange *range;
        ImagePointer handler;

        if (!smc_row_is_osk(smc_row_bytes(finder, run->offset, row), NULL) || run->count < 2 ||
            table_with_row(finder, run->offset + row * SMC_ROW_SIZE))
                return false;
        if (!smc_finder_can_afford(finder,
                                   run->count * (finder->tables.count + 1) + relocations / 8))
                return true;
        if (row_is_copied(finder, run, row))
                return false;
        if (image_pointer_at(finder->image, address + 0x10, &handler, NULL) < 0)
                return true;
        range = image_range_at_address(finder->image, handler.value, 1);
        return handler.value != 0 && range && range->executable;
}

static const SmcRun *find_left_out(SmcFinder *finder)
{
        for (size_t i = 0; i < finder->runs.count; i++) {
                const SmcRun *run = &finder->runs.items[i];

                for (uint64_t row = 0; run->has_osk && row < run->count; row++)
                        if (row_is_gate(finder, run, row))
                                return run;
        }
        return NULL;
}

/* The most telling of what was refused: impossible counts may be something else that points to a
 * row. Without a run, only what looks like a table that is damaged counts. */
static const SmcClaim *find_telling(const SmcFinder *finder, const SmcRun *run)
{
        const SmcClaim *telling = NULL;

        for (size_t i = 0; i < finder->refused.count; i++) {
                const SmcClaim *claim = &finder->refused.items[i];
                uint64_t at = claim->header.rows_offset;

                bool in_run =
                        run && at >= run->offset && at - run->offset < run->count * SMC_ROW_SIZE;

                if (!in_run &&
                    (!(run ? claim->to_first : claim->weighty) || table_with_row(finder, at)))
                        continue;
                if (!run && finder->tables.count > 0 && claim->fault.reason == REASON_SMC_COUNTS)
                        continue;
                if (!telling || (claim->weighty && !telling->weighty) ||
                    (telling->fault.reason == REASON_SMC_COUNTS &&
                     claim->fault.reason != REASON_SMC_COUNTS))
                        telling = claim;
        }
        return telling;
}

static int run_refuse(const SmcRun *run, Fault *fault)
{
        return fault_set_at(fault, -EBADMSG, REASON_SMC_NO_HEADER, run->offset,
                            "rows at 0x%" PRIx64, run->offset);
}

/* What is in the file beside the tables must not look like one that is left out.
 *
 * #KEY rows alone refuse nothing beside a table that is believed, three thousand of them no more
 * than one: without OSK0 or OSK1 there is no gate that could stay closed. Only keys that ask code,
 * or a header that leads to a damaged table, speak against the file. Where no table is believed, a
 * #KEY row that others follow tells that one was there. What all of them may cost is limited as
 * work, not as a number of rows: smc_claims_find(). */
static int finder_check_rest(SmcFinder *finder, Fault *fault)
{
        const SmcRun *run = find_left_out(finder);
        const SmcClaim *telling = find_telling(finder, run);

        if (telling) {
                if (fault)
                        *fault = telling->fault;
                return -EBADMSG;
        }
        if (run)
                return run_refuse(run, fault);
        if (finder->tables.count > 0)
                return 0;
        for (size_t i = 0; i < finder->runs.count; i++)
                if (finder->runs.items[i].has_first && finder->runs.items[i].count > 1)
                        return run_refuse(&finder->runs.items[i], fault);
        return fault_set(fault, -ENOENT, REASON_SMC_NONE, "SMC tables");
}

static int compare_tables(const void *a, const void *b)
{
        const SmcTable *left = a, *right = b;

        if (left->version != right->version)
                return left->version > right->version ? 1 : -1;
        return (left->rows_offset > right->rows_offset) - (left->rows_offset < right->rows_offset);
}

int smc_find(const Image *image, SmcTables *ret, Fault *fault)
{
        _cleanup_(smc_finder_done) SmcFinder finder = {.image = image};
        int r = smc_claims_find(&finder);

        if (r >= 0)
                r = finder_believe(&finder, fault);
        if (r == -E2BIG)
                return fault_set(fault, -EBADMSG, REASON_SMC_TOO_MANY, "SMC tables");
        if (r == -ENOMEM)
                return fault_set(fault, r, REASON_NO_MEMORY, "SMC tables");
        if (r >= 0)
                r = finder_check_rest(&finder, fault);
        if (r < 0)
                return r;
        if (finder.tables.count > 1)
                qsort(finder.tables.items, finder.tables.count, sizeof(SmcTable), compare_tables);
        *ret = finder.tables;
        finder.tables = (SmcTables){};
        return 0;
}

void smc_candidates_done(SmcCandidates *candidates)
{
        free(candidates->items);
        *candidates = (SmcCandidates){};
}

static void candidates_add(SmcCandidates *candidates, const SmcClaim *claim, const Fault *fault)
{
        if (candidates->count < SMC_CANDIDATES_LIMIT)
                candidates->items[candidates->count++] = (SmcCandidate){
                        .header_offset = claim->header.offset,
                        .rows_offset = claim->header.rows_offset,
                        .private_count = claim->header.private_count,
                        .public_count = claim->header.public_count,
                        .fault = *fault,
                };
}

int smc_candidates(const Image *image, SmcCandidates *ret)
{
        _cleanup_(smc_finder_done) SmcFinder finder = {.image = image};
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        int r = smc_claims_find(&finder);

        if (r < 0 && r != -E2BIG)
                return r;
        candidates.items = reallocarray(NULL, SMC_CANDIDATES_LIMIT, sizeof(*candidates.items));
        if (!candidates.items)
                return -ENOMEM;
        for (size_t i = 0; i < MIN(finder.fitting.count, (size_t)SMC_CANDIDATES_LIMIT); i++) {
                const SmcClaim *claim = &finder.fitting.items[i];
                Fault fault = FAULT_NONE;
                SmcTable table;

                r = smc_table_read(image, &claim->header, &table, &fault);
                if (r == -ENOMEM)
                        return r;
                candidates_add(&candidates, claim, &fault);
        }
        for (size_t i = 0; i < finder.refused.count; i++)
                candidates_add(&candidates, &finder.refused.items[i],
                               &finder.refused.items[i].fault);
        *ret = candidates;
        candidates = (SmcCandidates){};
        return 0;
}

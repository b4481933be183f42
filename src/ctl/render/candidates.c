/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/render/candidates.h"
#include "ctl/render/smc-words.h"
#include "patch/gos-look.h"

#define FIRST_ROWS    4U
#define ROWS_LOOKED   8192U /* for OSK0 and OSK1 */
#define MATCHES_SHOWN 2048U

static size_t rows_add(uint32_t rows[static FINDING_ROWS_MAX], size_t count, uint32_t row)
{
        if (count == FINDING_ROWS_MAX || (count > 0 && rows[count - 1] >= row))
                return count;
        rows[count] = row;
        return count + 1;
}

size_t finding_rows(const Image *image, const SmcCandidate *candidate, SmcTable *ret_table,
                    uint32_t ret_rows[static FINDING_ROWS_MAX])
{
        SmcTable table = {.version = SMC_VERSION_UNKNOWN,
                          .header_offset = candidate->header_offset,
                          .rows_offset = candidate->rows_offset,
                          .private_count = candidate->private_count,
                          .public_count = candidate->public_count};
        uint32_t length = MIN(candidate->private_count, ROWS_LOOKED);
        size_t count = 0;

        (void)image_address_of(image, table.header_offset, SMC_HEADER_SIZE, &table.header_address);
        *ret_table = table;
        if (image_address_of(image, table.rows_offset, SMC_ROW_SIZE, &table.rows_address) < 0)
                return 0;
        *ret_table = table;
        for (uint32_t row = 0; row < length; row++) {
                SmcKey key;
                Fault fault = FAULT_NONE;
                int r = smc_key(image, &table, row, &key, &fault);

                if (row < FIRST_ROWS)
                        count = rows_add(ret_rows, count, row);
                if (r < 0 && fault.reason != REASON_IMAGE_RELOCATION)
                        return rows_add(ret_rows, count, row);
                if (r < 0 || (strcmp(key.name, "OSK0") != 0 && strcmp(key.name, "OSK1") != 0))
                        continue;
                count = rows_add(ret_rows, count, row > 0 ? row - 1 : 0);
                count = rows_add(ret_rows, count, row);
                if (row + 1 < length)
                        count = rows_add(ret_rows, count, row + 1);
        }
        return count;
}

/* What has counts that may be right comes first: most other pointers to rows are no headers. */
int finding_candidates(const Image *image, SmcCandidates *ret)
{
        SmcCandidate *items;
        size_t next = 0;
        int r = smc_candidates(image, ret);

        if (r < 0 || ret->count == 0)
                return r;
        items = reallocarray(NULL, ret->count, sizeof(*items));
        if (!items) {
                smc_candidates_done(ret);
                return -ENOMEM;
        }
        for (size_t pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < ret->count; i++)
                        if ((ret->items[i].fault.reason == REASON_SMC_COUNTS) == (pass == 1))
                                items[next++] = ret->items[i];
        free(ret->items);
        ret->items = items;
        return 0;
}

static void write_row(FILE *out, const Image *image, const SmcTable *table, uint32_t row)
{
        Fault fault = FAULT_NONE;
        SmcKey key;

        (void)fprintf(out, "  row %4" PRIu32 "  ", row);
        if (smc_key(image, table, row, &key, &fault) < 0) {
                (void)fprintf(out, "0x%08" PRIx64 "  %s\n",
                              table->rows_offset + (uint64_t)row * SMC_ROW_SIZE,
                              reason_text(fault.reason)->id);
                return;
        }
        (void)fprintf(out, "0x%08" PRIx64 "  %s %s %2u 0x%02x  %s 0x%" PRIx64, key.offset, key.name,
                      key.type, key.length, key.attributes, pointer_source_name(key.handler.source),
                      key.handler.value);
        if (key.handler.field != key.handler.value)
                (void)fprintf(out, " field 0x%" PRIx64, key.handler.field);
        (void)fputc('\n', out);
}

/* The sentence of a rule that failed, and where. */
static void write_rule(FILE *out, const Fault *fault)
{
        (void)fprintf(out, "  rule      ");
        if (fault->reason == REASON_NONE) {
                (void)fprintf(out, "none failed: by itself it would be believed\n");
                return;
        }
        (void)fprintf(out, "%s: %s\n", reason_text(fault->reason)->id,
                      reason_text(fault->reason)->why);
        if (fault->offset != FAULT_NO_OFFSET)
                (void)fprintf(out, "            seen at 0x%" PRIx64 "\n", fault->offset);
}

static void write_candidate(FILE *out, const Image *image, const SmcCandidate *candidate,
                            size_t number)
{
        uint32_t rows[FINDING_ROWS_MAX];
        SmcTable table;
        size_t count = finding_rows(image, candidate, &table, rows);

        (void)fprintf(out,
                      "\nTable candidate %zu\n"
                      "  header    0x%" PRIx64 "\n"
                      "  rows      0x%" PRIx64 ", address 0x%" PRIx64 "\n"
                      "  keys      %" PRIu32 ", %" PRIu32 " of them public\n",
                      number, candidate->header_offset, candidate->rows_offset, table.rows_address,
                      candidate->private_count, candidate->public_count);
        write_rule(out, &candidate->fault);
        for (size_t i = 0; i < count; i++)
                write_row(out, image, &table, rows[i]);
}

static int write_candidates(FILE *out, const Image *image)
{
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        int r = finding_candidates(image, &candidates);

        if (r < 0)
                return r;
        for (size_t i = 0; i < candidates.count; i++)
                write_candidate(out, image, &candidates.items[i], i + 1);
        if (candidates.count == 0)
                (void)fprintf(out, "\nNo pointer leads to rows of an SMC table.\n");
        return 0;
}

static void write_match(FILE *out, const GosLook *look, size_t index)
{
        const GosEntry *match = &look->matches[index];

        (void)fprintf(out, "  0x%08" PRIx64 "  flags %02x", match->offset, match->flags);
        if (index > 0)
                (void)fprintf(out, "  +%-10" PRIu64,
                              match->offset - look->matches[index - 1].offset);
        else
                (void)fprintf(out, "  %-11s", "");
        if (match->kind == GOS_UNEVEN)
                (void)fprintf(out, "  on no multiple of 4\n");
        else if (!look->judged)
                (void)fputc('\n', out);
        else if (match->kind == GOS_STRAY)
                (void)fprintf(out, "  on no lattice\n");
        else
                (void)fprintf(out, "  lattice %zu%s\n", match->lattice + 1,
                              match->kind == GOS_OTHER ? ", flags of another system" : "");
}

static int write_matches(FILE *out, const Image *image)
{
        _cleanup_(gos_look_done) GosLook look = {};
        int r = gos_look(image, &look);

        if (r == -E2BIG) {
                (void)fprintf(out, "\nToo many matches of a guest-list entry to show them.\n");
                return 0;
        }
        if (r < 0)
                return r;
        if (look.match_count == 0) {
                (void)fprintf(out, "No place matches an entry of the guest list.\n");
                return 0;
        }
        (void)fprintf(out, "\nMatches of a guest-list entry: %zu%s\n", look.match_count,
                      look.has_others ? ", with more than one reading" : "");
        for (size_t i = 0; look.judged && i < look.lattice_count; i++)
                (void)fprintf(out, "  lattice %zu: %zu matches, stride %" PRIu64 "\n", i + 1,
                              look.lattices[i].count, look.lattices[i].stride);
        for (size_t i = 0; i < MIN(look.match_count, (size_t)MATCHES_SHOWN); i++)
                write_match(out, &look, i);
        if (look.match_count > MATCHES_SHOWN)
                (void)fprintf(out, "  and %zu more\n", look.match_count - MATCHES_SHOWN);
        return 0;
}

int finding_write(FILE *out, const Image *image)
{
        int r = write_candidates(out, image);

        return r < 0 ? r : write_matches(out, image);
}

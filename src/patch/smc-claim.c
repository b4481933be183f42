/* SPDX-License-Identifier: MIT */

/* Which headers lead to rows, and what speaks against each before its handlers are looked at. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "patch/smc-finder.h"
#include "patch/smc.h"

#define OSK_SIZE 32U

/* What a hostile file may cost: rows looked at for headers, and headers that lead to rows. What
 * leads to one row alone is only remembered for people, and so not all of it. */
#define WORK_PER_ROW   16U
#define WORK_PER_CLAIM 64U
#define WORK_LEAST     (1U << 20)
#define REFUSED_MAX    1024U

void smc_finder_done(SmcFinder *finder)
{
        smc_runs_done(&finder->runs);
        free(finder->fitting.items);
        free(finder->refused.items);
        smc_tables_done(&finder->tables);
}

static int claims_add(SmcClaims *claims, const SmcClaim *claim)
{
        SmcClaim *larger = claims->items;

        /* Grows at each power of two. */
        if ((claims->count & (claims->count - 1)) == 0) {
                larger = reallocarray(claims->items, claims->count ? claims->count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                claims->items = larger;
        }
        larger[claims->count++] = *claim;
        return 0;
}

static int claim_refuse(const SmcFinder *finder, SmcClaim *claim, Reason reason, uint64_t offset,
                        const char *what)
{
        return smc_header_refuse(finder->image, &claim->header, reason, offset, what,
                                 &claim->fault);
}

/* One OSK0 and one OSK1 of 32 bytes among the rows, all of which are well-formed. */
static int claim_check_keys(const SmcFinder *finder, SmcClaim *claim)
{
        static const char *const names[] = {[SMC_OSK0] = "OSK0", [SMC_OSK1] = "OSK1"};
        const SmcHeader *header = &claim->header;
        uint64_t found[_SMC_GATE_MAX] = {}, offset = header->rows_offset;
        SmcGate gate;

        for (uint32_t i = 0; i < header->private_count; i++, offset += SMC_ROW_SIZE) {
                if (!smc_row_is_osk(smc_row_bytes(finder, header->rows_offset, i), &gate))
                        continue;
                if (found[gate])
                        return claim_refuse(finder, claim, REASON_SMC_KEY_TWICE, offset,
                                            names[gate]);
                found[gate] = offset;
        }
        for (gate = 0; gate < _SMC_GATE_MAX; gate++) {
                if (!found[gate])
                        return claim_refuse(finder, claim, REASON_SMC_KEY_MISSING,
                                            header->rows_offset, names[gate]);
                if (smc_row_bytes(finder, found[gate], 0)[4] != OSK_SIZE)
                        return claim_refuse(finder, claim, REASON_SMC_ROW, found[gate],
                                            names[gate]);
        }
        return 0;
}

static int claim_refuse_row(const SmcFinder *finder, SmcClaim *claim, uint64_t rows)
{
        const SmcHeader *header = &claim->header;
        char what[32];

        text_put(what, sizeof(what), "row %" PRIu64, rows);
        return claim_refuse(finder, claim, REASON_SMC_ROW,
                            header->rows_offset + rows * SMC_ROW_SIZE, what);
}

/* `rows` are well-formed from the first one on. */
static int claim_check(const SmcFinder *finder, SmcClaim *claim, uint64_t rows)
{
        const SmcHeader *header = &claim->header;
        uint64_t size = (uint64_t)header->private_count * SMC_ROW_SIZE;

        if (header->private_count == 0 || header->public_count > header->private_count ||
            size > image_bytes(finder->image).size)
                return claim_refuse(finder, claim, REASON_SMC_COUNTS, header->offset, "counts");
        claim->to_first = smc_row_is_first(smc_row_bytes(finder, header->rows_offset, 0));
        claim->weighty = claim->to_first && rows >= 2;
        if (!image_range_at_address(finder->image, header->rows_address, size))
                return claim_refuse(finder, claim, REASON_SMC_TRUNCATED, header->offset, "rows");
        if (header->private_count > rows)
                return claim_refuse_row(finder, claim, rows);
        return claim_check_keys(finder, claim);
}

bool smc_finder_can_afford(SmcFinder *finder, uint64_t cost)
{
        bool can = cost <= finder->work;

        if (can)
                finder->work -= cost;
        return can;
}

/* A pointer to a row: with its counts it may be a header. */
static int finder_take(uint64_t address, uint64_t value, void *context)
{
        SmcFinder *finder = context;
        SmcClaim claim = {.header = {.address = address, .rows_address = value},
                          .fault = FAULT_NONE};
        SmcHeader *header = &claim.header;
        uint64_t row;
        const SmcRun *run = smc_runs_at(&finder->runs, value, &row);
        const uint8_t *bytes;
        bool fits;

        if (!run || image_offset_of(finder->image, address, SMC_HEADER_SIZE, &header->offset) < 0)
                return 0;
        bytes = image_bytes(finder->image).bytes + header->offset;
        header->rows_offset = run->offset + row * SMC_ROW_SIZE;
        header->private_count = load_le32(bytes + 8);
        header->public_count = load_le32(bytes + 12);
        if (!smc_finder_can_afford(finder,
                                   1 + MIN((uint64_t)header->private_count, run->count - row)))
                return -E2BIG;
        fits = claim_check(finder, &claim, run->count - row) >= 0;
        if (!fits && !claim.weighty && finder->refused.count >= REFUSED_MAX)
                return 0;
        if ((fits || claim.weighty) && !smc_finder_can_afford(finder, WORK_PER_CLAIM))
                return -E2BIG;
        return claims_add(fits ? &finder->fitting : &finder->refused, &claim);
}

static int claim_compare_ranges(const void *a, const void *b)
{
        const AddressRange *left = a, *right = b;

        return (left->first > right->first) - (left->first < right->first);
}

/* Where the runs are, as addresses that ascend and do not meet. */
static int runs_targets(const SmcRuns *runs, AddressRange **ret, size_t *ret_count)
{
        AddressRange *targets = reallocarray(NULL, runs->count + 1, sizeof(*targets));
        size_t count = 0;

        if (!targets)
                return -ENOMEM;
        for (size_t i = 0; i < runs->count; i++)
                targets[i] = (AddressRange){
                        .first = runs->items[i].address,
                        .last = runs->items[i].address + runs->items[i].count * SMC_ROW_SIZE - 1,
                };
        qsort(targets, runs->count, sizeof(*targets), claim_compare_ranges);
        for (size_t i = 0; i < runs->count; i++) {
                if (count > 0 && targets[i].first <= targets[count - 1].last)
                        targets[count - 1].last = MAX(targets[count - 1].last, targets[i].last);
                else
                        targets[count++] = targets[i];
        }
        *ret = targets;
        *ret_count = count;
        return 0;
}

int smc_claims_find(SmcFinder *finder)
{
        AddressRange *targets;
        size_t count;
        int r;

        r = smc_runs_find(finder->image, &finder->runs);
        if (r < 0 || finder->runs.count == 0)
                return r;
        r = runs_targets(&finder->runs, &targets, &count);
        if (r < 0)
                return r;
        finder->work = image_bytes(finder->image).size / SMC_ROW_SIZE * WORK_PER_ROW + WORK_LEAST;
        r = image_find_pointers(finder->image, targets, count, finder_take, finder);
        free(targets);
        return r;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/smc-header.h"
#include "patch/smc-runs.h"

#define RUNS_MAX (1U << 20)
#define NONE     SIZE_MAX

/* The runs of one range that a row may still belong to: one for each place modulo a row's size. */
typedef struct RunSearch {
        const Image *image;
        const ImageRange *range;
        size_t last[SMC_ROW_SIZE]; /* indices of runs, NONE: none yet */
        SmcRuns runs;
} RunSearch;

void smc_runs_done(SmcRuns *runs)
{
        free(runs->items);
        *runs = (SmcRuns){};
}

static uint64_t run_end(const SmcRun *run)
{
        return run->offset + run->count * SMC_ROW_SIZE;
}

/* The longest run around the row at `offset`. Each row is looked at twice at most: runs of one
 * place modulo a row's size never meet. */
static SmcRun run_around(const RunSearch *search, uint64_t offset)
{
        const ImageRange *range = search->range;
        SmcRun run = {.offset = offset, .count = 1};

        while (run.offset - range->offset >= SMC_ROW_SIZE &&
               smc_row_fits(search->image, run.offset - SMC_ROW_SIZE)) {
                run.offset -= SMC_ROW_SIZE;
                run.count++;
        }
        while (range_fits(run_end(&run) - range->offset, SMC_ROW_SIZE, range->size) &&
               smc_row_fits(search->image, run_end(&run)))
                run.count++;
        run.address = range->address + (run.offset - range->offset);
        return run;
}

static int runs_add(SmcRuns *runs, const SmcRun *run)
{
        SmcRun *larger = runs->items;

        if (runs->count == RUNS_MAX)
                return -E2BIG;
        /* Grows at each power of two. */
        if ((runs->count & (runs->count - 1)) == 0) {
                larger = reallocarray(runs->items, runs->count ? runs->count * 2 : 1,
                                      sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                runs->items = larger;
        }
        larger[runs->count++] = *run;
        return 0;
}

static int note_row(RunSearch *search, uint64_t offset, bool is_osk)
{
        size_t *last = &search->last[offset % SMC_ROW_SIZE];
        SmcRun *run;

        if (!range_fits(offset - search->range->offset, SMC_ROW_SIZE, search->range->size) ||
            !smc_row_fits(search->image, offset))
                return 0;
        if (*last == NONE || offset >= run_end(&search->runs.items[*last])) {
                SmcRun found = run_around(search, offset);
                int r = runs_add(&search->runs, &found);

                if (r < 0)
                        return r;
                *last = search->runs.count - 1;
        }
        run = &search->runs.items[*last];
        if (is_osk)
                run->has_osk = true;
        else
                run->has_first = true;
        return 0;
}

/* "#KEY", "OSK0" and "OSK1" have one rare letter in common, which is looked for. */
static int runs_range_search(RunSearch *search)
{
        const uint8_t *start = image_bytes(search->image).bytes;
        const uint8_t *first = start + search->range->offset, *end = first + search->range->size;

        for (const uint8_t *at = first; (at = memchr(at, 'K', (size_t)(end - at))); at++) {
                uint64_t offset = (uint64_t)(at - start);
                int r = 0;

                if (end - at < 4)
                        break;
                if (at - first >= 2 && smc_row_is_first(at - 2))
                        r = note_row(search, offset - 2, false);
                else if (at - first >= 1 && smc_row_is_osk(at - 1, NULL))
                        r = note_row(search, offset - 1, true);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_runs(const void *a, const void *b)
{
        const SmcRun *left = a, *right = b;
        uint64_t place = left->address % SMC_ROW_SIZE, other = right->address % SMC_ROW_SIZE;

        if (place != other)
                return place > other ? 1 : -1;
        return (left->address > right->address) - (left->address < right->address);
}

int smc_runs_find(const Image *image, SmcRuns *ret)
{
        RunSearch search = {.image = image};
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++) {
                search.range = &ranges[i];
                for (size_t k = 0; k < SMC_ROW_SIZE; k++)
                        search.last[k] = NONE;
                r = runs_range_search(&search);
        }
        if (r < 0) {
                smc_runs_done(&search.runs);
                return r;
        }
        if (search.runs.count > 0)
                qsort(search.runs.items, search.runs.count, sizeof(SmcRun), compare_runs);
        *ret = search.runs;
        return 0;
}

const SmcRun *smc_runs_at(const SmcRuns *runs, uint64_t address, uint64_t *ret_row)
{
        SmcRun wanted = {.address = address};
        size_t low = 0, high = runs->count;
        const SmcRun *run;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_runs(&runs->items[middle], &wanted) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == 0)
                return NULL;
        run = &runs->items[low - 1];
        if (run->address % SMC_ROW_SIZE != address % SMC_ROW_SIZE ||
            (address - run->address) / SMC_ROW_SIZE >= run->count)
                return NULL;
        *ret_row = (address - run->address) / SMC_ROW_SIZE;
        return run;
}

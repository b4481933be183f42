/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "store/blocks.h"

#define SLOTS     24U
#define SLOT_SIZE ((size_t)256 * 1024)

typedef struct Slot {
        la_int64_t offset;
        size_t size;
} Slot;

/* Reads one entry: its header, and its content into slots. All but the slots' bytes is guarded by
 * `lock` while the task runs; libarchive is its own until it ended. */
typedef struct Ahead {
        Task *task;      /* NULL: there is none */
        bool has_header; /* that nobody took yet */
        bool header_known;
        int header;                  /* what libarchive returned */
        struct archive_entry *entry; /* borrowed from it */
        Slot slots[SLOTS];           /* `filled` of them from `first` on */
        size_t first, filled;
        bool is_lent; /* the first of them, to the caller of blocks_next() */
        int end;      /* what follows the last slot: ARCHIVE_OK while more may come */
        bool stopped; /* nobody wants the rest */
        uint8_t *bytes;
        pthread_mutex_t lock;
        pthread_cond_t changed;
} Ahead;

struct Blocks {
        struct archive *tar; /* borrowed */
        Ahead ahead;
};

int blocks_new(struct archive *tar, Blocks **ret)
{
        Blocks *blocks = calloc(1, sizeof(*blocks));

        if (!blocks)
                return -ENOMEM;
        blocks->tar = tar;
        (void)pthread_mutex_init(&blocks->ahead.lock, NULL);
        (void)pthread_cond_init(&blocks->ahead.changed, NULL);
        *ret = blocks;
        return 0;
}

static void ahead_stop(Ahead *ahead)
{
        if (!ahead->task)
                return;
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->stopped = true;
        (void)pthread_cond_signal(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
        task_end(TAKE_PTR(ahead->task));
}

void blocks_free(Blocks *blocks)
{
        if (!blocks)
                return;
        ahead_stop(&blocks->ahead);
        free(blocks->ahead.bytes);
        free(blocks);
}

/* The thread --------------------------------------------------------------------------------- */

static void ahead_tell_header(Ahead *ahead, int header)
{
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->header = header;
        ahead->header_known = true;
        (void)pthread_cond_signal(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
}

static void ahead_tell_end(Ahead *ahead, int end)
{
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->end = end;
        (void)pthread_cond_signal(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
}

/* False when nobody wants it. */
static bool ahead_put(Ahead *ahead, const uint8_t *bytes, size_t size, la_int64_t offset)
{
        bool wanted;
        size_t slot;

        (void)pthread_mutex_lock(&ahead->lock);
        while (ahead->filled == SLOTS && !ahead->stopped)
                (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
        wanted = !ahead->stopped;
        slot = (ahead->first + ahead->filled) % SLOTS;
        (void)pthread_mutex_unlock(&ahead->lock);
        if (!wanted)
                return false;
        memcpy(ahead->bytes + slot * SLOT_SIZE, bytes, size);
        (void)pthread_mutex_lock(&ahead->lock);
        ahead->slots[slot] = (Slot){.offset = offset, .size = size};
        ahead->filled++;
        (void)pthread_cond_signal(&ahead->changed);
        (void)pthread_mutex_unlock(&ahead->lock);
        return true;
}

static void read_entry(void *item)
{
        Blocks *blocks = item;
        Ahead *ahead = &blocks->ahead;
        int r = archive_read_next_header(blocks->tar, &ahead->entry);

        ahead_tell_header(ahead, r);
        while (r == ARCHIVE_OK || r == ARCHIVE_WARN) {
                const void *bytes;
                la_int64_t offset;
                size_t size;

                r = archive_read_data_block(blocks->tar, &bytes, &size, &offset);
                if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                        break;
                for (size_t done = 0, step; done < size; done += step) {
                        step = MIN(size - done, SLOT_SIZE);
                        if (!ahead_put(ahead, (const uint8_t *)bytes + done, step,
                                       offset + (la_int64_t)done))
                                return;
                }
        }
        ahead_tell_end(ahead, r);
}

/* The caller --------------------------------------------------------------------------------- */

void blocks_read_ahead(Blocks *blocks)
{
        Ahead *ahead = &blocks->ahead;

        if (ahead->task && ahead->has_header)
                return;
        ahead_stop(ahead);
        if (!ahead->bytes)
                ahead->bytes = malloc(SLOTS * SLOT_SIZE);
        if (!ahead->bytes)
                return;
        ahead->header_known = ahead->stopped = ahead->is_lent = false;
        ahead->first = ahead->filled = 0;
        ahead->end = ARCHIVE_OK;
        ahead->task = task_begin(read_entry, blocks);
        ahead->has_header = ahead->task != NULL;
}

int blocks_header(Blocks *blocks, struct archive_entry **ret)
{
        Ahead *ahead = &blocks->ahead;

        if (!ahead->task || !ahead->has_header) {
                ahead_stop(ahead);
                return archive_read_next_header(blocks->tar, ret);
        }
        (void)pthread_mutex_lock(&ahead->lock);
        while (!ahead->header_known)
                (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
        (void)pthread_mutex_unlock(&ahead->lock);
        ahead->has_header = false;
        *ret = ahead->entry;
        return ahead->header;
}

int blocks_next(Blocks *blocks, const void **ret, size_t *ret_size, la_int64_t *ret_offset)
{
        Ahead *ahead = &blocks->ahead;
        int r = ARCHIVE_OK;

        if (!ahead->task)
                return archive_read_data_block(blocks->tar, ret, ret_size, ret_offset);
        (void)pthread_mutex_lock(&ahead->lock);
        if (ahead->is_lent) {
                ahead->first = (ahead->first + 1) % SLOTS;
                ahead->filled--;
                (void)pthread_cond_signal(&ahead->changed);
        }
        while (ahead->filled == 0 && ahead->end == ARCHIVE_OK)
                (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
        ahead->is_lent = ahead->filled > 0;
        if (ahead->is_lent) {
                *ret = ahead->bytes + ahead->first * SLOT_SIZE;
                *ret_size = ahead->slots[ahead->first].size;
                *ret_offset = ahead->slots[ahead->first].offset;
        } else
                r = ahead->end;
        (void)pthread_mutex_unlock(&ahead->lock);
        return r;
}

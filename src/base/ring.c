/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/ring.h"

typedef struct Block {
        uint8_t *slot;
        size_t size;
        int64_t word;
} Block;

/* Blocks are counted from the first; what is known of the n-th stands at n modulo `slot_count`. All
 * but the slots' bytes is guarded by `lock`. The slot that became free last is filled first: where
 * the readers keep up, few slots are ever touched, and the processor has those at hand. */
struct Ring {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t slot_count, slot_size;
        unsigned readers;
        uint64_t put;                    /* blocks that were put */
        uint64_t left[RING_READERS_MAX]; /* blocks that each reader has left */
        bool looks[RING_READERS_MAX];    /* at the first that it has not left */
        bool ended, stopped;
        int code;
        Block *blocks;
        uint8_t **spare; /* slots, `spare_count` of them free */
        size_t spare_count;
        uint8_t *filling; /* the slot that the writer has */
        uint8_t *bytes;
};

int ring_new(size_t slots, size_t slot_size, unsigned readers, Ring **ret)
{
        _cleanup_(ring_freep) Ring *ring = calloc(1, sizeof(*ring));

        if (!ring)
                return -ENOMEM;
        (void)pthread_mutex_init(&ring->lock, NULL);
        (void)pthread_cond_init(&ring->changed, NULL);
        ring->slot_count = slots;
        ring->slot_size = slot_size;
        ring->readers = readers;
        ring->blocks = calloc(slots, sizeof(*ring->blocks));
        ring->spare = calloc(slots, sizeof(*ring->spare));
        ring->bytes = reallocarray(NULL, slots, slot_size);
        if (!ring->blocks || !ring->spare || !ring->bytes)
                return -ENOMEM;
        ring_reset(ring);
        *ret = TAKE_PTR(ring);
        return 0;
}

void ring_free(Ring *ring)
{
        if (!ring)
                return;
        free(ring->blocks);
        free(ring->spare);
        free(ring->bytes);
        free(ring);
}

void ring_reset(Ring *ring)
{
        ring->put = 0;
        for (unsigned i = 0; i < RING_READERS_MAX; i++) {
                ring->left[i] = 0;
                ring->looks[i] = false;
        }
        ring->ended = ring->stopped = false;
        ring->code = 0;
        for (size_t i = 0; i < ring->slot_count; i++)
                ring->spare[i] = ring->bytes + i * ring->slot_size;
        ring->spare_count = ring->slot_count;
}

bool ring_room(Ring *ring, uint8_t **ret)
{
        bool wanted;

        (void)pthread_mutex_lock(&ring->lock);
        while (ring->spare_count == 0 && !ring->stopped)
                (void)pthread_cond_wait(&ring->changed, &ring->lock);
        wanted = !ring->stopped;
        if (wanted)
                *ret = ring->filling = ring->spare[--ring->spare_count];
        (void)pthread_mutex_unlock(&ring->lock);
        return wanted;
}

void ring_put(Ring *ring, size_t size, int64_t word)
{
        (void)pthread_mutex_lock(&ring->lock);
        ring->blocks[ring->put++ % ring->slot_count] =
                (Block){.slot = ring->filling, .size = size, .word = word};
        (void)pthread_cond_broadcast(&ring->changed);
        (void)pthread_mutex_unlock(&ring->lock);
}

void ring_end(Ring *ring, int code)
{
        (void)pthread_mutex_lock(&ring->lock);
        ring->ended = true;
        ring->code = code;
        (void)pthread_cond_broadcast(&ring->changed);
        (void)pthread_mutex_unlock(&ring->lock);
}

/* The slot is free when this was the last of its readers. */
static void ring_leave(Ring *ring, unsigned reader)
{
        uint64_t number = ring->left[reader]++;

        for (unsigned i = 0; i < ring->readers; i++)
                if (ring->left[i] <= number)
                        return;
        ring->spare[ring->spare_count++] = ring->blocks[number % ring->slot_count].slot;
        (void)pthread_cond_broadcast(&ring->changed);
}

bool ring_next(Ring *ring, unsigned reader, Span *ret, int64_t *ret_word)
{
        bool found;

        (void)pthread_mutex_lock(&ring->lock);
        if (ring->looks[reader])
                ring_leave(ring, reader);
        while (ring->left[reader] == ring->put && !ring->ended && !ring->stopped)
                (void)pthread_cond_wait(&ring->changed, &ring->lock);
        found = ring->left[reader] < ring->put && !ring->stopped;
        ring->looks[reader] = found;
        if (found) {
                const Block *block = &ring->blocks[ring->left[reader] % ring->slot_count];

                *ret = (Span){block->slot, block->size};
                *ret_word = block->word;
        }
        (void)pthread_mutex_unlock(&ring->lock);
        return found;
}

int ring_code(Ring *ring)
{
        int code;

        (void)pthread_mutex_lock(&ring->lock);
        code = ring->code;
        (void)pthread_mutex_unlock(&ring->lock);
        return code;
}

void ring_stop(Ring *ring)
{
        (void)pthread_mutex_lock(&ring->lock);
        ring->stopped = true;
        (void)pthread_cond_broadcast(&ring->changed);
        (void)pthread_mutex_unlock(&ring->lock);
}

/* SPDX-License-Identifier: MIT */

#include <stdatomic.h>

#include "../lib/tap.h"
#include "base/parallel.h"
#include "base/ring.h"

#define SLOT  64U
#define COUNT 5000U

typedef struct Side {
        Ring *ring;
        unsigned reader; /* or how many blocks to put */
        unsigned seen;   /* blocks */
        bool right;      /* all of them were what they should be */
} Side;

/* Of each size up to a slot's, none included. */
static Span block_of(unsigned number, uint8_t bytes[static SLOT])
{
        memset(bytes, (int)(number % 251), SLOT);
        return (Span){bytes, number % (SLOT + 1)};
}

static bool put_one(Ring *ring, Span block, int64_t word)
{
        uint8_t *room;

        if (!ring_room(ring, &room))
                return false;
        if (block.size > 0)
                memcpy(room, block.bytes, block.size);
        ring_put(ring, block.size, word);
        return true;
}

static void put(void *item)
{
        Side *side = item;
        uint8_t bytes[SLOT];

        for (side->seen = 0; side->seen < side->reader; side->seen++)
                if (!put_one(side->ring, block_of(side->seen, bytes), -(int64_t)side->seen))
                        break;
        ring_end(side->ring, 17);
}

static void look(void *item)
{
        Side *side = item;
        uint8_t bytes[SLOT];
        int64_t word;
        Span block;

        side->right = true;
        for (side->seen = 0; ring_next(side->ring, side->reader, &block, &word); side->seen++)
                side->right &= span_equal(block, block_of(side->seen, bytes)) &&
                               word == -(int64_t)side->seen;
}

static void every_reader_sees_every_block(void)
{
        for (unsigned readers = 1; readers <= RING_READERS_MAX; readers++)
                for (size_t slots = 1; slots < 4; slots++) {
                        _cleanup_(ring_freep) Ring *ring = NULL;
                        Side writer, first, second;
                        Task *writing, *looking = NULL;

                        REQUIRE(ring_new(slots, SLOT, readers, &ring) == 0);
                        writer = (Side){.ring = ring, .reader = COUNT};
                        first = (Side){.ring = ring};
                        second = (Side){.ring = ring, .reader = 1};
                        writing = task_begin(put, &writer);
                        if (!writing)
                                return; /* one processor: nothing is read ahead */
                        if (readers > 1)
                                REQUIRE((looking = task_begin(look, &second)) != NULL);
                        look(&first);
                        task_end(looking);
                        task_end(writing);
                        CHECK(first.right && first.seen == COUNT && writer.seen == COUNT);
                        CHECK(readers == 1 || (second.right && second.seen == COUNT));
                        CHECK_EQUAL(ring_code(ring), 17);
                }
}

/* Whoever waits is woken: a writer for whom there is no room, a reader for whom there is nothing.
 */
static void nobody_waits_for_what_was_stopped(void)
{
        _cleanup_(ring_freep) Ring *ring = NULL;
        Side writer, reader;
        Task *task;
        int64_t word;
        Span block;

        REQUIRE(ring_new(2, SLOT, 1, &ring) == 0);
        writer = (Side){.ring = ring, .reader = COUNT};
        reader = (Side){.ring = ring};
        task = task_begin(put, &writer);
        if (!task)
                return;
        REQUIRE(ring_next(ring, 0, &block, &word));
        ring_stop(ring);
        task_end(task);
        CHECK(writer.seen < COUNT);
        CHECK(!ring_next(ring, 0, &block, &word));

        ring_reset(ring);
        task = task_begin(look, &reader);
        ring_stop(ring);
        task_end(task);
        CHECK_EQUAL(reader.seen, 0);
}

static void it_can_be_used_again(void)
{
        _cleanup_(ring_freep) Ring *ring = NULL;
        const Span ab = {(const uint8_t *)"ab", 2};
        int64_t word;
        Span block;

        REQUIRE(ring_new(2, SLOT, 1, &ring) == 0);
        for (int i = 0; i < 5; i++) {
                REQUIRE(put_one(ring, ab, i));
                REQUIRE(put_one(ring, (Span){}, i + 10));
                ring_end(ring, i);
                REQUIRE(ring_next(ring, 0, &block, &word));
                CHECK(span_equal(block, ab) && word == i);
                ring_reset(ring);
                CHECK_EQUAL(ring_code(ring), 0);
        }
}

int main(void)
{
        CASE(every_reader_sees_every_block);
        CASE(nobody_waits_for_what_was_stopped);
        CASE(it_can_be_used_again);
        return tap_end();
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "base/parallel.h"
#include "base/ring.h"
#include "file/digest.h"
#include "vault/read-ahead.h"

#define SLOTS     48U
#define SLOT_SIZE ((size_t)256 * 1024)

/* Who looks at what was read ahead. */
enum {
        FOR_CALLER,
        FOR_DIGEST,
        _FOR_MAX,
};

/* Of one entry: its header and its content, which lie in the ring, the header as an empty block
 * whose word is libarchive's code. While `reading` runs, libarchive is its own. */
typedef struct Ahead {
        Ring *ring;
        Task *reading, *digesting;   /* both or neither */
        bool has_header;             /* that nobody took yet */
        struct archive_entry *entry; /* borrowed from libarchive */
} Ahead;

struct Blocks {
        struct archive *tar; /* borrowed */
        Ahead ahead;
        Digester *digester; /* of the present content; NULL: there was no memory, see `error` */
        int error;          /* of the digester */
};

int blocks_new(struct archive *tar, Blocks **ret)
{
        Blocks *blocks = calloc(1, sizeof(*blocks));

        if (!blocks)
                return -ENOMEM;
        blocks->tar = tar;
        *ret = blocks;
        return 0;
}

static void ahead_end(Ahead *ahead)
{
        task_end(TAKE_PTR(ahead->reading));
        task_end(TAKE_PTR(ahead->digesting));
}

static void ahead_stop(Ahead *ahead)
{
        if (ahead->ring)
                ring_stop(ahead->ring);
        ahead_end(ahead);
}

void blocks_free(Blocks *blocks)
{
        if (!blocks)
                return;
        ahead_stop(&blocks->ahead);
        ring_free(blocks->ahead.ring);
        digester_free(blocks->digester);
        free(blocks);
}

static void renew_digester(Blocks *blocks)
{
        digester_free(blocks->digester);
        blocks->digester = NULL;
        blocks->error = digester_new(&blocks->digester);
}

static void digest_block(Blocks *blocks, Span block)
{
        if (blocks->error >= 0)
                blocks->error = digester_add(blocks->digester, block);
}

/* The threads -------------------------------------------------------------------------------- */

/* The slot that is being filled; libarchive's own blocks are smaller. */
typedef struct Fill {
        Ring *ring;
        uint8_t *room; /* NULL: there is none yet */
        size_t used;
        int64_t offset; /* of its first byte in the content */
} Fill;

static void fill_put(Fill *fill)
{
        if (fill->room)
                ring_put(fill->ring, fill->used, fill->offset);
        fill->room = NULL;
}

/* False when nobody wants more. */
static bool fill_with(Fill *fill, Span block, int64_t offset)
{
        while (block.size > 0) {
                size_t size;

                if (fill->room &&
                    (fill->used == SLOT_SIZE || fill->offset + (int64_t)fill->used != offset))
                        fill_put(fill);
                if (!fill->room) {
                        if (!ring_room(fill->ring, &fill->room))
                                return false;
                        fill->used = 0;
                        fill->offset = offset;
                }
                size = MIN(block.size, SLOT_SIZE - fill->used);
                memcpy(fill->room + fill->used, block.bytes, size);
                fill->used += size;
                offset += (int64_t)size;
                block.bytes += size;
                block.size -= size;
        }
        return true;
}

static int read_content(struct archive *tar, Ring *ring)
{
        Fill fill = {.ring = ring};
        bool wanted = true;
        int r = ARCHIVE_OK;

        while (wanted && (r == ARCHIVE_OK || r == ARCHIVE_WARN)) {
                const void *bytes;
                la_int64_t offset;
                size_t size;

                r = archive_read_data_block(tar, &bytes, &size, &offset);
                if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
                        wanted = fill_with(&fill, (Span){bytes, size}, offset);
        }
        fill_put(&fill);
        return r;
}

static void read_entry(void *item)
{
        Blocks *blocks = item;
        Ahead *ahead = &blocks->ahead;
        int r = archive_read_next_header(blocks->tar, &ahead->entry);
        uint8_t *room;

        if (ring_room(ahead->ring, &room))
                ring_put(ahead->ring, 0, r);
        if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
                r = read_content(blocks->tar, ahead->ring);
        ring_end(ahead->ring, r);
}

static void digest_entry(void *item)
{
        Blocks *blocks = item;
        int64_t word;
        Span block;

        while (ring_next(blocks->ahead.ring, FOR_DIGEST, &block, &word))
                digest_block(blocks, block);
}

/* The caller --------------------------------------------------------------------------------- */

/* Who waits is begun first: it can be told that nothing comes. */
static void blocks_begin(Blocks *blocks)
{
        Ahead *ahead = &blocks->ahead;

        ring_reset(ahead->ring);
        ahead->digesting = task_begin(digest_entry, blocks);
        if (ahead->digesting)
                ahead->reading = task_begin(read_entry, blocks);
        ahead->has_header = ahead->reading != NULL;
        if (!ahead->reading)
                ahead_stop(ahead);
}

void blocks_read_ahead(Blocks *blocks)
{
        Ahead *ahead = &blocks->ahead;

        if (ahead->reading && ahead->has_header)
                return;
        ahead_stop(ahead);
        if (!ahead->ring &&
            (processors_count() < 2 || ring_new(SLOTS, SLOT_SIZE, _FOR_MAX, &ahead->ring) < 0))
                return;
        renew_digester(blocks);
        blocks_begin(blocks);
}

int blocks_header(Blocks *blocks, struct archive_entry **ret)
{
        Ahead *ahead = &blocks->ahead;
        int64_t code;
        Span none;

        if (!ahead->reading || !ahead->has_header) {
                ahead_stop(ahead);
                renew_digester(blocks);
                return archive_read_next_header(blocks->tar, ret);
        }
        ahead->has_header = false;
        if (!ring_next(ahead->ring, FOR_CALLER, &none, &code))
                return ARCHIVE_FATAL;
        *ret = ahead->entry;
        return (int)code;
}

static int next_here(Blocks *blocks, Span *ret, int64_t *ret_offset)
{
        const void *bytes;
        size_t size;
        int r = archive_read_data_block(blocks->tar, &bytes, &size, ret_offset);

        if (r == ARCHIVE_OK || r == ARCHIVE_WARN) {
                *ret = (Span){bytes, size};
                digest_block(blocks, *ret);
        }
        return r;
}

int blocks_next(Blocks *blocks, Span *ret, int64_t *ret_offset)
{
        Ahead *ahead = &blocks->ahead;

        if (!ahead->reading)
                return next_here(blocks, ret, ret_offset);
        return ring_next(ahead->ring, FOR_CALLER, ret, ret_offset) ? ARCHIVE_OK
                                                                   : ring_code(ahead->ring);
}

int blocks_digest(Blocks *blocks, Digest *ret)
{
        ahead_end(&blocks->ahead);
        return blocks->error < 0 ? blocks->error : digester_end(blocks->digester, ret);
}

/* SPDX-License-Identifier: MIT */
#pragma once

/* Ring: blocks of bytes that one thread puts and others look at, each in the same order and at its
 * own pace, without a copy of their own. A slot is free again when every reader has left it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

#define RING_READERS_MAX 2U

typedef struct Ring Ring;

/* Of `slots` slots of `slot_size` bytes, for `readers` readers. -ENOMEM. */
_nodiscard_ int ring_new(size_t slots, size_t slot_size, unsigned readers, Ring **ret);
void ring_free(Ring *ring);
DEFINE_FREEP(Ring, ring_free);

/* Makes it empty and usable again, once all its threads have left it. */
void ring_reset(Ring *ring);

/* The writer: waits for a free slot, to be filled and then put. False when nobody wants more. */
_nodiscard_ bool ring_room(Ring *ring, uint8_t **ret);

/* The writer: hands the slot to the readers, with its first `size` bytes and a word of its own. */
void ring_put(Ring *ring, size_t size, int64_t word);

/* The writer: nothing comes any more. `code` is what the readers get to know of it. */
void ring_end(Ring *ring, int code);

/* A reader: waits for its next block, which stays until it asks for another one. False at the end,
 * and after ring_stop(). */
_nodiscard_ bool ring_next(Ring *ring, unsigned reader, Span *ret, int64_t *ret_word);

/* A reader: what the writer said at the end. */
int ring_code(Ring *ring);

/* Anybody: what is left shall neither be put nor read. */
void ring_stop(Ring *ring);

/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <sys/mman.h>

#include "file/fd.h"
#include "file/mapping.h"
#include "visor/header.h"
#include "visor/layer.h"
#include "visor/unpacked.h"

#define BUFFER_SIZE_MIN 65536U

struct Unpacked {
        Span packed;        /* borrowed; what comes next where there is no layer */
        Mapping outer;      /* what is in the outer of two layers; not open otherwise */
        LayerReader reader; /* of the inner one, or the only one */
        Span rest;          /* of what came out last, borrowed from the reader */
        uint8_t *buffer;    /* for what is asked for and came out in parts */
        size_t room;
        uint64_t at;
        bool has_layer, at_end;
};

void unpacked_free(Unpacked *unpacked)
{
        if (!unpacked)
                return;
        layer_done(&unpacked->reader);
        mapping_done(&unpacked->outer);
        free(unpacked->buffer);
        free(unpacked);
}

const char *unpacked_layers(const Unpacked *unpacked)
{
        return unpacked->has_layer ? unpacked->reader.layer->name : "";
}

uint64_t unpacked_at(const Unpacked *unpacked)
{
        return unpacked->at;
}

/* Bytes for `rest`, unless there are some or no more come. */
static int unpacked_fill(Unpacked *unpacked, Fault *fault)
{
        int r;

        if (unpacked->rest.size > 0 || unpacked->at_end)
                return 0;
        if (!unpacked->has_layer) {
                unpacked->rest = unpacked->packed;
                unpacked->at_end = true;
                return 0;
        }
        r = layer_next(&unpacked->reader, &unpacked->rest, fault);
        unpacked->at_end = r == 0;
        return MIN(r, 0);
}

/* Up to `size` bytes of `rest`. */
static Span unpacked_take(Unpacked *unpacked, uint64_t size)
{
        Span span = {unpacked->rest.bytes, (size_t)MIN((uint64_t)unpacked->rest.size, size)};

        if (span.size == 0)
                return span; /* of nothing: there may be no bytes to count on from */
        unpacked->rest.bytes += span.size;
        unpacked->rest.size -= span.size;
        unpacked->at += span.size;
        return span;
}

static int buffer_grow(Unpacked *unpacked, size_t size, Fault *fault)
{
        size_t twice = MAX(2 * unpacked->room, (size_t)BUFFER_SIZE_MIN);
        size_t room = MAX(size, twice);
        uint8_t *buffer;

        if (size <= unpacked->room)
                return 0;
        buffer = realloc(unpacked->buffer, room);
        if (!buffer)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "module");
        unpacked->buffer = buffer;
        unpacked->room = room;
        return 0;
}

/* Bytes that come in several parts are put together. */
static int unpacked_gather(Unpacked *unpacked, uint64_t size, Span *ret, Fault *fault)
{
        size_t filled = 0;

        while (filled < size) {
                Span part;
                int r = unpacked_fill(unpacked, fault);

                if (r < 0)
                        return r;
                part = unpacked_take(unpacked, size - filled);
                if (part.size == 0)
                        break;
                r = buffer_grow(unpacked, filled + part.size, fault);
                if (r < 0)
                        return r;
                memcpy(unpacked->buffer + filled, part.bytes, part.size);
                filled += part.size;
        }
        *ret = (Span){unpacked->buffer, filled};
        return 0;
}

int unpacked_read(Unpacked *unpacked, uint64_t size, Span *ret, Fault *fault)
{
        int r = unpacked_fill(unpacked, fault);

        if (r < 0)
                return r;
        if (unpacked->rest.size < size && !unpacked->at_end)
                return unpacked_gather(unpacked, size, ret, fault);
        *ret = unpacked_take(unpacked, size);
        return 0;
}

int unpacked_skip(Unpacked *unpacked, uint64_t offset, Fault *fault)
{
        while (unpacked->at < offset) {
                int r = unpacked_fill(unpacked, fault);

                if (r < 0)
                        return r;
                if (unpacked_take(unpacked, offset - unpacked->at).size == 0)
                        break;
        }
        return 0;
}

int unpacked_finish(Unpacked *unpacked, Fault *fault)
{
        return unpacked_skip(unpacked, UINT64_MAX, fault);
}

/* All that is in a layer, in an unnamed file. */
static int layer_unpack(const Layer *layer, Span packed, uint64_t limit, Mapping *ret, Fault *fault)
{
        _cleanup_(layer_done) LayerReader reader = {};
        _cleanup_close_ int fd = memfd_create("module", MFD_CLOEXEC);
        Span part;
        int r;

        if (fd < 0)
                return fault_set(fault, -errno, REASON_WRITE, "%s", "memory for a module");
        r = layer_open(layer, packed, limit, &reader, fault);
        if (r < 0)
                return r;
        while ((r = layer_next(&reader, &part, fault)) > 0) {
                r = fd_write(fd, part);
                if (r < 0)
                        return fault_set(fault, r, REASON_WRITE, "%s", "memory for a module");
        }
        if (r < 0)
                return r;
        r = mapping_open(fd, ret);
        return r < 0 ? fault_set(fault, r, REASON_READ, "%s", "memory for a module") : 0;
}

/* The first bytes of a layer alone tell whether it is worth unpacking. */
static int layer_peek(const Layer *layer, Span packed, uint8_t block[static BLOCK_SIZE], Span *ret,
                      Fault *fault)
{
        _cleanup_(layer_done) LayerReader reader = {};
        size_t filled = 0;
        int r = layer_open(layer, packed, UINT64_MAX, &reader, fault);

        while (r >= 0 && filled < BLOCK_SIZE) {
                Span part;
                size_t size;

                r = layer_next(&reader, &part, fault);
                size = MIN(part.size, BLOCK_SIZE - filled);
                if (r > 0)
                        memcpy(block + filled, part.bytes, size);
                filled += size;
                if (r == 0)
                        break;
        }
        *ret = (Span){block, filled};
        return MIN(r, 0);
}

/* 1 when a header begins in this layer, which is then open. */
static int unpacked_enter(Unpacked *unpacked, const Layer *layer, Span packed, uint64_t limit,
                          Fault *fault)
{
        int r = layer_open(layer, packed, limit, &unpacked->reader, fault);

        unpacked->has_layer = true;
        return r < 0 ? r : 1;
}

static int unpacked_find(Unpacked *unpacked, uint64_t limit, Fault *fault)
{
        const Layer *outer = layer_of(unpacked->packed, false), *inner;
        uint8_t block[BLOCK_SIZE];
        ModuleFormat format;
        Span head;
        int r;

        if (!outer)
                return header_begins(unpacked->packed, &format);
        r = layer_peek(outer, unpacked->packed, block, &head, fault);
        if (r < 0)
                return r;
        if (header_begins(head, &format))
                return unpacked_enter(unpacked, outer, unpacked->packed, limit, fault);
        inner = layer_of(head, true);
        if (!inner)
                return 0;
        r = layer_unpack(outer, unpacked->packed, limit, &unpacked->outer, fault);
        if (r >= 0)
                r = layer_peek(inner, unpacked->outer.span, block, &head, fault);
        if (r < 0)
                return r;
        return header_begins(head, &format)
                       ? unpacked_enter(unpacked, inner, unpacked->outer.span, limit, fault)
                       : 0;
}

int unpacked_open(Span packed, uint64_t limit, Unpacked **ret, Fault *fault)
{
        _cleanup_(unpacked_freep) Unpacked *unpacked = calloc(1, sizeof(*unpacked));
        int r;

        if (!unpacked)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "module");
        unpacked->packed = packed;
        unpacked->outer = MAPPING_NONE;
        r = unpacked_find(unpacked, limit, fault);
        if (r > 0)
                *ret = TAKE_PTR(unpacked);
        return r;
}

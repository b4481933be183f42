/* SPDX-License-Identifier: MIT */

#include <sys/mman.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/fd.h"
#include "visor/crc.h"
#include "visor/header.h"
#include "visor/unpacked.h"

#define XZ_FOOTER     12U
#define GZIP_TRAILER  8U /* CRC-32 and size of what was packed, RFC 1952 */
#define SIGNATURE_MAX 65536U

/* A compression that a module may have. */
typedef struct Layer {
        const char *name;
        int filter; /* libarchive's */
        const char *magic;
        size_t magic_size;
        bool is_inner; /* only within another */
} Layer;

static const Layer layers[] = {
        {"gzip", ARCHIVE_FILTER_GZIP, "\x1f\x8b", 2, false},
        {"xz", ARCHIVE_FILTER_XZ, "\xfd\x37zXZ", 6, true}, /* with its NUL */
        {"zstd", ARCHIVE_FILTER_ZSTD, "\x28\xb5\x2f\xfd", 4, true},
        {"lzma", ARCHIVE_FILTER_LZMA, "\x5d\0", 3, true},
};

void unpacked_done(Unpacked *unpacked)
{
        mapping_done(&unpacked->mapping);
        *unpacked = UNPACKED_NONE;
}

/* What begins with a header has none: its first name may begin as a layer does. */
static const Layer *layer_of(Span bytes, bool inner)
{
        ModuleFormat format;

        if (header_begins(bytes, &format))
                return NULL;
        for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
                if (layers[i].is_inner == inner && bytes.size > layers[i].magic_size &&
                    memcmp(bytes.bytes, layers[i].magic, layers[i].magic_size) == 0)
                        return &layers[i];
        return NULL;
}

/* The xz stream without the signature behind it: the end is the last footer that repeats the flags
 * of the header. Without one, all of it. */
static Span xz_without_signature(Span bytes)
{
        size_t end = bytes.size / 4 * 4;
        size_t last = end > SIGNATURE_MAX ? end - SIGNATURE_MAX : 0;

        for (; end >= 2 * XZ_FOOTER && end > last; end -= 4)
                if (memcmp(bytes.bytes + end - 2, "YZ", 2) == 0 &&
                    memcmp(bytes.bytes + end - 4, bytes.bytes + 6, 2) == 0)
                        return (Span){bytes.bytes, end};
        return bytes;
}

static void archive_freep(struct archive **archive)
{
        if (*archive)
                (void)archive_read_free(*archive);
}

static int unpack_failed(struct archive *archive, const Layer *layer, Fault *fault)
{
        if (archive && archive_errno(archive) != ENOMEM)
                return fault_set(fault, -EBADMSG, REASON_MODULE_DAMAGED,
                                 "its %s cannot be unpacked", layer->name);
        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", layer->name);
}

/* Exactly this layer, and none that may lie within. */
static int layer_open(const Layer *layer, Span packed, struct archive **ret, Fault *fault)
{
        _cleanup_(archive_freep) struct archive *archive = archive_read_new();
        struct archive_entry *entry;

        if (!archive || archive_read_support_format_raw(archive) != ARCHIVE_OK ||
            archive_read_append_filter(archive, layer->filter) < ARCHIVE_WARN ||
            archive_read_open_memory(archive, packed.bytes, packed.size) != ARCHIVE_OK ||
            archive_read_next_header(archive, &entry) != ARCHIVE_OK)
                return unpack_failed(archive, layer, fault);
        *ret = TAKE_PTR(archive);
        return 0;
}

/* Its bytes into the empty file `fd`; at most `limit`. Their number. */
static int64_t layer_copy(const Layer *layer, struct archive *archive, int fd, uint64_t limit,
                          Fault *fault)
{
        uint64_t size = 0;

        for (;;) {
                const void *block;
                la_int64_t offset;
                size_t length;
                int r = archive_read_data_block(archive, &block, &length, &offset);

                if (r == ARCHIVE_EOF)
                        return (int64_t)size;
                if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                        return unpack_failed(archive, layer, fault);
                if (length > limit - size)
                        return fault_set(fault, -EFBIG, REASON_MODULE_BOUNDS, "unpacked size");
                r = fd_write(fd, (Span){block, length});
                if (r < 0)
                        return fault_set(fault, r, REASON_WRITE, "%s", "memory for a module");
                size += length;
        }
}

/* The trailer at the end of `packed`. A module is one member, with nothing after it. */
static int gzip_check_trailer(Span packed, Span bytes, Fault *fault)
{
        Span trailer;

        if (packed.size < GZIP_TRAILER ||
            span_slice(packed, packed.size - GZIP_TRAILER, GZIP_TRAILER, &trailer) < 0 ||
            load_le32(trailer.bytes + 4) != (uint32_t)bytes.size ||
            load_le32(trailer.bytes) != crc_of(bytes))
                return fault_set(fault, -EBADMSG, REASON_MODULE_DAMAGED,
                                 "its gzip has another checksum or size at its end");
        return 0;
}

static int layer_unpack(const Layer *layer, Span packed, uint64_t limit, Mapping *ret, Fault *fault)
{
        _cleanup_(archive_freep) struct archive *archive = NULL;
        _cleanup_close_ int fd = memfd_create("module", MFD_CLOEXEC);
        int64_t size;
        int r;

        if (fd < 0)
                return fault_set(fault, -errno, REASON_WRITE, "%s", "memory for a module");
        if (layer->filter == ARCHIVE_FILTER_XZ)
                packed = xz_without_signature(packed);
        r = layer_open(layer, packed, &archive, fault);
        if (r < 0)
                return r;
        size = layer_copy(layer, archive, fd, limit, fault);
        if (size < 0)
                return (int)size;
        r = mapping_open(fd, ret);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, "%s", "memory for a module");
        return layer->filter == ARCHIVE_FILTER_GZIP ? gzip_check_trailer(packed, ret->span, fault)
                                                    : 0;
}

/* The first bytes of a layer alone: whether it is worth unpacking. A damaged one is: that tells
 * what is wrong. */
static bool layer_leads_on(const Layer *layer, Span packed)
{
        _cleanup_(archive_freep) struct archive *archive = NULL;
        uint8_t block[BLOCK_SIZE];
        ModuleFormat format;
        la_ssize_t size = 0, n = 0;
        Span head;

        if (layer_open(layer, packed, &archive, NULL) < 0)
                return true;
        do {
                size += n;
                n = archive_read_data(archive, block + size, sizeof(block) - (size_t)size);
        } while (n > 0 && size < (la_ssize_t)sizeof(block));
        head = (Span){block, (size_t)size};
        return n < 0 || header_begins(head, &format) || (!layer->is_inner && layer_of(head, true));
}

int unpacked_open(Span packed, uint64_t limit, Unpacked *ret, Fault *fault)
{
        _cleanup_(unpacked_done) Unpacked outer = UNPACKED_NONE, inner = UNPACKED_NONE;
        const Layer *layer = layer_of(packed, false);
        ModuleFormat format;
        int r;

        if (!layer) {
                *ret = UNPACKED_NONE;
                ret->bytes = packed;
                return header_begins(packed, &format);
        }
        if (!layer_leads_on(layer, packed))
                return 0;
        r = layer_unpack(layer, packed, limit, &outer.mapping, fault);
        if (r < 0)
                return r;
        outer.bytes = outer.mapping.span;
        outer.layers = layer->name;

        layer = layer_of(outer.bytes, true);
        if (!layer) {
                *ret = outer;
                outer = UNPACKED_NONE;
                return header_begins(ret->bytes, &format);
        }
        if (!layer_leads_on(layer, outer.bytes))
                return 0;
        r = layer_unpack(layer, outer.bytes, limit, &inner.mapping, fault);
        if (r < 0)
                return r;
        inner.bytes = inner.mapping.span;
        inner.layers = layer->filter == ARCHIVE_FILTER_XZ     ? "gzip, xz"
                       : layer->filter == ARCHIVE_FILTER_ZSTD ? "gzip, zstd"
                                                              : "gzip, lzma";
        *ret = inner;
        inner = UNPACKED_NONE;
        return header_begins(ret->bytes, &format);
}

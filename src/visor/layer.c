/* SPDX-License-Identifier: MIT */

#include <archive.h>
#include <archive_entry.h>

#include "visor/crc.h"
#include "visor/header.h"
#include "visor/layer.h"

#define XZ_FOOTER     12U
#define GZIP_TRAILER  8U /* CRC-32 and size of what was packed, RFC 1952 */
#define SIGNATURE_MAX 65536U

static const Layer layers[] = {
        {"gzip", "gzip", ARCHIVE_FILTER_GZIP, "\x1f\x8b", 2, false},
        {"gzip, xz", "xz", ARCHIVE_FILTER_XZ, "\xfd\x37zXZ", 6, true}, /* with its NUL */
        {"gzip, zstd", "zstd", ARCHIVE_FILTER_ZSTD, "\x28\xb5\x2f\xfd", 4, true},
        {"gzip, lzma", "lzma", ARCHIVE_FILTER_LZMA, "\x5d\0", 3, true},
};

/* What begins with a header has none: its first name may begin as a layer does. */
const Layer *layer_of(Span bytes, bool inner)
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

static int layer_failed(const LayerReader *reader, Fault *fault)
{
        if (reader->archive && archive_errno(reader->archive) != ENOMEM)
                return fault_set(fault, -EBADMSG, REASON_MODULE_DAMAGED,
                                 "its %s cannot be unpacked", reader->layer->words);
        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", reader->layer->words);
}

void layer_done(LayerReader *reader)
{
        if (reader->archive)
                (void)archive_read_free(reader->archive);
        *reader = (LayerReader){};
}

/* Exactly this layer, and none that may lie within. */
int layer_open(const Layer *layer, Span packed, uint64_t limit, LayerReader *ret, Fault *fault)
{
        _cleanup_(layer_done) LayerReader reader = {
                .layer = layer,
                .archive = archive_read_new(),
                .packed =
                        layer->filter == ARCHIVE_FILTER_XZ ? xz_without_signature(packed) : packed,
                .limit = limit,
        };
        struct archive_entry *entry;

        if (!reader.archive || archive_read_support_format_raw(reader.archive) != ARCHIVE_OK ||
            archive_read_append_filter(reader.archive, layer->filter) < ARCHIVE_WARN ||
            archive_read_open_memory(reader.archive, reader.packed.bytes, reader.packed.size) !=
                    ARCHIVE_OK ||
            archive_read_next_header(reader.archive, &entry) != ARCHIVE_OK)
                return layer_failed(&reader, fault);
        *ret = reader;
        reader = (LayerReader){};
        return 0;
}

/* The trailer at the end. A module is one member, with nothing after it. */
static int gzip_check_trailer(const LayerReader *reader, Fault *fault)
{
        Span packed = reader->packed, trailer;

        if (packed.size < GZIP_TRAILER ||
            span_slice(packed, packed.size - GZIP_TRAILER, GZIP_TRAILER, &trailer) < 0 ||
            load_le32(trailer.bytes + 4) != (uint32_t)reader->size ||
            load_le32(trailer.bytes) != reader->crc)
                return fault_set(fault, -EBADMSG, REASON_MODULE_DAMAGED,
                                 "its gzip has another checksum or size at its end");
        return 0;
}

int layer_next(LayerReader *reader, Span *ret, Fault *fault)
{
        bool is_gzip = reader->layer->filter == ARCHIVE_FILTER_GZIP;
        const void *block;
        la_int64_t offset;
        size_t length;
        int r;

        *ret = (Span){};
        do
                r = archive_read_data_block(reader->archive, &block, &length, &offset);
        while ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && length == 0);
        if (r == ARCHIVE_EOF)
                return is_gzip ? gzip_check_trailer(reader, fault) : 0;
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
                return layer_failed(reader, fault);
        if (length > reader->limit - reader->size)
                return fault_set(fault, -EFBIG, REASON_MODULE_BOUNDS, "unpacked size");
        *ret = (Span){block, length};
        reader->size += length;
        if (is_gzip)
                reader->crc = crc_more(reader->crc, *ret);
        return 1;
}

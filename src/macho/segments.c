/* SPDX-License-Identifier: MIT */

#include "macho/segments.h"
#include "image/ranges.h"

#define HEADER_SIZE    32U
#define COMMAND_SIZE   8U
#define SEGMENT_SIZE   72U
#define SECTION_SIZE   80U
#define DYLD_INFO_SIZE 48U
#define BLOB_SIZE      16U
#define COMMANDS_MAX   4096U

#define TYPE_EXECUTE 2U
#define TYPE_DYLIB   6U
#define TYPE_BUNDLE  8U
#define FLAG_PIE     0x200000U

#define LC_SEGMENT_64          0x19U
#define LC_CODE_SIGNATURE      0x1DU
#define LC_DYLD_INFO           0x22U
#define LC_DYLD_INFO_ONLY      0x80000022U
#define LC_DYLD_CHAINED_FIXUPS 0x80000034U

#define PROT_WRITE   2U
#define PROT_EXECUTE 4U

static int macho_contradiction(Fault *fault, uint64_t offset, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_HEADERS, offset, "%s", what);
}

static int segment_refuse(Fault *fault, const MachoSegment *segment, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_IMAGE_SEGMENTS, segment->offset,
                            "segment at address 0x%llx: %s", (unsigned long long)segment->address,
                            what);
}

static int segment_check(const MachoCommands *commands, const MachoSegment *segment, Fault *fault)
{
        uint64_t end;

        if (segment->file_size > segment->size ||
            __builtin_add_overflow(segment->address, segment->size, &end))
                return segment_refuse(fault, segment, "its size cannot be");
        for (size_t i = 0; i < commands->segment_count; i++) {
                const MachoSegment *other = &commands->segments[i];

                if (segment->address < other->address + other->size && other->address < end)
                        return segment_refuse(fault, segment, "it overlaps another");
        }
        return 0;
}

static int segment_add(Span command, const MachoSlice *slice, MachoCommands *commands, Fault *fault)
{
        MachoSegment segment;
        uint32_t protection;
        uint64_t offset;
        int r;

        if (command.size < SEGMENT_SIZE ||
            command.size - SEGMENT_SIZE < (uint64_t)load_le32(command.bytes + 64) * SECTION_SIZE)
                return macho_contradiction(fault, slice->offset, "size of LC_SEGMENT_64");
        if (commands->segment_count == MACHO_SEGMENTS_MAX)
                return macho_contradiction(fault, slice->offset, "number of segments");
        protection = load_le32(command.bytes + 60);
        offset = load_le64(command.bytes + 40);
        segment = (MachoSegment){
                .address = load_le64(command.bytes + 24),
                .size = load_le64(command.bytes + 32),
                .file_size = load_le64(command.bytes + 48),
                .writable = protection & PROT_WRITE,
                .executable = protection & PROT_EXECUTE,
        };
        if (!range_fits(offset, segment.file_size, slice->bytes.size))
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, slice->offset,
                                    "segment at address 0x%llx",
                                    (unsigned long long)segment.address);
        segment.offset = slice->offset + offset;
        r = segment_check(commands, &segment, fault);
        if (r < 0)
                return r;
        if (offset == 0 && segment.file_size > 0) {
                if (commands->has_header)
                        return segment_refuse(fault, &segment, "it has the header, as another has");
                commands->has_header = true;
                commands->header_address = segment.address;
        }
        commands->segments[commands->segment_count++] = segment;
        return 0;
}

/* File offset and size, four bytes each, at `at` of a command. */
static int blob_find(Span command, size_t at, const MachoSlice *slice, Span *ret, Fault *fault)
{
        uint32_t offset = load_le32(command.bytes + at), size = load_le32(command.bytes + at + 4);

        if (size == 0)
                return 0;
        if (span_slice(slice->bytes, offset, size, ret) < 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, slice->offset + offset,
                                    "contents of __LINKEDIT");
        return 0;
}

static int dyld_tables_read(Span command, const MachoSlice *slice, MachoCommands *commands,
                            Fault *fault)
{
        int r = 0;

        if (command.size < DYLD_INFO_SIZE)
                return macho_contradiction(fault, slice->offset, "size of LC_DYLD_INFO");
        if (commands->has_dyld_tables)
                return macho_contradiction(fault, slice->offset, "a second LC_DYLD_INFO");
        commands->has_dyld_tables = true;
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(commands->binds); i++)
                r = blob_find(command, 16 + 8 * i, slice, &commands->binds[i], fault);
        return r;
}

static int chains_read(Span command, const MachoSlice *slice, MachoCommands *commands, Fault *fault)
{
        if (command.size < BLOB_SIZE)
                return macho_contradiction(fault, slice->offset, "size of LC_DYLD_CHAINED_FIXUPS");
        if (commands->chains.size > 0)
                return macho_contradiction(fault, slice->offset, "a second LC_DYLD_CHAINED_FIXUPS");
        return blob_find(command, 8, slice, &commands->chains, fault);
}

static int macho_signature_read(Span command, const MachoSlice *slice, MachoCommands *commands,
                                Fault *fault)
{
        Span signature = {};
        int r;

        if (command.size < BLOB_SIZE)
                return macho_contradiction(fault, slice->offset, "size of LC_CODE_SIGNATURE");
        r = blob_find(command, 8, slice, &signature, fault);
        commands->signature_offset = slice->offset + load_le32(command.bytes + 8);
        commands->signature_size = signature.size;
        return r;
}

static int command_read(Span command, const MachoSlice *slice, MachoCommands *commands,
                        Fault *fault)
{
        switch (load_le32(command.bytes)) {
        case LC_SEGMENT_64:
                return segment_add(command, slice, commands, fault);
        case LC_DYLD_INFO:
        case LC_DYLD_INFO_ONLY:
                return dyld_tables_read(command, slice, commands, fault);
        case LC_DYLD_CHAINED_FIXUPS:
                return chains_read(command, slice, commands, fault);
        case LC_CODE_SIGNATURE:
                return macho_signature_read(command, slice, commands, fault);
        default:
                return 0;
        }
}

static int macho_table_read(Span table, uint32_t count, const MachoSlice *slice,
                            MachoCommands *commands, Fault *fault)
{
        for (uint32_t i = 0; i < count; i++) {
                uint32_t size = table.size < COMMAND_SIZE ? 0 : load_le32(table.bytes + 4);
                Span command = {table.bytes, size};
                int r;

                if (size < COMMAND_SIZE || size % 8 != 0 || size > table.size)
                        return macho_contradiction(fault, slice->offset, "sizes of load commands");
                r = command_read(command, slice, commands, fault);
                if (r < 0)
                        return r;
                table.bytes += size;
                table.size -= size;
        }
        return 0;
}

static int macho_ranges_fill(Image *image, const MachoCommands *commands, Fault *fault)
{
        image->ranges = calloc(commands->segment_count + 1, sizeof(*image->ranges));
        if (!image->ranges)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "segments");
        for (size_t i = 0; i < commands->segment_count; i++) {
                const MachoSegment *segment = &commands->segments[i];

                if (segment->file_size > 0)
                        image->ranges[image->range_count++] = (ImageRange){
                                .offset = segment->offset,
                                .address = segment->address,
                                .size = segment->file_size,
                                .writable = segment->writable,
                                .executable = segment->executable,
                        };
        }
        if (image->range_count == 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SEGMENTS, "no segment");
        if (image_settle_ranges(image) < 0)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_SEGMENTS,
                                 "segments that share bytes");
        return 0;
}

int macho_commands_read(Image *image, const MachoSlice *slice, MachoCommands *ret, Fault *fault)
{
        const uint8_t *header = slice->bytes.bytes;
        uint32_t type, count;
        Span table;
        int r;

        if (slice->bytes.size < HEADER_SIZE)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, slice->offset,
                                    "Mach-O header");
        type = load_le32(header + 12);
        count = load_le32(header + 16);
        if (type != TYPE_EXECUTE && type != TYPE_DYLIB && type != TYPE_BUNDLE)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_FORMAT, slice->offset,
                                    "Mach-O type %u", type);
        if (span_slice(slice->bytes, HEADER_SIZE, load_le32(header + 20), &table) < 0)
                return fault_set_at(fault, -EBADMSG, REASON_IMAGE_TRUNCATED, slice->offset,
                                    "load commands");
        if (count > COMMANDS_MAX)
                return macho_contradiction(fault, slice->offset, "number of load commands");
        ret->relocatable = type != TYPE_EXECUTE || load_le32(header + 24) & FLAG_PIE;
        r = macho_table_read(table, count, slice, ret, fault);
        return r < 0 ? r : macho_ranges_fill(image, ret, fault);
}

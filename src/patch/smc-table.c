/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>

#include "patch/smc-find.h"

/* The tables seen have 242 and 436 rows; nothing promises it. */
#define KEYS_MAX 4096U
#define OSK_SIZE 32U

typedef struct SmcHeader {
        ImagePointer rows;
        uint32_t private_count, public_count;
        bool zeroed; /* the last 16 bytes are */
} SmcHeader;

static int header_read(const Image *image, uint64_t address, SmcHeader *ret)
{
        SmcHeader header;
        uint64_t offset;
        Span bytes;
        int r = image_offset_of(image, address, SMC_HEADER_SIZE, &offset);

        if (r >= 0)
                r = span_slice(image_bytes(image), offset, SMC_HEADER_SIZE, &bytes);
        if (r >= 0)
                r = image_pointer_at(image, address, &header.rows, NULL);
        if (r < 0)
                return r;
        header.private_count = load_le32(bytes.bytes + 8);
        header.public_count = load_le32(bytes.bytes + 12);
        header.zeroed = span_is_zero((Span){bytes.bytes + 16, 16});
        *ret = header;
        return 0;
}

bool smc_header_fits(const Image *image, uint64_t address, uint64_t rows_address)
{
        SmcHeader header;

        return header_read(image, address, &header) >= 0 && header.zeroed &&
               header.rows.value == rows_address;
}

/* Public rows are a guest's to list; OSK0 and OSK1 lie among the hidden ones behind them. */
static int check_counts(const Image *image, SmcTable *table, Fault *fault)
{
        uint64_t size = (uint64_t)table->private_count * SMC_ROW_SIZE;

        if (table->public_count == 0 || table->public_count >= table->private_count ||
            table->private_count > KEYS_MAX)
                return smc_table_refuse(table, REASON_SMC_COUNTS, table->header_offset, "counts",
                                        fault);
        if (image_offset_of(image, table->rows_address, size, &table->rows_offset) < 0)
                return smc_table_refuse(table, REASON_SMC_TRUNCATED, table->header_offset, "rows",
                                        fault);
        return 0;
}

/* In every build seen, the second row is +LKS in V0 and $Adr in V1. */
static unsigned version_by_second_row(const Image *image, uint64_t rows_address)
{
        uint64_t offset;
        Span name;

        if (image_offset_of(image, rows_address, 2UL * SMC_ROW_SIZE, &offset) < 0 ||
            span_slice(image_bytes(image), offset + SMC_ROW_SIZE, 4, &name) < 0)
                return SMC_VERSION_UNKNOWN;
        if (memcmp(name.bytes, "SKL+", 4) == 0)
                return 0;
        return memcmp(name.bytes, "rdA$", 4) == 0 ? 1 : SMC_VERSION_UNKNOWN;
}

/* And the attributes of both OSK rows are 0x80 in V0 and 0x90 in V1; this counts only where the
 * second row does not tell. */
static unsigned version_by_attributes(const SmcTable *table)
{
        uint8_t attributes = table->osk[SMC_OSK0].attributes;

        if (table->osk[SMC_OSK1].attributes != attributes)
                return SMC_VERSION_UNKNOWN;
        if (attributes == 0x80)
                return 0;
        return attributes == 0x90 ? 1 : SMC_VERSION_UNKNOWN;
}

typedef struct Found {
        unsigned lks, osk[_SMC_GATE_MAX];
} Found;

static int check_hidden(const SmcTable *table, const SmcKey *key, Fault *fault)
{
        if (key->index < table->public_count)
                return smc_table_refuse(table, REASON_SMC_KEY_PLACE, key->offset, key->name, fault);
        if (key->length != OSK_SIZE)
                return smc_table_refuse(table, REASON_SMC_ROW, key->offset, key->name, fault);
        return 0;
}

static int check_once(const SmcTable *table, const SmcKey *key, unsigned seen, Fault *fault)
{
        if (seen > 1)
                return smc_table_refuse(table, REASON_SMC_KEY_TWICE, key->offset, key->name, fault);
        return 0;
}

static int note_row(SmcTable *table, const SmcKey *key, Found *found, Fault *fault)
{
        SmcGate gate;
        int r;

        if (memcmp(key->name, "+LKS", 4) == 0) {
                table->lks = *key;
                return check_once(table, key, ++found->lks, fault);
        }
        if (memcmp(key->name, "OSK0", 4) != 0 && memcmp(key->name, "OSK1", 4) != 0)
                return 0;
        gate = key->name[3] == '0' ? SMC_OSK0 : SMC_OSK1;
        table->osk[gate] = *key;
        r = check_once(table, key, ++found->osk[gate], fault);
        return r < 0 ? r : check_hidden(table, key, fault);
}

static int read_rows(const Image *image, SmcTable *table, SmcKey *ret_first, Fault *fault)
{
        Found found = {};

        for (uint32_t i = 0; i < table->private_count; i++) {
                SmcKey key;
                int r = smc_row_read(image, table, i, &key, fault);

                if (r >= 0)
                        r = note_row(table, &key, &found, fault);
                if (r < 0)
                        return r;
                if (i == 0)
                        *ret_first = key;
        }
        if (!found.lks)
                return smc_table_refuse(table, REASON_SMC_KEY_MISSING, table->rows_offset, "+LKS",
                                        fault);
        if (!found.osk[SMC_OSK0] || !found.osk[SMC_OSK1])
                return smc_table_refuse(table, REASON_SMC_KEY_MISSING, table->rows_offset,
                                        found.osk[SMC_OSK0] ? "OSK1" : "OSK0", fault);
        return 0;
}

static int check_handler(const Image *image, const SmcTable *table, SmcKey *key, Fault *fault)
{
        const ImageRange *range;
        int r = image_pointer_at(image, key->address + 0x10, &key->handler, fault);

        if (r < 0)
                return r;
        range = image_range_at_address(image, key->handler.value, 1);
        /* At address 0 there may be a segment with code, but there is the ELF header. */
        if (key->handler.value == 0 || !range || !range->executable)
                return smc_table_refuse(table, REASON_SMC_HANDLER, key->offset, key->name, fault);
        return 0;
}

/* All rows but a handful answer through Default. If +LKS does otherwise than most, to give its
 * handler to the OSK rows could leave them closed while they look open. A sample will do: a file
 * with unsorted relocations makes each look-up one pass over all of them. */
static int check_default(const Image *image, const SmcTable *table, Fault *fault)
{
        uint32_t sample = table->private_count < 64 ? table->private_count : 64, same = 0;

        for (uint32_t i = 0; i < sample; i++) {
                SmcKey key;

                if (smc_key(image, table, i, &key, NULL) >= 0)
                        same += key.handler.value == table->lks.handler.value;
        }
        if (same <= sample / 2)
                return smc_table_refuse(table, REASON_SMC_HANDLER, table->lks.offset, "+LKS",
                                        fault);
        return 0;
}

/* The loader must leave the value of an OSK row as it is in the file. */
static int check_value(const Image *image, const SmcTable *table, const SmcKey *key, Fault *fault)
{
        for (uint64_t into = 0; into < OSK_SIZE; into += 8) {
                ImagePointer pointer;
                int r = image_pointer_at(image, key->address + 0x18 + into, &pointer, fault);

                if (r < 0)
                        return r;
                if (pointer.source != POINTER_FIELD)
                        return smc_table_refuse(table, REASON_IMAGE_RELOCATION, key->offset,
                                                key->name, fault);
        }
        return 0;
}

int smc_table_read(const Image *image, uint64_t header_address, uint64_t rows_address,
                   SmcTable *ret, Fault *fault)
{
        SmcTable table = {.version = version_by_second_row(image, rows_address),
                          .header_address = header_address,
                          .rows_address = rows_address};
        SmcHeader header;
        SmcKey first;
        int r = header_read(image, header_address, &header);

        if (r < 0 || header.rows.value != rows_address || !header.zeroed ||
            image_offset_of(image, header_address, SMC_HEADER_SIZE, &table.header_offset) < 0)
                return fault_set(fault, -EBADMSG, REASON_SMC_NO_HEADER,
                                 "rows at address 0x%" PRIx64, rows_address);
        table.private_count = header.private_count;
        table.public_count = header.public_count;
        r = check_counts(image, &table, fault);
        if (r >= 0)
                r = read_rows(image, &table, &first, fault);
        if (r >= 0 && table.version == SMC_VERSION_UNKNOWN)
                table.version = version_by_attributes(&table);
        if (r >= 0 && table.version == SMC_VERSION_UNKNOWN)
                r = smc_table_refuse(&table, REASON_SMC_UNKNOWN_VERSION,
                                     table.rows_offset + SMC_ROW_SIZE, "second row", fault);
        if (r >= 0)
                r = check_handler(image, &table, &first, fault);
        if (r >= 0)
                r = check_handler(image, &table, &table.lks, fault);
        if (r >= 0)
                r = check_default(image, &table, fault);
        for (SmcGate gate = 0; r >= 0 && gate < _SMC_GATE_MAX; gate++) {
                r = check_handler(image, &table, &table.osk[gate], fault);
                if (r >= 0)
                        r = check_value(image, &table, &table.osk[gate], fault);
        }
        if (r < 0)
                return r;
        if (table.lks.handler.value == first.handler.value)
                return smc_table_refuse(&table, REASON_SMC_HANDLER, table.lks.offset, "+LKS",
                                        fault);
        *ret = table;
        return 0;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "patch/smc-header.h"
#include "patch/smc.h"

#define ROW_LENGTH     0x04U
#define ROW_TYPE       0x05U
#define ROW_ATTRIBUTES 0x09U
#define ROW_HANDLER    0x10U
#define ROW_VALUE      0x18U

static bool is_graphic(uint8_t byte)
{
        return byte > 0x20 && byte < 0x7F;
}

/* Names are four printable characters, types at least one; short types are padded. */
static bool row_is_well_formed(const uint8_t *row)
{
        for (unsigned i = 0; i < 4; i++) {
                uint8_t name = row[i], type = row[ROW_TYPE + i];

                if (name < 0x20 || name > 0x7E)
                        return false;
                if (!is_graphic(type) && type != ' ' && type != '\0')
                        return false;
        }
        return is_graphic(row[ROW_TYPE + 3]) && row[ROW_LENGTH] <= SMC_VALUE_MAX;
}

bool smc_row_fits(const Image *image, uint64_t offset)
{
        Span row;

        return span_slice(image_bytes(image), offset, SMC_ROW_SIZE, &row) >= 0 &&
               row_is_well_formed(row.bytes);
}

bool smc_row_is_first(const uint8_t *row)
{
        static const uint8_t first_row[] = {'Y', 'E', 'K', '#'};

        return memcmp(row, first_row, sizeof(first_row)) == 0;
}

bool smc_row_is_osk(const uint8_t *row, SmcGate *ret_gate)
{
        if (memcmp(row + 1, "KSO", 3) != 0 || (row[0] != '0' && row[0] != '1'))
                return false;
        if (ret_gate)
                *ret_gate = row[0] == '0' ? SMC_OSK0 : SMC_OSK1;
        return true;
}

static void copy_reversed(char ret[static 5], const uint8_t *bytes)
{
        for (unsigned i = 0; i < 4; i++)
                ret[i] = bytes[3 - i] ? (char)bytes[3 - i] : ' ';
        ret[4] = '\0';
}

static int row_refuse(const SmcTable *table, Reason reason, uint64_t offset, uint32_t index,
                      Fault *fault)
{
        return fault_set_at(fault, -EBADMSG, reason, offset, "%s at 0x%" PRIx64 ": row %" PRIu32,
                            smc_version_name(table->version), table->header_offset, index);
}

static int row_read(const Image *image, const SmcTable *table, uint32_t index, SmcKey *ret,
                    Fault *fault)
{
        uint64_t into = (uint64_t)index * SMC_ROW_SIZE;
        uint64_t offset = table->rows_offset + into;
        SmcKey key;
        Span row;

        if (index >= table->private_count ||
            span_slice(image_bytes(image), offset, SMC_ROW_SIZE, &row) < 0)
                return row_refuse(table, REASON_SMC_TRUNCATED, offset, index, fault);
        if (!row_is_well_formed(row.bytes))
                return row_refuse(table, REASON_SMC_ROW, offset, index, fault);
        key = (SmcKey){.index = index,
                       .offset = offset,
                       .address = table->rows_address + into,
                       .length = row.bytes[ROW_LENGTH],
                       .attributes = row.bytes[ROW_ATTRIBUTES],
                       .value = row.bytes + ROW_VALUE};
        copy_reversed(key.name, row.bytes);
        copy_reversed(key.type, row.bytes + ROW_TYPE);
        *ret = key;
        return 0;
}

int smc_key(const Image *image, const SmcTable *table, uint32_t index, SmcKey *ret, Fault *fault)
{
        SmcKey key;
        int r = row_read(image, table, index, &key, fault);

        if (r >= 0)
                r = image_pointer_at(image, key.address + ROW_HANDLER, &key.handler, fault);
        if (r < 0)
                return r;
        *ret = key;
        return 0;
}

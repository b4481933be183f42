/* SPDX-License-Identifier: MIT */

#include "visor/crc.h"

#define POLYNOMIAL 0xEDB88320U /* its bits from the lowest to the highest power, mirrored */

/* What each value of a byte adds; made once. */
static void crc_tabulate(uint32_t table[static 256])
{
        for (uint32_t value = 0; value < 256; value++) {
                uint32_t crc = value;

                for (int bit = 0; bit < 8; bit++)
                        crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
                table[value] = crc;
        }
}

uint32_t crc_more(uint32_t crc, Span bytes)
{
        static uint32_t table[256];

        if (!table[1])
                crc_tabulate(table);
        crc = ~crc;
        for (size_t i = 0; i < bytes.size; i++)
                crc = table[(crc ^ bytes.bytes[i]) & 0xFF] ^ crc >> 8;
        return ~crc;
}

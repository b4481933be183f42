/* SPDX-License-Identifier: MIT */

#include <inttypes.h>
#include <stdio.h>

#include "ctl/render/edits-table.h"

#define BYTES_PER_LINE 8U

typedef struct Hex {
        char text[2 * BYTES_PER_LINE + 1];
} Hex;

static Hex hex_of(const uint8_t *bytes, size_t size)
{
        Hex hex = {};

        for (size_t i = 0; i < size; i++)
                (void)snprintf(hex.text + 2 * i, 3, "%02x", bytes[i]);
        return hex;
}

int edits_print(const Context *context, const Edits *edits)
{
        static const Column columns[] = {{"OFFSET", 0}, {"BEFORE", 0}, {"AFTER", 0}, {"WHY", 0}};
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        r = table_new(context, columns, ARRAY_SIZE(columns), &table);
        if (r < 0)
                return r;
        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];

                for (size_t at = 0; at < edit->size; at += BYTES_PER_LINE) {
                        size_t size = MIN((size_t)edit->size - at, (size_t)BYTES_PER_LINE);

                        table_row(table);
                        table_cell(table, TONE_PLAIN, "0x%" PRIx64, edit->offset + at);
                        table_cell(table, TONE_PLAIN, "%s", hex_of(edit->before + at, size).text);
                        table_cell(table, TONE_PLAIN, "%s", hex_of(edit->after + at, size).text);
                        table_cell(table, TONE_DIM, "%s", at == 0 ? edit->why : "");
                }
        }
        return table_print(table);
}

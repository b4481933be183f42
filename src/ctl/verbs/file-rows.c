/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "ctl/render/files-json.h"
#include "ctl/verbs/file-rows.h"

static void file_row_done(FileRow *row)
{
        file_result_done(&row->result);
        free(row->path);
        free(row->target);
}

void file_rows_done(FileRows *rows)
{
        for (size_t i = 0; i < rows->count; i++)
                file_row_done(&rows->items[i]);
        free(rows->items);
        *rows = (FileRows){};
}

int file_rows_add(FileRows *rows, const char *path, const char *target, FileResult *result,
                  const char *word, Tone tone)
{
        FileRow row = {.word = word, .tone = tone, .fault = FAULT_NONE};
        FileRow *items = reallocarray(rows->items, rows->count + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;
        rows->items = items;
        if (text_copy(&row.path, path) < 0 || text_copy(&row.target, target) < 0) {
                file_row_done(&row);
                return -ENOMEM;
        }
        if (result) {
                row.is_judged = true;
                row.result = *result;
                *result = (FileResult){};
        }
        items[rows->count++] = row;
        return 0;
}

void file_rows_settle(FileRows *rows, bool written)
{
        for (size_t i = 0; i < rows->count; i++) {
                FileRow *row = &rows->items[i];

                if (!row->is_awaited)
                        continue;
                row->is_awaited = false;
                row->result.written = written;
                if (written) {
                        row->result.after = STATE_PATCHED;
                } else {
                        row->word = "not written";
                        row->tone = TONE_WARN;
                }
        }
}

static void file_row_show(const FileRow *row, Table *table)
{
        table_row(table);
        table_cell(table, TONE_PLAIN, "%s", row->path);
        table_cell(table, TONE_PLAIN, "%s",
                   row->is_judged ? subject_name(row->result.subject) : "-");
        table_cell(table, row->tone, "%s", row->word);
        table_cell(table, TONE_PLAIN, "%zu", row->result.edits.count);
}

int file_rows_print(const FileRows *rows, const Context *context)
{
        static const Column columns[] = {
                {"FILE", COLUMN_NAME}, {"HOLDS", 0}, {"RESULT", 0}, {"EDITS", COLUMN_RIGHT}};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        for (size_t i = 0; i < rows->count; i++)
                file_row_show(&rows->items[i], table);
        r = table_print(table);
        for (size_t i = 0; r >= 0 && i < rows->count; i++)
                if (*rows->items[i].result.layout)
                        output_say(context, TONE_WARN, "%s %s: layout not seen before: %s.",
                                   output_bullet(context), rows->items[i].path,
                                   rows->items[i].result.layout);
        return r;
}

void file_rows_json_add(const FileRows *rows, Json *parent)
{
        Json *list = json_add_array(parent, "files");

        for (size_t i = 0; i < rows->count; i++) {
                const FileRow *row = &rows->items[i];

                single_json_add(json_add_object(list, NULL), row->path, row->target,
                                row->is_judged ? &row->result : NULL, &row->fault);
        }
}

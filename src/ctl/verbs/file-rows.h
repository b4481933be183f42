/* SPDX-License-Identifier: MIT */
#pragma once

/* FileRows: what became of each file that patch-file looked at. They are shown at the end, when it
 * is known whether what was to be written is written. */

#include <stdbool.h>

#include "base/fault.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "ctl/terminal/output.h"
#include "swap/patch-file.h"

typedef struct FileRow {
        char *path;
        char *target;      /* NULL: none, or in place */
        FileResult result; /* where `is_judged` */
        bool is_judged;
        bool is_awaited; /* it is written when the boot module is */
        const char *word;
        Tone tone;
        Fault fault;
} FileRow;

typedef struct FileRows {
        FileRow *items;
        size_t count;
} FileRows;

void file_rows_done(FileRows *rows);

/* Adds a row with a copy of both paths. `result` may be NULL; else it is empty afterwards. -ENOMEM.
 */
_nodiscard_ int file_rows_add(FileRows *rows, const char *path, const char *target,
                              FileResult *result, const char *word, Tone tone);

/* The boot module that rows wait for was written, or not. */
void file_rows_settle(FileRows *rows, bool written);

/* Files of a layout that was not seen before are named below the table. */
_nodiscard_ int file_rows_print(const FileRows *rows, const Context *context);
void file_rows_json_add(const FileRows *rows, Json *parent); /* "files" */

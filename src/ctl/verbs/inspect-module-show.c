/* SPDX-License-Identifier: MIT */

/* What is shown of a boot module, as text and as JSON. */

#include <inttypes.h>
#include <sys/stat.h>

#include "ctl/render/json.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/tone.h"
#include "ctl/verbs/inspect-module.h"
#include "ctl/work/foreign.h"

bool shown_file_is_judged(const ShownFile *file, const ModuleEntry *entry)
{
        if (entry->kind != ENTRY_FILE || file->state == STATE_EMPTY)
                return false;
        return file->state != STATE_UNKNOWN || file->needs_no_patch ||
               !reason_is_foreign(file->fault.reason) || name_is_of_vmware(entry->path);
}

static const char *format_name(const Shown *shown)
{
        return shown->module.format == MODULE_VISOR ? "visor" : "ustar";
}

static const char *kind_name(EntryKind kind)
{
        static const char *const names[] = {
                [ENTRY_FILE] = "file",       [ENTRY_DIRECTORY] = "directory",
                [ENTRY_SYMLINK] = "symlink", [ENTRY_HARDLINK] = "hardlink",
                [ENTRY_OTHER] = "other",
        };

        return names[kind];
}

/* "-r-sr-xr-x", as `ls` has it. */
static void format_mode(const ModuleEntry *entry, char ret[static 11])
{
        static const char kinds[] = {
                [ENTRY_FILE] = '-',     [ENTRY_DIRECTORY] = 'd', [ENTRY_SYMLINK] = 'l',
                [ENTRY_HARDLINK] = 'h', [ENTRY_OTHER] = '?',
        };
        static const struct {
                mode_t set, execute;
                int at;
                char with, without;
        } specials[] = {
                {S_ISUID, S_IXUSR, 3, 's', 'S'},
                {S_ISGID, S_IXGRP, 6, 's', 'S'},
                {S_ISVTX, S_IXOTH, 9, 't', 'T'},
        };

        ret[0] = kinds[entry->kind];
        for (int i = 0; i < 9; i++)
                ret[i + 1] = "rwx"[i % 3];
        for (int i = 0; i < 9; i++)
                if (!(entry->mode & (0400U >> i)))
                        ret[i + 1] = '-';
        for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
                if (entry->mode & specials[i].set)
                        ret[specials[i].at] = entry->mode & specials[i].execute
                                                      ? specials[i].with
                                                      : specials[i].without;
        ret[10] = '\0';
}

static void add_row(Table *table, const ModuleEntry *entry, const ShownFile *file)
{
        bool judged = shown_file_is_judged(file, entry),
             empty = entry->kind == ENTRY_FILE && !entry->size;
        char mode[11];

        format_mode(entry, mode);
        table_row(table);
        table_cell(table, TONE_PLAIN, "%s", mode);
        if (entry->kind == ENTRY_FILE) {
                table_cell(table, TONE_PLAIN, "0x%" PRIx64, entry->offset);
                table_cell(table, TONE_PLAIN, "%" PRIu64, entry->size);
        } else {
                table_cell(table, TONE_DIM, "-");
                table_cell(table, TONE_DIM, "-");
        }
        table_cell(table, judged ? tone_of_state(file->state) : TONE_DIM, "%s",
                   judged  ? state_name(file->state)
                   : empty ? state_name(STATE_EMPTY)
                           : "-");
        table_cell(table, TONE_PLAIN, "%s%s%s", entry->path, entry->link ? " -> " : "",
                   entry->link ? entry->link : "");
}

static void print_head(const Shown *shown)
{
        const Context *context = shown->context;
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(&shown->digest, hex);
        output_line(context, TONE_STRONG, "%s", shown->path);
        output_line(context, TONE_PLAIN, "  Format   ESXi boot module, %s%s%s%s",
                    format_name(shown), *shown->layers ? " (" : "", shown->layers,
                    *shown->layers ? ")" : "");
        output_line(context, TONE_PLAIN, "  Size     %zu bytes, %zu unpacked", shown->size,
                    (size_t)shown->module.size);
        output_line(context, TONE_PLAIN, "  SHA-256  %s", hex);
        if (shown->build)
                output_line(context, TONE_PLAIN, "  Build    %s", shown->build);
        output_line(context, TONE_PLAIN, "%s", "");
}

int shown_print_text(const Shown *shown)
{
        static const Column columns[] = {
                {"MODE", 0},  {"OFFSET", COLUMN_RIGHT}, {"SIZE", COLUMN_RIGHT},
                {"STATE", 0}, {"PATH", COLUMN_NAME},
        };
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(shown->context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        pager_open(shown->context);
        print_head(shown);
        for (size_t i = 0; i < shown->module.count; i++)
                add_row(table, &shown->module.entries[i], &shown->files[i]);
        return table_print(table);
}

static Json *json_add_entry(Json *list, const ModuleEntry *entry, const ShownFile *file)
{
        bool judged = shown_file_is_judged(file, entry);
        Json *item = json_add_object(list, NULL);

        json_add_text(item, "path", entry->path);
        json_add_text(item, "kind", kind_name(entry->kind));
        json_add_text(item, "link", entry->link);
        json_add_format(item, "mode", "%04o", entry->mode);
        json_add_number(item, "uid", entry->uid);
        json_add_number(item, "gid", entry->gid);
        json_add_number(item, "mtime", entry->mtime);
        json_add_number(item, "size", entry->size);
        json_add_number(item, "header_offset", entry->header_offset);
        json_add_number(item, "offset", entry->offset);
        json_add_number(item, "text_offset", entry->text_offset);
        json_add_number(item, "text_size", entry->text_size);
        json_add_number(item, "fixup_pages", entry->fixup_pages);
        json_add_text(item, "holds", judged ? subject_name(file->subject) : NULL);
        json_add_text(item, "state", judged ? state_name(file->state) : NULL);
        json_add_fault(item, judged ? &file->fault : &FAULT_NONE, entry->path);
        return item;
}

static void json_add_entries(Json *json, const Shown *shown)
{
        Json *list = json_add_array(json, "entries");

        for (size_t i = 0; i < shown->module.count; i++) {
                const ModuleEntry *entry = &shown->module.entries[i];
                Json *item = json_add_entry(list, entry, &shown->files[i]);

                if (entry->kind == ENTRY_FILE)
                        json_add_digest(item, "sha256", &shown->files[i].digest);
                else
                        json_add_null(item, "sha256");
        }
}

int shown_print_json(const Shown *shown)
{
        _cleanup_(json_freep) Json *json = json_new();

        json_add_text(json, "path", shown->path);
        json_add_text(json, "format", format_name(shown));
        json_add_text(json, "layers", shown->layers);
        json_add_number(json, "size", shown->size);
        json_add_number(json, "unpacked_size", shown->module.size);
        json_add_digest(json, "sha256", &shown->digest);
        json_add_text(json, "build", shown->build);
        json_add_entries(json, shown);
        json_add_number(json, "exit_status", shown->status);
        return json_print(shown->context, json);
}

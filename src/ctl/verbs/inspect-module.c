/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/render/failure.h"
#include "ctl/render/json.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/tone.h"
#include "ctl/verbs/inspect-module.h"
#include "ctl/verbs/overlay.h"
#include "ctl/work/foreign.h"
#include "patch/verdict.h"
#include "visor/module.h"
#include "visor/unpacked.h"

#define BUILD_KEY "\nbuild="

/* A module while it is shown. */
typedef struct Shown {
        const Context *context;
        const char *path;
        const Mapping *packed;
        Unpacked unpacked;
        Module module;
        char *build;    /* that its record names; NULL: none */
        Verdict *files; /* one for each entry */
        ExitStatus status;
} Shown;

static void shown_done(Shown *shown)
{
        for (size_t i = 0; shown->files && i < shown->module.count; i++)
                verdict_done(&shown->files[i]);
        free(shown->files);
        free(shown->build);
        module_done(&shown->module);
        unpacked_done(&shown->unpacked);
}

static bool is_judged(const Verdict *verdict, const ModuleEntry *entry)
{
        if (entry->kind != ENTRY_FILE || verdict->state == STATE_EMPTY)
                return false;
        return verdict->state != STATE_UNKNOWN || verdict->needs_no_patch ||
               !reason_is_foreign(verdict->fault.reason) || name_is_of_vmware(entry->path);
}

static int shown_judge(Shown *shown, Fault *fault)
{
        shown->files = calloc(shown->module.count + 1, sizeof(*shown->files));
        if (!shown->files)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", shown->path);
        for (size_t i = 0; i < shown->module.count; i++) {
                const ModuleEntry *entry = &shown->module.entries[i];
                Verdict *verdict = &shown->files[i];
                int r = 0;

                *verdict = VERDICT_NONE;
                if (entry->kind == ENTRY_FILE)
                        r = verdict_of(module_content(entry, shown->unpacked.bytes), SUBJECT_NONE,
                                       verdict);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "%s", entry->path);
                if (is_judged(verdict, entry) && verdict->state == STATE_UNKNOWN)
                        shown->status = EXIT_DEGRADED;
        }
        return 0;
}

/* The line of the record that names the build. */
static int shown_find_build(Shown *shown, Fault *fault)
{
        const ModuleEntry *entry = module_find(&shown->module, OVERLAY_RECORD);
        Span content = entry && entry->kind == ENTRY_FILE
                               ? module_content(entry, shown->unpacked.bytes)
                               : (Span){};
        const uint8_t *line =
                content.size > 0 ? memmem(content.bytes, content.size, BUILD_KEY, strlen(BUILD_KEY))
                                 : NULL;
        const uint8_t *end;

        if (!line)
                return 0;
        line += strlen(BUILD_KEY);
        end = memchr(line, '\n', content.size - (size_t)(line - content.bytes));
        if (end)
                shown->build = strndup((const char *)line, (size_t)(end - line));
        return end && !shown->build ? fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "build") : 0;
}

static int shown_open(Shown *shown, Fault *fault)
{
        int r = unpacked_open(shown->packed->span, MODULE_SIZE_MAX, &shown->unpacked, fault);

        if (r == 0)
                return -ENODATA;
        if (r > 0)
                r = module_read(shown->unpacked.bytes, &shown->module, fault);
        if (r >= 0)
                r = shown_find_build(shown, fault);
        return r < 0 ? r : shown_judge(shown, fault);
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

static void add_row(Table *table, const ModuleEntry *entry, const Verdict *verdict)
{
        bool judged = is_judged(verdict, entry), empty = entry->kind == ENTRY_FILE && !entry->size;
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
        table_cell(table, judged ? tone_of_state(verdict->state) : TONE_DIM, "%s",
                   judged  ? state_name(verdict->state)
                   : empty ? state_name(STATE_EMPTY)
                           : "-");
        table_cell(table, TONE_PLAIN, "%s%s%s", entry->path, entry->link ? " -> " : "",
                   entry->link ? entry->link : "");
}

static void print_head(const Shown *shown, const Digest *digest)
{
        const Context *context = shown->context;
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        output_line(context, TONE_STRONG, "%s", shown->path);
        output_line(context, TONE_PLAIN, "  Format   ESXi boot module, %s%s%s%s",
                    format_name(shown), *shown->unpacked.layers ? " (" : "", shown->unpacked.layers,
                    *shown->unpacked.layers ? ")" : "");
        output_line(context, TONE_PLAIN, "  Size     %zu bytes, %zu unpacked",
                    shown->packed->span.size, shown->unpacked.bytes.size);
        output_line(context, TONE_PLAIN, "  SHA-256  %s", hex);
        if (shown->build)
                output_line(context, TONE_PLAIN, "  Build    %s", shown->build);
        output_line(context, TONE_PLAIN, "%s", "");
}

/* Bytes that were lost while they were read were zeros. */
static int shown_is_whole(const Shown *shown, Fault *fault)
{
        return mapping_is_torn(shown->packed)
                       ? fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", shown->path)
                       : 0;
}

static int print_text(const Shown *shown, const Digest *digest)
{
        static const Column columns[] = {
                {"MODE", 0},  {"OFFSET", COLUMN_RIGHT}, {"SIZE", COLUMN_RIGHT},
                {"STATE", 0}, {"PATH", COLUMN_WRAP},
        };
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(shown->context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        pager_open(shown->context);
        print_head(shown, digest);
        for (size_t i = 0; i < shown->module.count; i++)
                add_row(table, &shown->module.entries[i], &shown->files[i]);
        return table_print(table);
}

static Json *json_add_entry(Json *list, const ModuleEntry *entry, const Verdict *verdict)
{
        bool judged = is_judged(verdict, entry);
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
        json_add_text(item, "holds", judged ? subject_name(verdict->subject) : NULL);
        json_add_text(item, "state", judged ? state_name(verdict->state) : NULL);
        json_add_fault(item, judged ? &verdict->fault : &FAULT_NONE, entry->path);
        return item;
}

static int json_add_entries(Json *json, const Shown *shown)
{
        Json *list = json_add_array(json, "entries");

        for (size_t i = 0; i < shown->module.count; i++) {
                const ModuleEntry *entry = &shown->module.entries[i];
                Json *item = json_add_entry(list, entry, &shown->files[i]);
                Digest digest;
                int r;

                if (entry->kind != ENTRY_FILE) {
                        json_add_null(item, "sha256");
                        continue;
                }
                r = digest_of_span(module_content(entry, shown->unpacked.bytes), &digest);
                if (r < 0)
                        return r;
                json_add_digest(item, "sha256", &digest);
        }
        return 0;
}

static int print_json(const Shown *shown, const Digest *digest, Fault *fault)
{
        _cleanup_(json_freep) Json *json = json_new();
        int r;

        json_add_text(json, "path", shown->path);
        json_add_text(json, "format", format_name(shown));
        json_add_text(json, "layers", shown->unpacked.layers);
        json_add_number(json, "size", shown->packed->span.size);
        json_add_number(json, "unpacked_size", shown->unpacked.bytes.size);
        json_add_digest(json, "sha256", digest);
        json_add_text(json, "build", shown->build);
        r = json_add_entries(json, shown);
        if (r >= 0)
                r = shown_is_whole(shown, fault);
        if (r < 0)
                return r;
        json_add_number(json, "exit_status", shown->status);
        return json_print(shown->context, json);
}

static void complain_of_files(const Shown *shown)
{
        pager_close();
        for (size_t i = 0; i < shown->module.count; i++) {
                const ModuleEntry *entry = &shown->module.entries[i];

                if (is_judged(&shown->files[i], entry) && shown->files[i].state == STATE_UNKNOWN)
                        complain(&shown->files[i].fault, 0, entry->path, "cannot judge");
        }
}

/* -ENODATA when it is no module. */
static int shown_print(Shown *shown, Fault *fault)
{
        Digest digest;
        int r = shown_open(shown, fault);

        if (r >= 0)
                r = digest_of_span(shown->packed->span, &digest);
        if (r >= 0)
                r = shown_is_whole(shown, fault);
        if (r < 0)
                return r;
        return shown->context->json ? print_json(shown, &digest, fault)
                                    : print_text(shown, &digest);
}

int inspect_module(const Context *context, const char *path, const Mapping *mapping)
{
        _cleanup_(shown_done) Shown shown = {
                .context = context, .path = path, .packed = mapping, .unpacked = UNPACKED_NONE};
        Fault fault = FAULT_NONE;
        int r = shown_print(&shown, &fault);

        if (r == -ENODATA || r == -ENOMEM || (r < 0 && fault.reason == REASON_NONE))
                return r;
        if (r < 0)
                return failure_tell(context, path, &fault, r, "cannot inspect",
                                    r == -EBADMSG || r == -EFBIG ? EXIT_DEGRADED : EXIT_FAILED);
        if (!context->json)
                complain_of_files(&shown);
        return (int)shown.status;
}

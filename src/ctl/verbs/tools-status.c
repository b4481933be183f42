/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/words.h"
#include "ctl/verbs/tools.h"
#include "ctl/work/names.h"
#include "ctl/work/tools-directory.h"
#include "tools/isoimages.h"

/* One installation of a root. */
typedef struct Shelf {
        const Session *session;
        const Installation *installation;
        const IsoRecords *records;
        IsoFile files[_ISO_MAX];
        char *paths[_ISO_MAX];
} Shelf;

static void shelf_done(Shelf *shelf)
{
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                free(shelf->paths[kind]);
}

static bool is_readable(const IsoFile *file)
{
        return file->state != ISO_MISSING && file->state != ISO_UNREADABLE;
}

static bool is_ours(const Shelf *shelf, IsoKind kind)
{
        return is_readable(&shelf->files[kind]) &&
               iso_records_find(shelf->records, shelf->paths[kind], &shelf->files[kind].digest);
}

static int shelf_look(Shelf *shelf)
{
        _cleanup_free_ char *directory = NULL;

        if (tools_directory(shelf->installation, &directory) < 0)
                return -ENOMEM;
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++) {
                int r = isoimages_path(directory, kind, &shelf->paths[kind]);

                if (r < 0)
                        return r;
                isoimages_look(&shelf->session->root, directory, kind, &shelf->files[kind]);
        }
        return 0;
}

static void shelf_add_json(Json *list, const Shelf *shelf)
{
        const Installation *installation = shelf->installation;
        Json *item = json_add_object(list, NULL), *images;

        json_add_text(item, "root", shelf->session->root.path);
        json_add_path(item, "libdir", shelf->session->root.path, installation->libdir);
        json_add_text(item, "product", installation->product);
        json_add_text(item, "version", installation->version);
        json_add_text(item, "build", installation->build);
        images = json_add_array(item, "tools");
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++) {
                const IsoFile *file = &shelf->files[kind];
                Json *image = json_add_object(images, NULL);

                json_add_text(image, "name", iso_name(kind));
                json_add_text(image, "guests", iso_guests(kind));
                json_add_path(image, "path", shelf->session->root.path, shelf->paths[kind]);
                json_add_text(image, "state", iso_state_name(file->state));
                if (is_readable(file)) {
                        json_add_number(image, "size", file->size);
                        json_add_digest(image, "sha256", &file->digest);
                } else {
                        json_add_null(image, "size");
                        json_add_null(image, "sha256");
                }
                json_add_flag(image, "added", is_ours(shelf, kind));
                json_add_text(image, "address", iso_address(kind));
                json_add_fault(image, &file->fault, shelf->paths[kind]);
        }
}

static void shelf_add_row(Table *table, const Shelf *shelf, IsoKind kind)
{
        static const struct {
                Tone tone;
                const char *words;
        } states[] = {
                [ISO_MISSING] = {TONE_DIM, "missing"},
                [ISO_KNOWN] = {TONE_GOOD, "known"},
                [ISO_UNKNOWN] = {TONE_WARN, "unknown"},
                [ISO_NO_IMAGE] = {TONE_BAD, "not an image"},
                [ISO_UNREADABLE] = {TONE_BAD, "unreadable"},
        };
        const IsoFile *file = &shelf->files[kind];

        _Static_assert(ARRAY_SIZE(states) == _ISO_STATE_MAX, "every state has its words");
        table_row(table);
        table_cell(table, TONE_STRONG, "%s", iso_name(kind));
        table_cell(table, states[file->state].tone, "%s", states[file->state].words);
        if (is_readable(file))
                table_cell(table, TONE_PLAIN, "%s", size_words(file->size).text);
        else
                table_cell(table, TONE_DIM, "-");
        table_cell(table, TONE_PLAIN, "%s",
                   is_ours(shelf, kind) ? "unlockerctl"
                   : is_readable(file)  ? "others"
                                        : "-");
        table_cell(table, TONE_PLAIN, "%s", iso_guests(kind));
}

static int shelf_print(const Context *context, const Shelf *shelf)
{
        static const Column columns[] = {
                {"IMAGE", 0}, {"STATE", 0}, {"SIZE", COLUMN_RIGHT}, {"ADDED BY", 0}, {"FOR", 0}};
        const Build build = session_build(shelf->installation);
        _cleanup_free_ char *title = NULL, *directory = NULL;
        _cleanup_(table_freep) Table *table = NULL;
        int r = build_title(&build, &title);

        if (r >= 0)
                r = path_in_root(shelf->session->root.path, shelf->installation->libdir,
                                 &directory);
        if (r >= 0)
                r = table_new(context, columns, ARRAY_SIZE(columns), &table);
        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "%s in %s\n", title, directory);
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                shelf_add_row(table, shelf, kind);
        r = table_print(table);
        output_line(context, TONE_PLAIN, "%s", "");
        return r;
}

/* 1 when a shell would find the program, 0, or -ENOMEM. */
static int program_is_in_path(const char *name)
{
        const char *path = getenv("PATH");
        _cleanup_free_ char *directories = strdup(path ? path : "/usr/bin:/bin");
        char *rest = directories;

        for (const char *directory; (directory = strsep(&rest, ":"));) {
                _cleanup_free_ char *file = NULL;

                if (text_format(&file, "%s/%s", *directory ? directory : ".", name) < 0)
                        return -ENOMEM;
                if (access(file, X_OK) == 0)
                        return 1;
        }
        return directories ? 0 : -ENOMEM;
}

/* What some installation lacks. */
typedef struct Lacks {
        bool missing[_ISO_MAX]; /* also where the file is none */
        bool wrong[_ISO_MAX];   /* the file is there, and is no image */
} Lacks;

/* Where to get it, and how it is installed into `root`. */
static int print_addresses(const Context *context, const Lacks *lacks, const char *root)
{
        _cleanup_free_ char *todo = NULL;
        bool any = false;
        int r;

        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                any |= lacks->missing[kind];
        if (!any) {
                output_say(context, TONE_GOOD, "Nothing is missing.");
                return 0;
        }
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                if (lacks->wrong[kind])
                        output_say(context, TONE_BAD, "%s is not an ISO image: replace it.",
                                   iso_name(kind));
        output_say(context, TONE_PLAIN, "What is missing is fetched, checked and installed by");
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++) {
                _cleanup_free_ char *line = NULL;

                if (!lacks->missing[kind])
                        continue;
                if (hint_for_root(root,
                                  lacks->wrong[kind] ? "`sudo unlockerctl tools --force -"
                                                     : "`sudo unlockerctl tools -",
                                  &line) < 0)
                        return -ENOMEM;
                /* Each line is short enough for a terminal: a shell takes them as they are. */
                output_say(context, TONE_PLAIN, "  curl -fL \\");
                output_say(context, TONE_PLAIN, "    %s |", iso_address(kind));
                output_command(context, 4, line + 1); /* without the quote */
        }
        r = program_is_in_path("curl");
        if (r < 0)
                return r;
        if (r == 0)
                output_say(context, TONE_WARN,
                           "curl is not installed here: install it, or download with another "
                           "program.");
        if (hint_for_root(root, "`sudo unlockerctl tools FILE", &todo) < 0)
                return -ENOMEM;
        output_say(context, TONE_PLAIN, "From an image or an archive of VMware Fusion:");
        output_command(context, 2, todo + 1);
        return 0;
}

static ExitStatus complain_of(const Shelf *shelf)
{
        ExitStatus status = EXIT_DONE;

        for (IsoKind kind = 0; kind < _ISO_MAX; kind++) {
                const IsoFile *file = &shelf->files[kind];
                _cleanup_free_ char *path = NULL;

                if (file->fault.reason == REASON_NONE)
                        continue;
                (void)path_in_root(shelf->session->root.path, shelf->paths[kind], &path);
                complain(&file->fault, -file->fault.error, path, "cannot judge");
                status = EXIT_DEGRADED;
        }
        return status;
}

static int show_root(const Context *context, const Session *session, Json *list, Lacks *lacks)
{
        _cleanup_(iso_records_done) IsoRecords records = {};
        Fault fault = FAULT_NONE;
        ExitStatus status = EXIT_DONE;
        int r = iso_records_read(&session->root, &records, &fault);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                complain(&fault, r, NULL, "cannot tell what was added");
                status = EXIT_DEGRADED;
        }
        for (size_t i = 0; i < session->installations.count; i++) {
                _cleanup_(shelf_done)
                        Shelf shelf = {.session = session,
                                       .installation = &session->installations.items[i],
                                       .records = &records};

                r = shelf_look(&shelf);
                if (r < 0)
                        return r;
                if (list)
                        shelf_add_json(list, &shelf);
                else
                        r = shelf_print(context, &shelf);
                if (r < 0)
                        return r;
                for (IsoKind kind = 0; kind < _ISO_MAX; kind++) {
                        lacks->wrong[kind] |= shelf.files[kind].state == ISO_NO_IMAGE;
                        lacks->missing[kind] |=
                                lacks->wrong[kind] || shelf.files[kind].state == ISO_MISSING;
                }
                status = exit_status_worse(status, complain_of(&shelf));
        }
        return (int)status;
}

int tools_status(const Context *context, const ToolsRoots *roots, Json *json)
{
        Json *list = json ? json_add_array(json, "installations") : NULL;
        Lacks lacks = {};
        ExitStatus status = EXIT_DONE;
        int r = 0;

        for (size_t i = 0; i < roots->count; i++) {
                r = show_root(context, roots->items[i], list, &lacks);
                if (r < 0)
                        return r;
                status = exit_status_worse(status, (ExitStatus)r);
        }
        r = 0;
        if (!json && roots->count > 0)
                r = print_addresses(context, &lacks, roots->items[0]->root.path);
        return r < 0 ? r : (int)status;
}

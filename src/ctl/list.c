/* SPDX-License-Identifier: MIT */

/* unlockerctl list: the originals that are kept. */

#include <inttypes.h>

#include "ctl/complain.h"
#include "ctl/json.h"
#include "ctl/live.h"
#include "ctl/output.h"
#include "ctl/pager.h"
#include "ctl/sessions.h"
#include "ctl/title.h"
#include "ctl/verb.h"

static const char *claim_name(Claim claim)
{
        switch (claim) {
        case CLAIM_ORIGINAL:
                return "installed";
        case CLAIM_PERHAPS:
                return "perhaps";
        case CLAIM_NONE:
                break;
        }
        return "no";
}

static int print_table(const Context *context, const Session *session, const Live *live)
{
        static const Column columns[] = {
                {"BUILD", COLUMN_WRAP}, {"KEPT SINCE", 0}, {"FILES", COLUMN_RIGHT},
                {"SIZE", COLUMN_RIGHT}, {"INSTALLED", 0},  {"ARCHIVE", COLUMN_WRAP},
        };
        _cleanup_(table_freep) Table *table = NULL;
        /* The names of the archives say little more, and are long. */
        size_t shown = ARRAY_SIZE(columns) - (context->verbose ? 0 : 1);
        int r;

        r = table_new(context, columns, shown, &table);
        if (r < 0)
                return r;
        for (size_t i = 0; i < session->archives.count; i++) {
                const Archive *archive = &session->archives.items[i];
                Claim claim = live_claim(live, archive, NULL);
                _cleanup_free_ char *build = NULL;

                r = build_title(&archive->build, &build);
                if (r < 0)
                        return r;
                table_row(table);
                table_cell(table, TONE_PLAIN, "%s", build);
                table_cell(table, TONE_PLAIN, "%s", date_words(archive->created).text);
                table_cell(table, TONE_PLAIN, "%zu", archive->original_count);
                table_cell(table, TONE_PLAIN, "%s", size_words(archive->file_size).text);
                table_cell(table, claim == CLAIM_ORIGINAL ? TONE_GOOD : TONE_DIM, "%s",
                           claim == CLAIM_ORIGINAL ? "yes" : claim_name(claim));
                if (context->verbose)
                        table_cell(table, TONE_PLAIN, "%s", archive->name);
        }
        return table_print(table);
}

static int print_text(const Context *context, const Session *session, const Live *live)
{
        _cleanup_free_ char *directory = NULL;
        int r;

        if (session->archives.count == 0) {
                output_line(context, TONE_PLAIN, "No originals are kept in %s.",
                            session->root.path);
                return 0;
        }
        r = root_show(&session->root, STORE_PATH "/originals", &directory);
        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "Originals in %s\n", directory);
        return print_table(context, session, live);
}

static void add_json(Json *list, const Session *session, const Live *live)
{
        Json *root = json_add_object(list, NULL), *archives;

        json_add_text(root, "root", session->root.path);
        json_add_number(root, "damaged", session->archives_damaged);
        archives = json_add_array(root, "archives");
        for (size_t i = 0; i < session->archives.count; i++) {
                const Archive *archive = &session->archives.items[i];
                Json *json = json_add_object(archives, NULL), *files;

                json_add_text(json, "name", archive->name);
                json_add_text(json, "product", archive->build.product);
                json_add_text(json, "version", archive->build.version);
                json_add_text(json, "build", archive->build.build);
                json_add_signed(json, "created", archive->created);
                json_add_number(json, "size", archive->file_size);
                json_add_text(json, "installed", claim_name(live_claim(live, archive, NULL)));
                files = json_add_array(json, "files");
                for (size_t k = 0; k < archive->original_count; k++) {
                        const Original *original = &archive->originals[k];
                        Json *file = json_add_object(files, NULL);

                        json_add_text(file, "path", original->path);
                        json_add_text(file, "role", original->role);
                        json_add_number(file, "size", original->size);
                        json_add_digest(file, "sha256", &original->digest);
                }
        }
}

static int list_root(Context *context, Session *session, void *argument)
{
        _cleanup_(live_done) Live live = {};
        int r;

        r = live_find(session, &live);
        if (r < 0)
                return r;
        if (context->json)
                add_json(argument, session, &live);
        else
                r = print_text(context, session, &live);
        if (r < 0)
                return r;
        if (session->archives_damaged > 0) {
                complain(&session->archive_fault, 0, NULL, "cannot list everything");
                return EXIT_FAILED;
        }
        return EXIT_DONE;
}

static int run(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Json *roots = json_add_array(json, "roots");
        int status, r;

        if (!context->json)
                pager_open(context);
        status = for_each_root(context, "list", false, list_root, roots);
        if (status < 0 || !context->json)
                return status;
        json_add_signed(json, "exit_status", status);
        r = json_print(context, json);
        return r < 0 ? r : status;
}

const Verb verb_list = {
        .name = "list",
        .summary = "List the originals that are kept",
        .description =
                "Lists the archives of originals: the build they belong to, since when they are "
                "kept, how many files they hold, and whether what is installed now stands on them "
                "(\"perhaps\" when an installed file cannot be read or judged).",
        .run = run,
};

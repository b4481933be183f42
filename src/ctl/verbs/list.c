/* SPDX-License-Identifier: MIT */

/* unlockerctl list: the originals that are kept. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/log.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/words.h"
#include "ctl/verbs/each-root.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/claims.h"
#include "ctl/work/names.h"
#include "vault/archive-name.h"

#define LIST_WHY  "no originals of this build are kept"
#define LIST_TODO "see `unlockerctl list -v`"

typedef struct Query {
        int count;
        char **words; /* the builds that were asked for; none: all, in short */
        Json *json;   /* what --json prints; borrowed */
} Query;

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

/* NULL comes first. */
static int text_order(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* The number first: it differs most often. */
static int build_order(const void *a, const void *b)
{
        const Archive *const *left = a, *const *right = b;
        const Build *first = &(*left)->build, *second = &(*right)->build;
        int order = text_order(first->build, second->build);

        if (order == 0)
                order = text_order(first->version, second->version);
        return order != 0 ? order : text_order(first->product, second->product);
}

/* Of each archive, whether another one has originals of the same build; and whether any has. */
static int builds_shared(const Archives *archives, bool **ret, bool *ret_any)
{
        _cleanup_free_ const Archive **sorted = calloc(archives->count + 1, sizeof(void *));
        bool *shared = calloc(archives->count + 1, sizeof(*shared));

        if (!sorted || !shared) {
                free(shared);
                return -ENOMEM;
        }
        for (size_t i = 0; i < archives->count; i++)
                sorted[i] = &archives->items[i];
        qsort(sorted, archives->count, sizeof(void *), build_order);
        for (size_t i = 1; i < archives->count; i++)
                if (build_order(&sorted[i - 1], &sorted[i]) == 0)
                        shared[sorted[i - 1] - archives->items] =
                                shared[sorted[i] - archives->items] = true;
        *ret_any = false;
        for (size_t i = 0; i < archives->count; i++)
                *ret_any |= shared[i];
        *ret = shared;
        return 0;
}

/* What `list` takes for an archive, in short: the digits of its name, else the name. */
typedef struct ArchiveWords {
        char text[NAME_MAX + 1];
} ArchiveWords;

static ArchiveWords archive_words(const Context *context, const Archive *archive)
{
        char digits[ARCHIVE_DIGITS + 1];
        bool whole = context->verbose || !archive_name_parse(archive->name, digits);
        ArchiveWords words = {};

        text_put(words.text, sizeof(words.text), "%s", whole ? archive->name : digits);
        return words;
}

/* The build; also the targets, where another archive has originals of the same build: what was busy
 * or not complete when the others were patched. */
static int archive_title(const Archive *archive, bool shared, char **ret)
{
        _cleanup_free_ char *title = NULL;
        int r = build_title(&archive->build, &title);

        for (size_t i = 0; r >= 0 && shared && i < archive->original_count; i++) {
                char *longer = NULL;

                r = text_format(&longer, "%s%s%s", title, i == 0 ? ": " : ", ",
                                archive->originals[i].role);
                if (r >= 0) {
                        free(title);
                        title = longer;
                }
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(title);
        return 0;
}

static int print_table(const Context *context, const Session *session, const Live *live)
{
        static const Column columns[] = {
                {"BUILD", COLUMN_WRAP}, {"KEPT SINCE", 0}, {"FILES", COLUMN_RIGHT},
                {"SIZE", COLUMN_RIGHT}, {"INSTALLED", 0},  {"ARCHIVE", COLUMN_NAME},
        };
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_free_ bool *shared = NULL;
        bool named = false;
        int r = builds_shared(&session->archives, &shared, &named);

        /* Of different builds the names of the archives say little more. */
        named |= context->verbose;
        if (r >= 0)
                r = table_new(context, columns, ARRAY_SIZE(columns) - !named, &table);
        if (r < 0)
                return r;
        for (size_t i = 0; i < session->archives.count; i++) {
                const Archive *archive = &session->archives.items[i];
                Claim claim = live_claim(live, archive, NULL);
                _cleanup_free_ char *build = NULL;

                r = archive_title(archive, shared[i], &build);
                if (r < 0)
                        return r;
                table_row(table);
                table_cell(table, TONE_PLAIN, "%s", build);
                table_cell(table, TONE_PLAIN, "%s", date_words(archive->created).text);
                table_cell(table, TONE_PLAIN, "%zu", archive->original_count);
                table_cell(table, TONE_PLAIN, "%s",
                           size_words((uint64_t)archive->stat.st_size).text);
                table_cell(table, claim == CLAIM_ORIGINAL ? TONE_GOOD : TONE_DIM, "%s",
                           claim == CLAIM_ORIGINAL ? "yes" : claim_name(claim));
                if (named)
                        table_cell(table, TONE_PLAIN, "%s", archive_words(context, archive).text);
        }
        return table_print(table);
}

/* Whether an archive is what `word` names: a build number, a version, the archive's own name, with
 * or without its suffix, or the digits in it. */
static bool archive_is(const Archive *archive, const char *word)
{
        size_t length = strlen(word);
        char digits[ARCHIVE_DIGITS + 1];

        if ((archive_name_parse(archive->name, digits) && text_equal(digits, word)) ||
            (archive->build.build && text_equal(archive->build.build, word)) ||
            (archive->build.version && text_equal(archive->build.version, word)))
                return true;
        return strncmp(archive->name, word, length) == 0 &&
               (archive->name[length] == '\0' || text_starts(archive->name + length, ".tar."));
}

static bool is_asked_for(const Query *query, const Archive *archive)
{
        for (int i = 0; i < query->count; i++)
                if (archive_is(archive, query->words[i]))
                        return true;
        return query->count == 0;
}

static bool original_is_known(const Session *session, const char *word)
{
        for (size_t i = 0; i < session->archives.count; i++)
                if (archive_is(&session->archives.items[i], word))
                        return true;
        return false;
}

/* The first word that names nothing; NULL when there is none. */
static const char *unknown_word(const Query *query, const Session *session)
{
        for (int i = 0; i < query->count; i++)
                if (!original_is_known(session, query->words[i]))
                        return query->words[i];
        return NULL;
}

/* Each word must name something: 0, or EXIT_FAILED having said which one does not. -ENOMEM. */
static int check_query(const Query *query, const Session *session)
{
        ExitStatus status = EXIT_DONE;

        for (int i = 0; i < query->count; i++) {
                _cleanup_free_ char *todo = NULL, *word = NULL;

                if (original_is_known(session, query->words[i]))
                        continue;
                if (text_escape(&word, query->words[i]) < 0 ||
                    hint_for_root(session->root.path, LIST_TODO, &todo) < 0)
                        return -ENOMEM;
                log_line(LOG_ERR, "unlockerctl: cannot list: %s: " LIST_WHY ": %s",
                         text_named(word), todo);
                status = EXIT_FAILED;
        }
        return (int)status;
}

static int print_originals(const Context *context, const Archive *archive)
{
        static const Column columns[] = {
                {"FILE", COLUMN_NAME}, {"SIZE", COLUMN_RIGHT}, {"SHA-256", 0}};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];
                char hex[DIGEST_HEX_SIZE];

                digest_to_hex(&original->digest, hex);
                table_row(table);
                table_cell(table, TONE_PLAIN, "/%s", original->path);
                table_cell(table, TONE_PLAIN, "%s", size_words(original->size).text);
                table_cell(table, TONE_DIM, "%.12s", hex);
        }
        return table_print(table);
}

/* With whole digests, each on a line of its own so that it is not broken. */
static void print_digests(const Context *context, const Archive *archive)
{
        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];
                char hex[DIGEST_HEX_SIZE];

                digest_to_hex(&original->digest, hex);
                output_line(context, TONE_PLAIN, "/%s (%s), SHA-256:", original->path,
                            size_words(original->size).text);
                output_line(context, TONE_PLAIN, "  %s", hex);
        }
}

static int print_archive(const Context *context, const Archive *archive)
{
        _cleanup_free_ char *build = NULL;
        int r = build_title(&archive->build, &build);

        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "%s, kept since %s as", build,
                    date_words(archive->created).text);
        output_line(context, TONE_PLAIN, "  %s\n", archive->name);
        if (context->verbose)
                print_digests(context, archive);
        else
                r = print_originals(context, archive);
        if (r >= 0)
                output_line(context, TONE_PLAIN, "%s", "");
        return r;
}

static int print_asked(const Context *context, const Session *session, const Query *query)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < session->archives.count; i++)
                if (is_asked_for(query, &session->archives.items[i]))
                        r = print_archive(context, &session->archives.items[i]);
        return r;
}

static int list_print_text(const Context *context, const Session *session, const Live *live)
{
        _cleanup_free_ char *directory = NULL;
        int r;

        if (session->archives.count == 0 && session_lacks_archives(session))
                return 0;
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

/* Why not everything that was asked for is in it. */
static int add_reason(Json *root, const Query *query, const Session *session)
{
        _cleanup_free_ char *todo = NULL;
        const char *word = unknown_word(query, session);
        int r;

        if (session_lacks_archives(session) || !word) {
                json_add_fault(root, &session->archive_fault, NULL);
                return 0;
        }

        r = hint_for_root(session->root.path, LIST_TODO, &todo);
        if (r < 0)
                return r;
        json_add_text(root, "reason", reason_text(REASON_VAULT_NONE)->id);
        json_add_format(root, "why", LIST_WHY " (%s)", text_named(word));
        json_add_text(root, "todo", todo);
        return 0;
}

static int list_add_json(const Query *query, const Session *session, const Live *live)
{
        Json *root = json_add_object(query->json, NULL), *archives;
        int r;

        json_add_text(root, "root", session->root.path);
        json_add_number(root, "damaged", session->archives_damaged);
        json_add_number(root, "denied", session->archives.denied);
        r = add_reason(root, query, session);
        if (r < 0)
                return r;
        archives = json_add_array(root, "archives");
        for (size_t i = 0; i < session->archives.count; i++) {
                const Archive *archive = &session->archives.items[i];
                Json *json, *files;

                if (!is_asked_for(query, archive))
                        continue;
                json = json_add_object(archives, NULL);
                json_add_text(json, "name", archive->name);
                json_add_text(json, "product", archive->build.product);
                json_add_text(json, "version", archive->build.version);
                json_add_text(json, "build", archive->build.build);
                json_add_signed(json, "created", archive->created);
                json_add_number(json, "size", (uint64_t)archive->stat.st_size);
                json_add_text(json, "installed", claim_name(live_claim(live, archive, NULL)));
                files = json_add_array(json, "files");
                for (size_t k = 0; k < archive->original_count; k++) {
                        const Original *original = &archive->originals[k];
                        Json *file = json_add_object(files, NULL);

                        json_add_path(file, "path", session->root.path, original->path);
                        json_add_text(file, "role", original->role);
                        json_add_number(file, "size", original->size);
                        json_add_digest(file, "sha256", &original->digest);
                }
        }
        return 0;
}

static int list_root(Context *context, Session *session, void *argument)
{
        _cleanup_(live_done) Live live = {};
        const Query *query = argument;
        ExitStatus status;
        Judged judged;
        int r = check_query(query, session);

        if (r < 0)
                return r;
        status = (ExitStatus)r;
        judged_read(session->store, &judged);
        r = live_find(session, LIVE_RECORDED, &judged, &live);
        if (r < 0)
                return r;
        if (context->json)
                r = list_add_json(query, session, &live);
        else if (query->count > 0)
                r = print_asked(context, session, query);
        else
                r = list_print_text(context, session, &live);
        if (r < 0)
                return r;
        if (session_lacks_archives(session)) {
                pager_close();
                complain(&session->archive_fault, 0, NULL, "cannot list everything");
                status = exit_status_worse(status, session->archives_damaged > 0 ? EXIT_FAILED
                                                                                 : EXIT_DEGRADED);
        }
        return (int)status;
}

static int run_list(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Query query = {count, arguments, json_add_array(json, "roots")};
        int status;

        if (!context->json)
                pager_open(context);
        status = for_each_root(context, "list", ROOT_SHOWN, -1, query.json, list_root, &query);
        if (status < 0 || !context->json)
                return status;
        return json_finish(context, json, status);
}

const Verb verb_list = {
        .name = "list",
        .arguments = "[BUILD...]",
        .summary = "List the originals that are kept",
        .doing = "Reading the archives",
        .description =
                "Lists the archives of originals: the build they belong to, since when they are "
                "kept, how many files they hold, and whether an installed file was patched from "
                "them (\"perhaps\" when an installed file cannot be read or judged).\n"
                "With a BUILD, its number, its version, the archive's name or the digits in it "
                "(the column ARCHIVE, where several archives are of one build): the files in it.",
        .maximum_arguments = SIZE_MAX,
        .run = run_list,
};

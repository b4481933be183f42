/* SPDX-License-Identifier: MIT */

/* unlockerctl verify: proves that everything patched can be given back. */

#include "ctl/work/findings.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "ctl/service/events.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/waiting.h"
#include "ctl/verbs/each-root.h"
#include "ctl/verbs/verbs.h"
#include "store/verification.h"

typedef struct ResultWords {
        const char *name;
        const char *words;
        Tone tone;
        ExitStatus status;
} ResultWords;

static const ResultWords results[] = {
        [FINDING_INTACT] = {"intact", "intact", TONE_GOOD, EXIT_DONE},
        [FINDING_STOCK] = {"stock", "stock, nothing to prove", TONE_PLAIN, EXIT_DONE},
        [FINDING_COMPLETED] = {"completed", "no original existed", TONE_WARN, EXIT_DEGRADED},
        [FINDING_ORPHAN] = {"orphan", "not needed any more", TONE_DIM, EXIT_DONE},
        [FINDING_UNRECORDED] = {"unrecorded", "intact, receipt missing or wrong", TONE_WARN,
                                EXIT_DEGRADED},
        [FINDING_IN_IMAGE] = {"in-image", "patched in the image", TONE_PLAIN, EXIT_DONE},
        [FINDING_NO_ORIGINAL] = {"no-original", "original missing", TONE_WARN, EXIT_DEGRADED},
        [FINDING_UNJUDGED] = {"unjudged", "cannot be verified", TONE_WARN, EXIT_DEGRADED},
        [FINDING_DAMAGED] = {"damaged", "damaged", TONE_BAD, EXIT_FAILED},
};

_Static_assert(ARRAY_SIZE(results) == _FINDING_MAX, "every result has its words");

const char *finding_result_name(FindingResult result)
{
        return results[result].name;
}

ExitStatus finding_exit_status(FindingResult result)
{
        return results[result].status;
}

static int verify_print_text(const Context *context, const Session *session,
                             const Findings *findings)
{
        static const Column columns[] = {{"KIND", 0}, {"RESULT", 0}, {"SUBJECT", COLUMN_NAME}};
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        if (context->roots.count > 1)
                output_line(context, TONE_STRONG, "%s", session->root.path);
        if (findings->count == 0 && session->installations.count > 0)
                output_line(context, TONE_PLAIN, "Nothing to verify.");
        r = table_new(context, columns, ARRAY_SIZE(columns), &table);
        if (r < 0)
                return r;
        for (size_t i = 0; i < findings->count; i++) {
                const Finding *finding = &findings->items[i];
                const ResultWords *words = &results[finding->result];

                table_row(table);
                table_cell(table, TONE_DIM, "%s", finding->kind);
                table_cell(table, words->tone, "%s", words->words);
                table_cell(table, TONE_PLAIN, "%s", finding->subject);
        }
        return table_print(table);
}

static void verify_add_json(Json *roots, const Session *session, const Findings *findings)
{
        Json *root = json_add_object(roots, NULL), *list;

        Fault fault = FAULT_NONE;

        if (session->installations.count == 0)
                (void)fault_set(&fault, -ENOENT, REASON_NO_INSTALLATION, "%s", session->root.path);
        json_add_text(root, "root", session->root.path);
        json_add_fault(root, &fault, NULL);
        list = json_add_array(root, "findings");
        for (size_t i = 0; i < findings->count; i++) {
                const Finding *finding = &findings->items[i];
                Json *json = json_add_object(list, NULL);

                json_add_text(json, "kind", finding->kind);
                json_add_text(json, "subject", finding->subject);
                json_add_text(json, "result", finding_result_name(finding->result));
                json_add_fault(json, &finding->fault, finding->subject);
        }
}

/* In the journal an event says it. */
static bool finding_is_event(const Context *context, const Session *session, const Finding *finding)
{
        return context_option(context, "record") && root_is_host(&session->root) &&
               log_stderr_is_journal() && finding->result == FINDING_DAMAGED &&
               text_equal(finding->kind, "archive");
}

static ExitStatus complain_about(const Context *context, const Session *session,
                                 const Findings *findings)
{
        ExitStatus status = EXIT_DONE;

        (void)fflush(stdout);
        for (size_t i = 0; i < findings->count; i++) {
                const Finding *finding = &findings->items[i];
                ExitStatus one = finding_exit_status(finding->result);

                if (finding_is_event(context, session, finding))
                        event_vault(&finding->fault);
                else if (one != EXIT_DONE && finding->fault.reason != REASON_NONE)
                        complain(&finding->fault, 0, finding->subject, "%s",
                                 results[finding->result].words);
                status = exit_status_worse(status, one);
        }
        return status;
}

/* The last sentence, when nothing is wrong. */
static void verify_conclude(const Context *context, const Findings *findings)
{
        bool in_image = false, proved = false;

        for (size_t i = 0; i < findings->count; i++) {
                in_image = in_image || findings->items[i].result == FINDING_IN_IMAGE;
                proved = proved || findings->items[i].result != FINDING_STOCK;
        }
        if (in_image)
                output_say(
                        context, TONE_PLAIN,
                        "\nThe originals are kept where this image was made: verify them there.");
        else if (findings->count > 0 && !proved)
                output_say(context, TONE_PLAIN,
                           "\nNothing to prove: no file is patched, and no originals are kept.");
        else if (findings->count > 0)
                output_say(context, TONE_GOOD, "\nEverything is as recorded.");
}

/* Its name, also where the path is what is known. */
static int verification_add_damaged(Verification *verification, const Finding *finding)
{
        const char *name = text_after_slash(finding->subject);

        if (finding->result != FINDING_DAMAGED || !text_equal(finding->kind, "archive"))
                return 0;
        return texts_contain(&verification->damaged, name)
                       ? 0
                       : texts_add(&verification->damaged, name);
}

/* Keeps the outcome in the store, if there is one: an exit status, or -ENOMEM. */
static int verify_record(const Session *session, const Findings *findings)
{
        _cleanup_(verification_done) Verification verification = {.verified_at = time(NULL)};
        _cleanup_(store_freep) Store *store = NULL;
        Fault fault = FAULT_NONE;
        int r = 0;

        if (store_originals_fd(session->store) < 0)
                return EXIT_DONE;
        for (size_t i = 0; r >= 0 && i < findings->count; i++)
                r = verification_add_damaged(&verification, &findings->items[i]);
        if (r < 0)
                return r;
        r = store_open(&session->root, STORE_WRITE, &store, &fault);
        if (r >= 0)
                r = store_lock(store, -1, say_waiting, session->root.path, &fault);
        if (r >= 0)
                r = verification_write(store, &verification, &fault);
        if (r >= 0)
                return EXIT_DONE;
        complain(&fault, r, NULL, "cannot record");
        return (int)exit_status_of(&fault);
}

static int verify_root(Context *context, Session *session, void *argument)
{
        _cleanup_(findings_done) Findings findings = {};
        _cleanup_(live_done) Live live = {};
        Judged judged = {};
        ExitStatus status;
        int r;

        progress_say(context, "Verifying the installed files in %s", session->root.path);
        r = verify_targets(session, &judged, &findings);
        if (r >= 0)
                r = live_find(session, LIVE_RECORDED, &judged, &live);
        if (r < 0)
                return r;
        progress_say(context, "Verifying the archives in %s", session->root.path);
        r = verify_store(session, &live, &findings);
        if (r >= 0)
                r = verify_tools(session, &findings);
        if (r >= 0 && !context->json)
                r = verify_print_text(context, session, &findings);
        if (r < 0)
                return r;
        if (context->json)
                verify_add_json(argument, session, &findings);
        status = complain_about(context, session, &findings);
        if (context_option(context, "record")) {
                r = verify_record(session, &findings);
                if (r < 0)
                        return r;
                status = exit_status_worse(status, (ExitStatus)r);
        }
        if (session->installations.count == 0) {
                Fault fault = FAULT_NONE;

                (void)fault_set(&fault, -ENOENT, REASON_NO_INSTALLATION, "%s", session->root.path);
                complain(&fault, 0, NULL, "cannot verify");
                status = exit_status_worse(status, EXIT_NO_VMWARE);
        }
        if (status == EXIT_DONE)
                verify_conclude(context, &findings);
        return (int)status;
}

static int run_verify(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Json *roots = json_add_array(json, "roots");
        int status;

        status = for_each_root(context, "verify", ROOT_READ, -1, roots, verify_root, roots);
        if (status < 0 || !context->json)
                return status;
        return json_finish(context, json, status);
}

static const Option options[] = {
        {"record", 0, NULL, "Keep the outcome in the store, for status"},
        {},
};

const Verb verb_verify = {
        .name = "verify",
        .summary = "Prove that everything patched can be given back",
        .doing = "Reading the archives",
        .description =
                "For each installed file that is patched: takes its original from the archive, "
                "patches it in memory, and compares the result with the file, byte by byte. Checks "
                "the receipts against both. Reads every archive whole, and names what no installed "
                "file needs any more. Changes nothing, but with --record its record in the store.",
        .options = options,
        .changes = true,
        .run = run_verify,
};

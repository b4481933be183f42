/* SPDX-License-Identifier: MIT */

/* unlockerctl log: what was done, from the journal. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/render/json.h"
#include "ctl/service/journal.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/progress.h"
#include "ctl/verbs/verbs.h"
#include "file/root.h"

#define MICROSECONDS 1000000U

/* The fields of an event, and how --json calls them. */
static const struct {
        const char *field, *key;
} fields[] = {
        {"MESSAGE", "message"},
        {"MESSAGE_ID", "message_id"},
        {"UNLOCKER_ACTION", "action"},
        {"UNLOCKER_PATH", "path"},
        {"UNLOCKER_ROLE", "role"},
        {"UNLOCKER_STATE", "state"},
        {"UNLOCKER_RESULT", "result"},
        {"UNLOCKER_SHA256_BEFORE", "sha256_before"},
        {"UNLOCKER_SHA256_AFTER", "sha256_after"},
        {"UNLOCKER_EDITS", "edits"},
        {"UNLOCKER_LAYOUT", "layout"},
        {"UNLOCKER_PRODUCT", "product"},
        {"UNLOCKER_VERSION", "version"},
        {"UNLOCKER_BUILD", "build"},
        {"UNLOCKER_REASON", "reason"},
};

static Tone tone_of_priority(const char *priority)
{
        if (!priority || *priority > '4')
                return TONE_PLAIN;
        return *priority <= '3' ? TONE_BAD : TONE_WARN;
}

static int show_entry(const Context *context, Journal *journal, uint64_t time_us)
{
        _cleanup_free_ char *message = NULL, *priority = NULL;
        time_t seconds = (time_t)(time_us / MICROSECONDS);
        char when[32] = "";
        struct tm local;
        int r = journal_field(journal, "MESSAGE", &message);

        if (r >= 0)
                r = journal_field(journal, "PRIORITY", &priority);
        if (r < 0)
                return r;
        if (localtime_r(&seconds, &local))
                (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
        output_line(context, tone_of_priority(priority), "%s  %s", when, message ? message : "");
        return 0;
}

static int add_entry(Journal *journal, uint64_t time_us, Json *item)
{
        json_add_number(item, "time_us", time_us);
        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                _cleanup_free_ char *value = NULL;
                int r = journal_field(journal, fields[i].field, &value);

                if (r < 0)
                        return r;
                json_add_text(item, fields[i].key, value);
        }
        return 0;
}

/* With --follow each event is a document of its own. */
static int show_entry_json(const Context *context, Journal *journal, uint64_t time_us)
{
        _cleanup_(json_freep) Json *document = json_new();
        Json *list = json_add_array(document, "events");
        int r = add_entry(journal, time_us, json_add_object(list, NULL));

        return r < 0 ? r : json_print(context, document);
}

static int show_next(const Context *context, Journal *journal, Json *list, bool follow)
{
        uint64_t time_us;
        int r = sd_journal_get_realtime_usec(journal, &time_us);

        if (r < 0)
                return r;
        if (!context->json)
                return show_entry(context, journal, time_us);
        return follow ? show_entry_json(context, journal, time_us)
                      : add_entry(journal, time_us, json_add_object(list, NULL));
}

/* How many there were. */
static int show_all(const Context *context, Journal *journal, Json *list, bool follow)
{
        int count = 0, r;

        while ((r = sd_journal_next(journal)) > 0) {
                r = show_next(context, journal, list, follow);
                if (r < 0)
                        return r;
                count = MIN(count + 1, INT_MAX - 1);
        }
        return r < 0 ? r : count;
}

static int follow_journal(const Context *context, Journal *journal)
{
        for (;;) {
                int r = show_all(context, journal, NULL, true);

                if (r < 0)
                        return r;
                if (fflush(stdout) != 0)
                        return 0; /* nobody reads any more; main() says so where it matters */
                progress_end();
                r = sd_journal_wait(journal, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }
}

static int show_document(const Context *context, Journal *journal)
{
        _cleanup_(json_freep) Json *document = json_new();
        Json *list = json_add_array(document, "events");
        int r = show_all(context, journal, list, false);

        json_add_number(document, "exit_status", EXIT_DONE);
        return r < 0 ? r : json_print(context, document);
}

static int show_text(const Context *context, Journal *journal)
{
        int r;

        pager_open(context);
        r = show_all(context, journal, NULL, false);
        if (r == 0)
                output_say(context, TONE_PLAIN, "The journal has no events of unlockerctl.");
        return r;
}

static int run_log(Context *context, int count, char **arguments)
{
        _cleanup_(journal_closep) Journal *journal = NULL;
        _cleanup_(root_done) Root root = ROOT_NONE;
        bool follow = context_option(context, "follow") != NULL;
        Fault fault = FAULT_NONE;
        const char *path = context->roots.items[0];
        int r = root_open(path, &root, &fault);

        if (r < 0)
                return failure_tell(context, path, &fault, r, "cannot read", EXIT_FAILED);
        r = journal_is_denied(&root) ? -EACCES : journal_open(path, &journal);
        if (r >= 0 && follow)
                r = follow_journal(context, journal);
        else if (r >= 0)
                r = context->json ? show_document(context, journal) : show_text(context, journal);
        if (r < 0) {
                pager_close();
                (void)fault_set(&fault, r, REASON_OPEN, "the journal");
                return failure_tell(context, "the journal", &fault, r, "cannot read", EXIT_FAILED);
        }
        return EXIT_DONE;
}

static const Option log_options[] = {
        {"follow", 'f', NULL, "Go on: show each event when it happens"},
        {},
};

const Verb verb_log = {
        .name = "log",
        .summary = "Show what was done, from the journal",
        .doing = "Reading the journal",
        .description = "Shows every file that was patched or restored, by hand and by the service, "
                       "and what went wrong, the oldest first. Reading the system's journal needs "
                       "root or membership in a group such as adm or systemd-journal.\n"
                       "With --json: one document with \"events\", or with --follow one document a "
                       "line.",
        .options = log_options,
        .one_root = true,
        .run = run_log,
};

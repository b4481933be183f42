/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/public-label.h"
#include "base/reason.h"
#include "base/text.h"
#include "ctl/service/journal-ids.h"
#include "ctl/service/journal.h"
#include "ctl/verbs/report-parts.h"
#include "ctl/work/run.h"
#include "host/installation.h"

#define EVENTS_SHOWN 20U
#define MICROSECONDS 1000000U

/* What kind an event is, by its id: the journal's own words may be anything. */
static const char *event_kind_name(const char *id)
{
#define KIND(name) {JOURNAL_##name, #name},
        static const struct {
                sd_id128_t id;
                const char *name;
        } kinds[] = {JOURNAL_KINDS(KIND)};
#undef KIND
        sd_id128_t wanted;

        if (!id || sd_id128_from_string(id, &wanted) < 0)
                return "?";
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
                if (sd_id128_equal(kinds[i].id, wanted))
                        return kinds[i].name;
        return "?";
}

static bool is_role(const char *text)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (text_equal(text, role_name(role)))
                        return true;
        return false;
}

static bool is_reason(const char *text)
{
        for (Reason reason = REASON_NONE; reason < _REASON_MAX; reason++)
                if (text_equal(text, reason_text(reason)->id))
                        return true;
        return false;
}

static bool is_outcome(const char *text)
{
        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                if (text_equal(text, outcome_name(outcome)))
                        return true;
        return false;
}

/* Writes a field's value if it is one of ours. */
static int write_word(FILE *out, Journal *journal, const char *field, bool (*is_ours)(const char *))
{
        _cleanup_free_ char *value = NULL;
        int r = journal_field(journal, field, &value);

        if (r >= 0 && value && is_ours(value))
                (void)fprintf(out, " %s", value);
        return r;
}

static int write_version(FILE *out, Journal *journal)
{
        _cleanup_free_ char *value = NULL;
        char label[PUBLIC_LABEL_SIZE];
        int r = journal_field(journal, "UNLOCKER_BUILD", &value);

        if (r < 0 || !value)
                return r;
        public_label(value, label);
        (void)fprintf(out, " build %s", label);
        return 0;
}

static int write_event(FILE *out, Journal *journal)
{
        _cleanup_free_ char *id = NULL;
        uint64_t time_us = 0;
        char when[32] = "";
        struct tm utc;
        time_t seconds;
        int r = sd_journal_get_realtime_usec(journal, &time_us);

        if (r >= 0)
                r = journal_field(journal, "MESSAGE_ID", &id);
        if (r < 0)
                return r;
        seconds = (time_t)(time_us / MICROSECONDS);
        if (gmtime_r(&seconds, &utc))
                (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%SZ", &utc);
        (void)fprintf(out, "  %s %s", when, event_kind_name(id));
        r = write_word(out, journal, "UNLOCKER_ROLE", is_role);
        if (r >= 0)
                r = write_word(out, journal, "UNLOCKER_RESULT", is_outcome);
        if (r >= 0)
                r = write_word(out, journal, "UNLOCKER_REASON", is_reason);
        if (r >= 0)
                r = write_version(out, journal);
        (void)fputc('\n', out);
        return r;
}

static int write_last(FILE *out, Journal *journal)
{
        int r = sd_journal_seek_tail(journal);

        if (r >= 0)
                r = sd_journal_previous_skip(journal, EVENTS_SHOWN);
        if (r == 0)
                (void)fprintf(out, "  none\n");
        while (r > 0) {
                r = write_event(out, journal);
                if (r >= 0)
                        r = sd_journal_next(journal);
        }
        return r;
}

static int open_journal(const char *path, Journal **ret)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        int r = root_open(path, &root, NULL);

        if (r < 0)
                return r;
        return journal_is_denied(&root) ? -EACCES : journal_open(path, ret);
}

int report_events(FILE *out, const char *root)
{
        _cleanup_(journal_closep) Journal *journal = NULL;
        int r = open_journal(root, &journal);

        (void)fprintf(out, "\nLast events\n");
        if (r >= 0)
                r = write_last(out, journal);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                (void)fprintf(out, "  the journal cannot be read%s\n",
                              geteuid() == 0 ? "" : "; run as root to include them");
        return 0;
}

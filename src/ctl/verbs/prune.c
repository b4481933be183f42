/* SPDX-License-Identifier: MIT */

/* unlockerctl prune: removes originals that no installed file needs. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "ctl/render/usage.h"
#include "ctl/service/events.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/question.h"
#include "ctl/verbs/each-root.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/prune-judge.h"
#include "settle/installer.h"
#include "store/receipts.h"

typedef struct Prune {
        const Context *context;
        PruneRules rules;
        bool dry_run, yes;
        int limit_ms;
        Json *roots;
        /* of the root at hand */
        Session *session;
        Live live;
        Judgement *judgements; /* of its archives */
        Json *removed, *kept, *receipts;
        size_t removed_count;
        bool declined; /* who was asked said no */
        ExitStatus status;
} Prune;

static const char *prune_words(const Prune *prune)
{
        return prune->dry_run ? "would remove" : "removed";
}

/* Why an archive stays, as prune says it; the file is named behind it. */
static const char *words_of(Verdicted verdict)
{
        switch (verdict) {
        case PRUNE_KEEP_INSTALLED:
                return "the original of an installed file";
        case PRUNE_KEEP_PERHAPS:
                return "an installed file may have come from it";
        case PRUNE_KEEP_ABSENT:
                return "a file whose original it holds is not there now";
        case PRUNE_KEEP_NEWEST:
                return "the newest original of a file";
        case PRUNE_KEEP_SPARED:
                return "one of the newest";
        case PRUNE_REMOVE:
                break;
        }
        return NULL;
}

/* What may go with --all alone is said without being asked, and with --all what stays. */
static bool is_said(const Prune *prune, Verdicted verdict)
{
        return prune->context->verbose || prune->dry_run || prune->rules.all ||
               verdict == PRUNE_KEEP_ABSENT || verdict == PRUNE_KEEP_NEWEST;
}

static void say_kept(Prune *prune, const Archive *archive, const Judgement *judgement)
{
        Json *json = json_add_object(prune->kept, NULL);
        const char *why = words_of(judgement->verdict);
        _cleanup_free_ char *path = NULL;
        Fault fault = FAULT_NONE;

        json_add_text(json, "archive", archive->name);
        json_add_text(json, "why", why);
        if (judgement->verdict == PRUNE_KEEP_PERHAPS) {
                (void)root_fault(&prune->session->root, &fault, -EUCLEAN, REASON_VAULT_CLAIMED,
                                 judgement->path);
                complain(&fault, 0, archive->name, "cannot remove");
                prune->status = exit_status_worse(prune->status, EXIT_DEGRADED);
        }
        if (!is_said(prune, judgement->verdict))
                return;
        output_say(prune->context, TONE_PLAIN, "kept %s", archive->name);
        output_say(prune->context, TONE_PLAIN, "  %s%s", why, judgement->path ? ":" : "");
        if (judgement->path && root_show(&prune->session->root, judgement->path, &path) >= 0)
                output_say(prune->context, TONE_PLAIN, "  %s", path);
}

static int remove_archive(Prune *prune, const Archive *archive)
{
        Fault fault = FAULT_NONE;
        int r = prune->dry_run ? 0 : vault_remove(prune->session->store, archive, &fault);

        if (r < 0) {
                complain(&fault, r, archive->name, "cannot remove");
                prune->status = EXIT_FAILED;
                return r;
        }
        prune->removed_count++;
        if (!prune->dry_run)
                event_pruned(&prune->session->root, archive);
        json_add_text(prune->removed, NULL, archive->name);
        output_say(prune->context, TONE_PLAIN, "%s %s", prune_words(prune), archive->name);
        return 0;
}

/* Whether some archive that stays has this original. */
static bool original_is_kept(const Prune *prune, const Digest *digest)
{
        const Archives *archives = &prune->session->archives;

        for (size_t i = 0; i < archives->count; i++)
                for (size_t k = 0; prune->judgements[i].verdict != PRUNE_REMOVE &&
                                   k < archives->items[i].original_count;
                     k++)
                        if (digest_equal(&archives->items[i].originals[k].digest, digest))
                                return true;
        return false;
}

/* A receipt of a file that is not installed, whose original is gone, or which cannot be understood,
 * serves nobody. One that cannot be read now may serve later: an error. */
static int receipt_is_useless(const Prune *prune, const Digest *after, Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        int r;

        if (live_has(&prune->live, after))
                return false;
        r = receipt_read(prune->session->store, after, &receipt, fault);
        if (r < 0)
                return r == -EBADMSG ? true : r;
        return !original_is_kept(prune, &receipt.before);
}

static int prune_receipts(Prune *prune)
{
        _cleanup_free_ Digest *digests = NULL;
        Fault fault = FAULT_NONE;
        size_t count;
        int r;

        if (!live_is_complete(&prune->live) || session_lacks_archives(prune->session))
                return 0;
        r = receipt_list(prune->session->store, &digests, &count, &fault);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                char hex[DIGEST_HEX_SIZE];

                r = receipt_is_useless(prune, &digests[i], &fault);
                if (r == 0)
                        continue;
                if (r > 0 && !prune->dry_run)
                        r = receipt_remove(prune->session->store, &digests[i], &fault);
                if (r < 0)
                        break;
                digest_to_hex(&digests[i], hex);
                json_add_text(prune->receipts, NULL, hex);
                if (prune->context->verbose)
                        output_say(prune->context, TONE_PLAIN, "%s receipt %s", prune_words(prune),
                                   hex);
        }
        if (r < 0) {
                complain(&fault, r, NULL, "cannot prune receipts");
                prune->status = EXIT_FAILED;
        }
        return r == -ENOMEM ? r : 0;
}

/* The newest first, so that a run that is killed has removed what is needed least at the end. */
static void prune_archives(Prune *prune)
{
        const Archives *archives = &prune->session->archives;

        for (size_t i = archives->count; i-- > 0;) {
                Judgement *judgement = &prune->judgements[i];

                if (judgement->verdict != PRUNE_REMOVE)
                        say_kept(prune, &archives->items[i], judgement);
                else if (remove_archive(prune, &archives->items[i]) < 0)
                        judgement->verdict = PRUNE_KEEP_SPARED;
        }
}

/* With --all the files that are there do not prove that nothing is lost: a person says so. */
static bool may_remove(const Prune *prune)
{
        const Archives *archives = &prune->session->archives;
        size_t count = 0;

        for (size_t i = 0; i < archives->count; i++)
                count += prune->judgements[i].verdict == PRUNE_REMOVE;
        if (!prune->rules.all || prune->yes || prune->dry_run || count == 0)
                return true;
        progress_end();
        for (size_t i = 0; i < archives->count; i++)
                if (prune->judgements[i].verdict == PRUNE_REMOVE)
                        (void)printf("  %s\n", archives->items[i].name);
        return question_is_agreed("Remove %zu %s for ever?", count,
                                  count == 1 ? "archive" : "archives");
}

static int prune_judged(Prune *prune)
{
        const Archives *archives = &prune->session->archives;
        int r = prune_judge(archives, &prune->live, &prune->rules, &prune->judgements);

        if (r < 0)
                return r;
        prune->declined = !may_remove(prune);
        if (prune->declined)
                return 0;
        prune_archives(prune);
        return prune_receipts(prune);
}

/* While an installer is at work the files that stand on an archive may be missing for a moment. */
static bool installer_is_away(const Prune *prune, Fault *fault)
{
        int r = installer_is_running(&prune->session->root, fault);

        if (r == 0)
                return true;
        if (r > 0)
                (void)fault_set(fault, -EBUSY, REASON_INSTALLER_RUNS, "%s",
                                prune->session->root.path);
        complain(fault, r, NULL, "cannot prune");
        return false;
}

/* Why nothing was removed, once each archive that is kept for a reason of its own was named. */
static void prune_say_nothing(const Prune *prune)
{
        const char *root = prune->session->root.path;
        size_t count = prune->session->archives.count;

        if (prune->declined)
                output_say(prune->context, TONE_PLAIN, "Nothing was removed in %s.", root);
        else if (count == 0)
                output_say(prune->context, TONE_PLAIN,
                           "Nothing to remove in %s: no originals are kept there.", root);
        else
                output_say(prune->context, TONE_PLAIN,
                           "Nothing to remove in %s: %zu archive%s of originals, none without a "
                           "use.",
                           root, count, count == 1 ? "" : "s");
}

static int prune_root(Context *context, Session *session, void *argument)
{
        Prune *prune = argument;
        Json *root = json_add_object(prune->roots, NULL);
        Fault fault = FAULT_NONE;
        int r;

        prune->session = session;
        prune->status = EXIT_DONE;
        prune->removed_count = 0;
        json_add_text(root, "root", session->root.path);
        json_add_flag(root, "dry_run", prune->dry_run);
        prune->removed = json_add_array(root, "removed");
        prune->kept = json_add_array(root, "kept");
        prune->receipts = json_add_array(root, "receipts_removed");
        if (!installer_is_away(prune, &fault)) {
                json_add_fault(root, &fault, NULL);
                return (int)exit_status_of(&fault);
        }
        json_add_fault(root, &session->archive_fault, NULL);
        if (session_lacks_archives(session)) {
                complain(&session->archive_fault, 0, NULL, "left alone");
                prune->status = EXIT_DEGRADED;
        }
        r = live_find(session, LIVE_PROVED, NULL, &prune->live);
        if (r >= 0)
                r = prune_judged(prune);
        free(prune->judgements);
        prune->judgements = NULL;
        live_done(&prune->live);
        if (r < 0)
                return r;
        if (prune->removed_count == 0)
                prune_say_nothing(prune);
        return (int)prune->status;
}

/* Before anything is opened: a usage error changes nothing. */
static int prune_check_options(const Context *context, Prune *prune)
{
        const char *keep = context_option(context, "keep");
        bool may_ask = isatty(STDIN_FILENO) == 1 && context->is_terminal && !context->json;

        int r;

        if (usage_lacks(context, "yes", "all", &r))
                return r;
        prune->rules.keep = prune->rules.all ? 0 : 1;
        if (keep && text_to_u64(keep, &prune->rules.keep) < 0)
                return usage_wrong(context, "--keep=%s: not a number", keep);
        /* Never is more than any store holds. */
        if (keep && prune->rules.keep == 0)
                prune->rules.keep = UINT64_MAX;
        if (prune->rules.all && !prune->yes && !prune->dry_run && !may_ask)
                return usage_wrong(context, "--all: not running on a terminal; use --yes to skip "
                                            "the question");
        return limit_option(context, &prune->limit_ms);
}

static int run_prune(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Prune prune = {.context = context, .roots = json_add_array(json, "roots")};
        int status, r;

        prune.dry_run = context_option(context, "dry-run") != NULL;
        prune.yes = context_option(context, "yes") != NULL;
        prune.rules.all = context_option(context, "all") != NULL;
        r = prune_check_options(context, &prune);
        if (r != EXIT_DONE)
                return r;
        status = for_each_root(context, "prune", prune.dry_run ? ROOT_READ : ROOT_WRITTEN,
                               prune.limit_ms, prune.roots, prune_root, &prune);
        if (status < 0 || !context->json)
                return status;
        return json_finish(context, json, status);
}

static const Option options[] = {
        {"all", 0, NULL, "Remove the newest, and those of absent files, as well"},
        {"yes", 'y', NULL, "With --all: do not ask"},
        {"keep", 0, "N", "Keep the newest N archives of each file (default 1); 0 keeps all"},
        {"dry-run", 'n', NULL, "Only say what would be removed"},
        OPTION_LIMIT,
        {},
};

const Verb verb_prune = {
        .name = "prune",
        .arguments = NULL,
        .summary = "Remove originals that are not needed any more",
        .doing = "Reading the archives",
        .description =
                "Removes an archive when the installed files prove that they do not need it: every "
                "file whose original it holds is there, is an original or the patched form of one "
                "in another archive, and has its original in a newer archive. Any other archive is "
                "kept. An archive whose file cannot be judged is named.",
        .options = options,
        .changes = true,
        .run = run_prune,
};

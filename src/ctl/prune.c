/* SPDX-License-Identifier: MIT */

/* unlockerctl prune: removes originals that nothing installed stands on. */

#include "ctl/complain.h"
#include "ctl/json.h"
#include "ctl/live.h"
#include "ctl/output.h"
#include "ctl/sessions.h"
#include "ctl/verb.h"
#include "host/installer.h"

typedef struct Prune {
        const Context *context;
        uint64_t keep; /* newest of the removable ones to keep */
        bool dry_run;
        Json *roots;
        /* of the root at hand */
        Session *session;
        Live live;
        Json *removed, *kept, *receipts;
        size_t removed_count;
        ExitStatus status;
} Prune;

static const char *removes(const Prune *prune)
{
        return prune->dry_run ? "would remove" : "removed";
}

static void say_kept(Prune *prune, const Archive *archive, const char *why)
{
        Json *json = json_add_object(prune->kept, NULL);

        json_add_text(json, "archive", archive->name);
        json_add_text(json, "why", why);
        if (prune->context->verbose || prune->dry_run)
                output_say(prune->context, TONE_PLAIN, "kept %s: %s", archive->name, why);
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
        json_add_text(prune->removed, NULL, archive->name);
        output_say(prune->context, TONE_PLAIN, "%s %s", removes(prune), archive->name);
        return 0;
}

/* Decides about one archive, the newest first; `*spared` counts those kept by --keep. True when it
 * is gone, or would be. */
static bool prune_archive(Prune *prune, const Archive *archive, uint64_t *spared)
{
        const LiveTarget *target = NULL;
        Fault fault = FAULT_NONE;

        switch (live_claim(&prune->live, archive, &target)) {
        case CLAIM_ORIGINAL:
                say_kept(prune, archive, "installed");
                return false;
        case CLAIM_PERHAPS:
                say_kept(prune, archive, "an installed file may have come from it");
                (void)fault_set(&fault, -EUCLEAN, REASON_VAULT_CLAIMED, "%s", target->path);
                complain(&fault, 0, archive->name, "cannot remove");
                prune->status = exit_status_worse(prune->status, EXIT_DEGRADED);
                return false;
        case CLAIM_NONE:
                break;
        }
        if (*spared < prune->keep) {
                (*spared)++;
                say_kept(prune, archive, "one of the newest");
                return false;
        }
        return remove_archive(prune, archive) >= 0;
}

/* Whether some archive that stays has this original. `gone` tells which do not. */
static bool original_is_kept(const Prune *prune, const bool *gone, const Digest *digest)
{
        const Archives *archives = &prune->session->archives;

        for (size_t i = 0; i < archives->count; i++)
                for (size_t k = 0; !gone[i] && k < archives->items[i].original_count; k++)
                        if (digest_equal(&archives->items[i].originals[k].digest, digest))
                                return true;
        return false;
}

/* A receipt of a file that is not installed, whose original is gone, or which cannot be understood,
 * serves nobody. One that cannot be read now may serve later: an error. */
static int receipt_is_useless(const Prune *prune, const bool *gone, const Digest *after,
                              Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        int r;

        if (live_has(&prune->live, after))
                return false;
        r = receipt_read(prune->session->store, after, &receipt, fault);
        if (r < 0)
                return r == -EBADMSG ? true : r;
        return !original_is_kept(prune, gone, &receipt.before);
}

static int prune_receipts(Prune *prune, const bool *gone)
{
        _cleanup_free_ Digest *digests = NULL;
        Fault fault = FAULT_NONE;
        size_t count;
        int r;

        if (!live_is_complete(&prune->live) || prune->session->archives_damaged > 0)
                return 0;
        r = receipt_list(prune->session->store, &digests, &count, &fault);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                char hex[DIGEST_HEX_SIZE];

                r = receipt_is_useless(prune, gone, &digests[i], &fault);
                if (r == 0)
                        continue;
                if (r > 0 && !prune->dry_run)
                        r = receipt_remove(prune->session->store, &digests[i], &fault);
                if (r < 0)
                        break;
                digest_to_hex(&digests[i], hex);
                json_add_text(prune->receipts, NULL, hex);
                if (prune->context->verbose)
                        output_say(prune->context, TONE_PLAIN, "%s receipt %s", removes(prune),
                                   hex);
        }
        if (r < 0) {
                complain(&fault, r, NULL, "cannot prune receipts");
                prune->status = EXIT_FAILED;
        }
        return r == -ENOMEM ? r : 0;
}

static int prune_archives(Prune *prune)
{
        const Archives *archives = &prune->session->archives;
        _cleanup_free_ bool *gone = calloc(archives->count + 1, sizeof(*gone));
        uint64_t spared = 0;

        if (!gone)
                return -ENOMEM;
        for (size_t i = archives->count; i-- > 0;)
                gone[i] = prune_archive(prune, &archives->items[i], &spared);
        return prune_receipts(prune, gone);
}

/* While an installer is at work the files that stand on an archive may be missing for a moment. */
static bool installer_is_away(const Prune *prune, ExitStatus *ret_status)
{
        Fault fault = FAULT_NONE;
        int r = installer_is_running(&prune->session->root, &fault);

        if (r == 0)
                return true;
        if (r > 0)
                (void)fault_set(&fault, -EBUSY, REASON_INSTALLER_RUNS, "%s",
                                prune->session->root.path);
        complain(&fault, r, NULL, "cannot prune");
        *ret_status = exit_status_of(&fault);
        return false;
}

static int prune_root(Context *context, Session *session, void *argument)
{
        Prune *prune = argument;
        Json *root = json_add_object(prune->roots, NULL);
        int r;

        prune->session = session;
        prune->status = EXIT_DONE;
        prune->removed_count = 0;
        json_add_text(root, "root", session->root.path);
        json_add_flag(root, "dry_run", prune->dry_run);
        prune->removed = json_add_array(root, "removed");
        prune->kept = json_add_array(root, "kept");
        prune->receipts = json_add_array(root, "receipts_removed");
        if (!installer_is_away(prune, &prune->status))
                return (int)prune->status;
        if (session->archives_damaged > 0) {
                complain(&session->archive_fault, 0, NULL, "left alone");
                prune->status = EXIT_DEGRADED;
        }
        r = live_find(session, &prune->live);
        if (r < 0)
                return r;
        r = prune_archives(prune);
        live_done(&prune->live);
        if (r < 0)
                return r;
        if (prune->removed_count == 0)
                output_say(context, TONE_PLAIN, "Nothing to remove in %s.", session->root.path);
        return (int)prune->status;
}

static int run(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        Prune prune = {.context = context, .roots = json_add_array(json, "roots")};
        const char *keep = context_option(context, "keep");
        int status, r;

        prune.dry_run = context_option(context, "dry-run") != NULL;
        if (keep && text_to_u64(keep, &prune.keep) < 0) {
                complain(NULL, -EINVAL, keep, "--keep needs a number");
                return EXIT_USAGE;
        }
        status = for_each_root(context, "prune", !prune.dry_run, prune_root, &prune);
        if (status < 0 || !context->json)
                return status;
        json_add_signed(json, "exit_status", status);
        r = json_print(context, json);
        return r < 0 ? r : status;
}

static const Option options[] = {
        {"keep", 0, "N", "Keep the newest N of them as well"},
        {"dry-run", 'n', NULL, "Only say what would be removed"},
        {},
};

const Verb verb_prune = {
        .name = "prune",
        .arguments = NULL,
        .summary = "Remove originals of builds that are gone",
        .description = "Removes the archives that hold no original of any installed file. One that "
                       "an installed file may have come from, because that file cannot be judged "
                       "or another tool changed it, is kept and named.",
        .options = options,
        .run = run,
};

/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/log.h"
#include "ctl/frame/context.h"
#include "ctl/render/nagios.h"
#include "ctl/render/running-vms.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/tone.h"
#include "ctl/verbs/sample-file.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/automatic.h"
#include "ctl/work/names.h"
#include "ctl/work/root-status.h"
#include "ctl/work/service-wait.h"
#include "ctl/work/verification-words.h"
#include "doctor/unit.h"
#include "settle/settle.h"

static const char *original_text(OriginalStatus kept)
{
        switch (kept) {
        case ORIGINAL_KEPT:
                return "kept";
        case ORIGINAL_MISSING:
                return "missing";
        case ORIGINAL_UNKNOWN:
                return "unknown";
        default:
                return "-";
        }
}

static void status_add_row(Table *table, const InstallationStatus *installation,
                           const TargetStatus *target)
{
        size_t libdir = strlen(installation->libdir);
        const char *path = target->path;

        if (strncmp(path, installation->libdir, libdir) == 0 && path[libdir] == '/')
                path += libdir + 1;
        table_row(table);
        table_cell(table, TONE_STRONG, "%s", role_name(target->role));
        table_cell(table, tone_of_state(target->state), "%s", state_name(target->state));
        if (target->gates_total > 0)
                table_cell(table, TONE_PLAIN, "%u/%u", target->gates_open, target->gates_total);
        else
                table_cell(table, TONE_DIM, "-");
        table_cell(table, target->kept == ORIGINAL_MISSING ? TONE_WARN : TONE_PLAIN, "%s",
                   original_text(target->kept));
        if (target->vms.count > 0)
                table_cell(table, TONE_PLAIN, "%zu VM%s", target->vms.count,
                           target->vms.count == 1 ? "" : "s");
        else
                table_cell(table, TONE_DIM, target->vms.is_partial ? "?" : "-");
        table_cell(table, TONE_PLAIN, "%s", path);
}

static int show_installation(const Context *context, const RootStatus *root_status,
                             const InstallationStatus *installation)
{
        static const Column columns[] = {{"TARGET", 0},   {"STATE", 0},  {"GATES", COLUMN_RIGHT},
                                         {"ORIGINAL", 0}, {"IN USE", 0}, {"FILE", COLUMN_NAME}};
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_free_ char *title = NULL, *libdir = NULL;
        int r = build_title(&installation->build, &title);

        if (r >= 0)
                r = path_in_root(root_status->path, installation->libdir, &libdir);
        if (r >= 0)
                r = table_new(context, columns, ARRAY_SIZE(columns), &table);
        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "%s in %s\n", title, libdir);
        for (Role role = 0; role < _ROLE_MAX; role++)
                status_add_row(table, installation, &installation->targets[role]);
        r = table_print(table);
        if (r >= 0)
                output_line(context, TONE_PLAIN, "%s", "");
        return r;
}

static int status_show_notes(const Context *context, const RootStatus *root_status,
                             const InstallationStatus *installation)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetStatus *target = &installation->targets[role];
                _cleanup_free_ char *why = NULL, *path = NULL, *todo = NULL;
                int r = 0;

                for (size_t i = 0; i < target->vms.count; i++)
                        if (target->vms.items[i].outdated)
                                output_line(context, TONE_PLAIN,
                                            "%s %s: process %d still runs the previous "
                                            "version; restart the VM.",
                                            output_bullet(context), role_name(role),
                                            (int)target->vms.items[i].pid);
                if (target->wrapper)
                        output_line(context, TONE_PLAIN, "%s %s: %s is a wrapper; it starts %s.",
                                    output_bullet(context), role_name(role),
                                    text_after_slash(target->wrapper),
                                    text_after_slash(target->path));
                if (target->fault.reason == REASON_NONE)
                        continue;
                r = path_in_root(root_status->path, target->path, &path);
                if (r >= 0)
                        r = complaint_why(&target->fault, -target->fault.error, path, &why);
                if (r >= 0)
                        r = complaint_todo(&target->fault, &todo);
                if (r < 0)
                        return r;
                output_line(context, TONE_BAD, "%s %s: %s: %s", output_bullet(context),
                            role_name(role), why, todo);
        }
        return 0;
}

/* Which files have no original, and how one is had; said once for all of them. */
static int status_show_lacking(const Context *context, const RootStatus *root_status,
                               const InstallationStatus *installation)
{
        _cleanup_free_ char *roles = NULL, *todo = NULL;

        for (Role role = 0; role < _ROLE_MAX; role++)
                if (installation->targets[role].kept == ORIGINAL_MISSING &&
                    text_append(&roles, "%s%s", roles ? ", " : "", role_name(role)) < 0)
                        return -ENOMEM;
        if (!roles)
                return 0;
        if (root_status->patched_read_only) {
                output_line(context, TONE_DIM,
                            "%s %s: read-only, patched: the originals are kept where this image "
                            "was made",
                            output_bullet(context), roles);
                return 0;
        }
        if (hint_for_root(root_status->path, "run `sudo unlockerctl adopt DIR` on a backup",
                          &todo) < 0)
                return -ENOMEM;
        output_line(context, TONE_WARN,
                    "%s %s: patched, but no original is kept: %s, or reinstall VMware",
                    output_bullet(context), roles, todo);
        return 0;
}

#define FLAWS_SHOWN 5U

static void show_flaws(const Context *context, const ConfigFlaws *flaws)
{
        for (size_t i = 0; i < flaws->count && i < FLAWS_SHOWN; i++)
                output_line(
                        context, TONE_WARN,
                        "%s line %u of /etc/vmware/config cannot be read by VMware: %s: correct "
                        "it: name = \"value\"",
                        output_bullet(context), flaws->items[i].line, flaws->items[i].why);
        if (flaws->count > FLAWS_SHOWN)
                output_line(context, TONE_WARN, "%s %zu more line%s of it cannot be read",
                            output_bullet(context), flaws->count - FLAWS_SHOWN,
                            flaws->count == FLAWS_SHOWN + 1 ? "" : "s");
}

/* With --json and --quiet too. */
static void complain_of_root(const RootStatus *root_status)
{
        complain_in_root(root_status->path);
        if (root_status->error < 0)
                complain(&root_status->fault, root_status->error, NULL, "cannot tell");
}

/* What `verify --record` found, where reading the archives' lists finds nothing. */
static int show_verification(const Context *context, const RootStatus *root_status)
{
        const Texts *damaged = &root_status->verification.damaged;
        _cleanup_free_ char *words = NULL, *todo = NULL;
        int r = verification_words(&root_status->verification, &words);

        if (r < 0 || !words)
                return r;
        if (damaged->count == 0) {
                output_line(context, TONE_DIM, "%s %s", output_bullet(context), words);
                return 0;
        }
        if (hint_for_root(root_status->path, "run `sudo unlockerctl verify --record`", &todo) < 0)
                return -ENOMEM;
        output_line(context, TONE_BAD, "%s %s: %s", output_bullet(context), words, todo);
        for (size_t i = 0; i < damaged->count; i++)
                output_line(context, TONE_BAD, "    %s", damaged->items[i]);
        return 0;
}

static int show_archives(const Context *context, const RootStatus *root_status)
{
        _cleanup_free_ char *todo = NULL;

        if (root_status->archives_denied > 0)
                output_line(context, TONE_DIM,
                            "%s %zu archive%s of originals may not be read by this user.",
                            output_bullet(context), root_status->archives_denied,
                            root_status->archives_denied == 1 ? "" : "s");
        if (root_status->archives_damaged == 0)
                return show_verification(context, root_status);
        if (hint_for_root(root_status->path, "run `sudo unlockerctl verify`", &todo) < 0)
                return -ENOMEM;
        output_line(context, TONE_BAD, "%s %zu archive%s of originals cannot be read: %s",
                    output_bullet(context), root_status->archives_damaged,
                    root_status->archives_damaged == 1 ? "" : "s", todo);
        return 0;
}

static int show_root_status(const Context *context, const RootStatus *root_status)
{
        _cleanup_free_ char *summary = NULL;
        ExitStatus status = root_status_exit_status(root_status);
        int r;

        for (size_t i = 0; i < root_status->installation_count; i++) {
                r = show_installation(context, root_status, &root_status->installations[i]);
                if (r >= 0)
                        r = status_show_notes(context, root_status, &root_status->installations[i]);
                if (r >= 0)
                        r = status_show_lacking(context, root_status,
                                                &root_status->installations[i]);
                if (r < 0)
                        return r;
        }
        show_flaws(context, &root_status->flaws);
        r = show_archives(context, root_status);
        if (r < 0)
                return r;
        r = root_status_summary(root_status, &summary);
        if (r < 0)
                return r;
        output_line(context, status == EXIT_DONE ? TONE_GOOD : TONE_WARN, "%s", summary);
        return automatic_show(context, root_status);
}

/* The one thing that is printed. */
typedef enum StatusForm {
        STATUS_TEXT,
        STATUS_JSON,
        STATUS_PROMETHEUS,
        STATUS_NAGIOS,
} StatusForm;

static int status_form(const Context *context, StatusForm *ret)
{
        bool prometheus = context_option(context, "prometheus") != NULL;
        bool nagios = context_option(context, "nagios") != NULL;

        if (context->json + prometheus + nagios > 1)
                return usage_wrong(context, "--%s and --%s exclude each other",
                                   prometheus ? "prometheus" : "nagios",
                                   context->json ? "json" : "nagios");
        *ret = context->json ? STATUS_JSON
               : prometheus  ? STATUS_PROMETHEUS
               : nagios      ? STATUS_NAGIOS
                             : STATUS_TEXT;
        return EXIT_DONE;
}

/* Until no run of the service is due or under way; EXIT_BUSY at the limit, having said so. */
static int status_wait(const Context *context, int64_t limit_ms)
{
        ExitStatus status = EXIT_DONE;

        if (!context_option(context, "wait"))
                return EXIT_DONE;
        progress_say(context, "Waiting for the service");
        for (size_t i = 0; i < context->roots.count; i++) {
                _cleanup_(root_done) Root root = ROOT_NONE;
                Fault fault = FAULT_NONE;
                int r = root_open(context->roots.items[i], &root, NULL);

                /* A root that cannot be opened is told with its state. */
                r = r < 0 ? 0 : service_wait(&root, limit_ms, &fault);
                if (r == -ENOMEM)
                        return r;
                if (r == -ETIMEDOUT)
                        status = exit_status_worse(status, EXIT_BUSY);
                if (r < 0)
                        complain(&fault, r, NULL, "gave up waiting for the service");
                if (r > 0)
                        log_line(LOG_NOTICE,
                                 "unlockerctl: %s: " PATH_UNIT " is not enabled: no service to "
                                 "wait for",
                                 root.path);
        }
        progress_say(context, "%s", context->verb->doing);
        return (int)status;
}

/* On standard output, or in the file that was named: EXIT_FAILED when it cannot be written. */
static int status_show_samples(const Context *context, const RootStatus *roots)
{
        const char *path = context_option(context, "prometheus");
        Fault fault = FAULT_NONE;
        int r;

        if (!*path)
                return root_statuses_show_prometheus(stdout, roots, context->roots.count);
        r = sample_file_write(path, roots, context->roots.count, &fault);
        if (r >= 0)
                return EXIT_DONE;
        complain(&fault, r, path, "cannot write the samples");
        return EXIT_FAILED;
}

static int status_show(const Context *context, const RootStatus *roots, StatusForm form,
                       ExitStatus status)
{
        size_t count = context->roots.count;
        int r = 0;

        switch (form) {
        case STATUS_JSON:
                return root_statuses_show_json(context, roots, count, status);
        case STATUS_PROMETHEUS:
                return status_show_samples(context, roots);
        case STATUS_NAGIOS:
                return root_statuses_show_nagios(
                        roots, count, context_option(context, "wait") && status == EXIT_BUSY);
        case STATUS_TEXT:
                for (size_t i = 0; r >= 0 && context->verb_is_default && i < count; i++)
                        r = root_status_show_next(context, &roots[i]);
        }
        return r;
}

static int run_status(Context *context, int argument_count, char **arguments)
{
        size_t count = context->roots.count;
        _cleanup_free_ RootStatus *roots = calloc(count, sizeof(*roots));
        ExitStatus status = EXIT_DONE;
        StatusForm form = STATUS_TEXT;
        const char *wait = context_option(context, "wait");
        int64_t limit_ms = QUIET_LIMIT_MS_DEFAULT;
        int r = status_form(context, &form);

        (void)argument_count;
        (void)arguments;
        if (r == EXIT_DONE && wait && *wait)
                r = time_option(context, "wait", QUIET_LIMIT_MS_DEFAULT, &limit_ms);
        if (r != EXIT_DONE)
                return r;
        r = roots ? status_wait(context, limit_ms) : -ENOMEM;
        if (r > 0)
                status = (ExitStatus)r;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = root_status_read(context->roots.items[i], !context_option(context, "verify"),
                                     &roots[i]);
                if (r >= 0)
                        complain_of_root(&roots[i]);
                if (r >= 0 && form == STATUS_TEXT && roots[i].error >= 0)
                        r = show_root_status(context, &roots[i]);
                if (r >= 0)
                        status = exit_status_worse(status, root_status_exit_status(&roots[i]));
        }
        if (r >= 0)
                r = status_show(context, roots, form, status);
        if (r > 0 && form == STATUS_PROMETHEUS)
                status = exit_status_worse(status, (ExitStatus)r);
        for (size_t i = 0; roots && i < count; i++)
                root_status_done(&roots[i]);
        return r < 0 || form == STATUS_NAGIOS ? r : (int)status;
}

static const Option options[] = {
        {"prometheus", 0, "FILE", "Print samples for Prometheus's node_exporter, or write FILE",
         true},
        {"nagios", 0, NULL, "Print a line and exit as a plugin of Nagios does"},
        {"verify", 0, NULL, "Read every file anew, also those that seem untouched since patching"},
        {"wait", 0, "TIME", "First wait until the service is idle, at most TIME (15min)", true},
        {},
};

const Verb verb_status = {
        .name = "status",
        .summary = "Show the state of all files (default)",
        .doing = "Reading the state of VMware",
        .description =
                "Judges every file by its content: how many gates are open, whether its original "
                "is kept, which VMs run it. Needs no privilege and changes nothing.\n"
                "Exits 0 when everything that is installed is patched, 3 when something is not, 4 "
                "when no VMware is found. With --nagios: 0 when all is patched, 1 on hold, with "
                "automatic patching off or when an original is missing or damaged, 2 when "
                "something is not patched, 3 when no VMware is found, something cannot be read, or "
                "the command line is wrong.",
        .options = options,
        .run = run_status,
};

/* SPDX-License-Identifier: MIT */

/* unlockerctl report: one text that a user can post and a maintainer can work from. */

#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/public-label.h"
#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/progress.h"
#include "ctl/verbs/report-parts.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/foreign.h"
#include "ctl/work/judged-file.h"
#include "ctl/work/known-name.h"
#include "ctl/work/root-status.h"
#include "exchange/inspection.h"

static void write_survey(FILE *out, const InstallationStatus *installation)
{
        char product[PUBLIC_LABEL_SIZE], version[PUBLIC_LABEL_SIZE], build[PUBLIC_LABEL_SIZE];

        public_label(installation->build.product, product);
        public_label(installation->build.version, version);
        public_label(installation->build.build, build);
        (void)fprintf(out, "\nVMware\n  product     %s\n  version     %s\n  build       %s\n",
                      product, version, build);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetStatus *target = &installation->targets[role];

                (void)fprintf(out, "  %-11s %s, %u of %u gates open, original %s%s\n",
                              role_name(role), state_name(target->state), target->gates_open,
                              target->gates_total, original_status_name(target->kept),
                              target->wrapper ? ", behind a wrapper" : "");
                report_fault(out, &target->fault);
        }
}

static int write_standing(FILE *out, const char *path)
{
        RootStatus root_status = {};
        int r = root_status_read(path, false, &root_status);

        if (r < 0)
                return r;
        for (size_t i = 0; i < root_status.installation_count; i++)
                write_survey(out, &root_status.installations[i]);
        if (root_status.installation_count == 0)
                (void)fprintf(out, "\nVMware\n  product     none found\n");
        report_fault(out, &root_status.fault);
        (void)fprintf(out, "  hold        %s\n", root_status.held ? "yes" : "no");
        if (root_status.archives_damaged > 0)
                (void)fprintf(out, "  archives    %zu damaged\n", root_status.archives_damaged);
        if (root_status.archives_denied > 0)
                (void)fprintf(out, "  archives    %zu readable by root only\n",
                              root_status.archives_denied);
        if (root_status.flaws.count > 0)
                (void)fprintf(out, "  config      %zu lines cannot be read\n",
                              root_status.flaws.count);
        root_status_done(&root_status);
        return 0;
}

static int write_target(FILE *out, const Target *target)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        int r = inspection_open(target, &inspection);

        if (r < 0)
                return r;
        switch (inspection.verdict.state) {
        case STATE_STOCK:
        case STATE_PATCHED:
        case STATE_ABSENT:
        case STATE_EMPTY:
                return 0;
        default:
                break;
        }
        return inspection.mapping.span.size == 0
                       ? 0
                       : report_file(out, role_name(target->role), inspection.mapping.span,
                                     &inspection.verdict);
}

/* Each target that is neither as shipped nor patched. */
static int write_targets(FILE *out, const char *path)
{
        _cleanup_(session_freep) Session *session = NULL;
        Fault fault = FAULT_NONE;
        int r = session_open_bare(path, &session, &fault);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; r >= 0 && i < session->installations.count; i++)
                for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++)
                        r = write_target(out, &session->installations.items[i].targets[role]);
        return r;
}

/* How a file is called, when VMware gave it its name; else "other". */
static const char *public_name(const char *path)
{
        const char *name = known_file_name(path);

        return name ? name : "other";
}

static int write_named(FILE *out, const char *path, Fault *fault)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        int r = binary_open(path, &binary, fault);

        return r < 0 ? r
                     : report_file(out, public_name(path), binary.mapping.span, &binary.verdict);
}

static int write_report(FILE *out, const char *path)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        Fault fault = FAULT_NONE;
        int r = root_open(path, &root, &fault);

        (void)fprintf(
                out,
                "Report of unlockerctl. Read it, then send it to %s.\n"
                "It contains no names of users, hosts or machines, no paths and no serials.\n",
                BUG_ADDRESS);
        if (r < 0) {
                report_fault(out, &fault);
                return r == -ENOMEM ? r : 0;
        }
        report_host(out, &root);
        report_units(out, &root);
        r = write_standing(out, path);
        if (r >= 0)
                r = report_events(out, path);
        return r < 0 ? r : write_targets(out, path);
}

/* Writes all of it; a FILE that cannot be read is complained of, and the rest goes on. */
static int write_document(const Context *context, FILE *out, char **files, ExitStatus *status)
{
        int r = write_report(out, context->roots.items[0]);

        for (; r >= 0 && *files; files++) {
                Fault fault = FAULT_NONE;

                r = write_named(out, *files, &fault);
                if (r >= 0 || r == -ENOMEM)
                        continue;
                (void)fprintf(out, "\nFile: %s\n", public_name(*files));
                report_fault(out, &fault);
                fault_advise_named(&fault, *files);
                complain(&fault, r, *files, "cannot report");
                *status = EXIT_FAILED;
                r = 0;
        }
        return r;
}

static int report_print_json(const Context *context, const char *text, ExitStatus status)
{
        _cleanup_(json_freep) Json *json = json_new();

        json_add_text(json, "send_to", BUG_ADDRESS);
        json_add_text(json, "text", text);
        json_add_number(json, "exit_status", status);
        return json_print(context, json);
}

static int run_report(Context *context, int count, char **arguments)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        ExitStatus status = EXIT_DONE;
        FILE *out = open_memstream(&text, &size);
        int r;

        (void)count;
        if (!out)
                return -ENOMEM;
        r = write_document(context, out, arguments, &status);
        if (fclose(out) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0)
                return r;
        if (context->json)
                r = report_print_json(context, text, status);
        progress_end();
        if (!context->json && !context->quiet)
                (void)fwrite(text, 1, size, stdout);
        return r < 0 ? r : (int)status;
}

const Verb verb_report = {
        .name = "report",
        .arguments = "[FILE...]",
        .summary = "Print a report for the maintainers",
        .doing = "Collecting the report",
        .description =
                "Prints versions, the state of all files, unit states, the last events, and the "
                "contents of each FILE and of each file that is neither as shipped nor patched. "
                "It contains no names of users, hosts or machines, no paths, serials or "
                "addresses, so it can be posted. At most 64 KiB about a file. Send it "
                "to " BUG_ADDRESS ".",
        .maximum_arguments = SIZE_MAX,
        .one_root = true,
        .run = run_report,
};

/* SPDX-License-Identifier: MIT */

/* unlockerctl tools: the images of guest tools for macOS. */

#include <errno.h>

#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/tools.h"
#include "ctl/verbs/verbs.h"
#include "tools/iso.h"

static void tools_roots_done(ToolsRoots *roots)
{
        for (size_t i = 0; i < roots->count; i++)
                session_free(roots->items[i]);
        free(roots->items);
}

/* Each root is opened; one without VMware is complained of. */
static int open_roots(const Context *context, ToolsRoots *roots, Json *json)
{
        ExitStatus status = EXIT_DONE;

        roots->items = calloc(context->roots.count, sizeof(void *));
        if (!roots->items)
                return -ENOMEM;
        for (size_t i = 0; i < context->roots.count; i++) {
                _cleanup_(session_freep) Session *session = NULL;
                Fault fault = FAULT_NONE;
                int r = session_open(context->roots.items[i], STORE_READ, &session, &fault);

                if (r >= 0 && session->installations.count == 0)
                        r = fault_set(&fault, -ENOENT, REASON_NO_INSTALLATION, "%s",
                                      context->roots.items[i]);
                failure_add_root(json, context->roots.items[i], &fault);
                if (r >= 0) {
                        roots->items[roots->count++] = TAKE_PTR(session);
                        continue;
                }
                complain(&fault, r, NULL, "cannot look for tools");
                status = exit_status_worse(status, fault.reason == REASON_NO_INSTALLATION
                                                           ? EXIT_NO_VMWARE
                                                           : exit_status_of(&fault));
        }
        return (int)status;
}

static int tools_check_options(const Context *context, int count, int *ret_limit_ms)
{
        const char *as = context_option(context, "as");
        IsoKind kind;

        if (as && !iso_of_name(as, &kind))
                return usage_wrong(context, "--as=%s: neither darwin.iso nor darwinPre15.iso", as);
        if (count == 0 && (as || context_option(context, "force")))
                return usage_wrong(context, "--%s needs a SOURCE", as ? "as" : "force");
        if (count == 0 && context_option(context, "limit"))
                return usage_wrong(context, "--limit needs a SOURCE");
        return limit_option(context, ret_limit_ms);
}

static int run_tools(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        _cleanup_(tools_roots_done) ToolsRoots roots = {};
        Json *images = json_add_array(json, "images");
        int limit_ms, status, r;

        r = tools_check_options(context, count, &limit_ms);
        if (r != EXIT_DONE)
                return r;
        status = open_roots(context, &roots, json_add_array(json, "roots"));
        if (status < 0)
                return status;
        if (count > 0 && roots.count > 0) {
                r = tools_install(context, &roots, limit_ms, count, arguments, images);
                if (r < 0)
                        return r;
                status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (context->json || count == 0) {
                r = tools_status(context, &roots, context->json ? json : NULL);
                if (r < 0)
                        return r;
                status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (!context->json)
                return status;
        return json_finish(context, json, status);
}

static const Option options[] = {
        {"as", 0, "IMAGE", "Which image it is, where content and name do not tell"},
        {"force", 'f', NULL, "Take images that are not known, and replace others"},
        OPTION_LIMIT,
        {},
};

const Verb verb_tools = {
        .name = "tools",
        .arguments = "[SOURCE...]",
        .summary = "Install guest tools for macOS, or list them",
        .doing = "Reading the guest tools",
        .description =
                "Looks for the images darwin.iso and darwinPre15.iso in each SOURCE and puts them "
                "where VMware looks for them. A SOURCE is an image, an archive (tar, zip, also one "
                "in another, compressed or not), a directory, or - for standard input. Images are "
                "identified by SHA-256; another needs a confirmation or --force, and from standard "
                "input also --as.\n"
                "darwin.iso is for guests of OS X 10.11 and later, darwinPre15.iso for older "
                "ones.\n"
                "Without a SOURCE it lists the images that are there, and prints for each missing "
                "one the command that fetches, checks and installs it. The program itself opens no "
                "network "
                "connection.\n"
                "`unlockerctl restore` removes what was added, and nothing else.",
        .options = options,
        .maximum_arguments = SIZE_MAX,
        .changes = true,
        .run = run_tools,
};

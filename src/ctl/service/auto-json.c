/* SPDX-License-Identifier: MIT */

#include "ctl/service/auto-json.h"
#include "ctl/render/failure.h"
#include "ctl/render/json.h"

static int show_bare_root(const Context *context, const Fault *fault, ExitStatus status)
{
        _cleanup_(json_freep) Json *document = json_new();

        json_add_text(document, "command", run_kind_name(RUN_PATCH));
        json_add_flag(document, "dry_run", false);
        failure_add_root(json_add_array(document, "roots"), context->roots.items[0], fault);
        (void)json_add_array(document, "installations");
        json_add_number(document, "exit_status", status);
        return json_print(context, document);
}

int auto_show_json(const Context *context, Run *done, Run *look, const Fault *fault, int status)
{
        Run *run = done->root_count > 0 ? done : look;
        int r;

        if (status < 0 || !context->json)
                return status;
        if (run->root_count == 0) {
                r = show_bare_root(context, fault, (ExitStatus)status);
        } else {
                if (fault->reason != REASON_NONE)
                        run->roots[0].fault = *fault;
                run->status = (ExitStatus)status;
                r = run_show_json(context, run);
        }
        return r < 0 ? r : status;
}

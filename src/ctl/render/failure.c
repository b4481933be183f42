/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/render/failure.h"
#include "ctl/terminal/errors.h"

static int failure_show_json(const Context *context, const char *path, const Fault *fault,
                             ExitStatus status)
{
        _cleanup_(json_freep) Json *document = json_new();

        json_add_text(document, "path", path);
        json_add_fault(document, fault, path);
        json_add_number(document, "exit_status", status);
        return json_print(context, document);
}

void failure_add_root(Json *roots, const char *root, const Fault *fault)
{
        Json *item = json_add_object(roots, NULL);

        json_add_text(item, "root", root);
        json_add_fault(item, fault, NULL);
}

int failure_tell(const Context *context, const char *path, const Fault *fault, int error,
                 const char *what, ExitStatus status)
{
        int r;

        complain(fault, error, path, "%s", what);
        if (!context->json || error == -ENOMEM)
                return (int)status;
        r = failure_show_json(context, path, fault, status);
        return r < 0 ? r : (int)status;
}

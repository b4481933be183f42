/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/frame/context.h"
#include "ctl/render/edits-table.h"
#include "ctl/render/files-json.h"
#include "ctl/render/json.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/overlay.h"
#include "ctl/verbs/patch-batch.h"
#include "ctl/verbs/patch-tree.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/foreign.h"
#include "swap/patch-file.h"

static int single_show_json(const Context *context, const char *path, const char *output,
                            const FileResult *result, const Fault *fault, ExitStatus status)
{
        _cleanup_(json_freep) Json *document = json_new();

        single_json_add(document, path, output, result, fault);
        json_add_text(document, "invalid_signature", result ? result->signature.kind : NULL);
        json_add_number(document, "exit_status", status);
        return json_print(context, document);
}

/* The original is beside the file that was replaced, which a link only leads to. */
static void show_original(const Context *context, const char *path)
{
        char real[PATH_MAX];
        struct stat st;
        bool is_link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real);

        output_say(context, TONE_PLAIN, "The original is %s.orig.", is_link ? real : path);
}

static void single_show_layout(const Context *context, const FileResult *result)
{
        if (*result->layout)
                output_say(context, TONE_WARN, "%s layout not seen before: %s.",
                           output_bullet(context), result->layout);
}

static int single_show(const Context *context, const char *path, const char *output,
                       const FileResult *result)
{
        const char *target = output ? output : path;

        if (result->before == STATE_PATCHED) {
                output_say(context, TONE_GOOD, "%s is patched already; nothing to do.", path);
                if (result->written)
                        output_say(context, TONE_PLAIN, "Copied to %s.", target);
                return 0;
        }
        if (!result->written) {
                int r = edits_print(context, &result->edits);

                if (r < 0)
                        return r;
                output_say(context, TONE_STRONG, "%s would get %zu edits. Nothing was changed.",
                           path, result->edits.count);
                single_show_layout(context, result);
                return 0;
        }
        output_say(context, TONE_GOOD, "%s patched: %zu edits.", target, result->edits.count);
        if (!output)
                show_original(context, path);
        if (result->before == STATE_PARTIAL)
                output_say(context, TONE_WARN,
                           "%s another tool had changed it before: that is no original.",
                           output_bullet(context));
        single_show_layout(context, result);
        if (result->signature.kind)
                output_say(context, TONE_WARN, "%s its %s signature is no longer valid.",
                           output_bullet(context), result->signature.kind);
        return 0;
}

/* A file that needs no patch is no failure. */
static void show_needless(const Context *context, const char *path, const Fault *fault)
{
        output_say(context, TONE_GOOD, "%s %s; nothing to do.", path,
                   reason_text(fault->reason)->why);
}

/* An ESXi boot module, by its name; a directory of such a name is a directory. A name that is
 * nearly one would become a plain file or a directory, which no host takes. */
static int run_module(Context *context, int count, char **arguments, const char *output)
{
        if (!overlay_is_name(output))
                return usage_wrong(context,
                                   "--output=%s: a boot module is called .v00 to .v99 or .tgz "
                                   "after 1 to 8 of a-z, 0-9, _ and -",
                                   output);
        if (count > 1)
                return usage_wrong(context, "%s: takes one directory", output);
        if (access(arguments[0], F_OK) < 0 && errno == ENOENT)
                return usage_wrong(context, "%s: does not exist", arguments[0]);
        if (!path_is_directory(arguments[0]))
                return usage_wrong(context, "%s: takes one directory, which %s is not", output,
                                   arguments[0]);
        return patch_module(context, arguments, output);
}

static void advise_single(Fault *fault, const char *path)
{
        if (fault->reason == REASON_IMAGE_FORMAT && overlay_is_name(path))
                fault->todo = "a boot module is made anew: name the directory with the files that "
                              "were copied from the host";
        else
                fault_advise_named(fault, path);
}

static int run_patch_file(Context *context, int count, char **arguments)
{
        _cleanup_(file_result_done) FileResult result = {};
        const char *output = context_option(context, "output");
        bool dry_run = context_option(context, "dry-run") != NULL;
        const char *path = arguments[0];
        Fault fault = FAULT_NONE;
        ExitStatus status = EXIT_DONE;
        int r;

        if (output && overlay_is_like_name(output) && !path_is_directory(output))
                return run_module(context, count, arguments, output);
        if (context_option(context, "build"))
                return usage_wrong(context, "--build is for boot modules");
        if (count > 1 || path_is_directory(path) || (output && path_is_directory(output)))
                return patch_files(context, arguments, output);
        r = single_patch(path, output, dry_run, &result, &fault);
        if (r < 0 && fault.reason != REASON_FUSION) {
                advise_single(&fault, path);
                complain_of_patch(&fault, r, path, output);
                status = exit_status_of_file(&fault);
        }
        if (r < 0 && !context->json) {
                if (status == EXIT_DONE)
                        show_needless(context, path, &fault);
                return (int)status;
        }
        r = context->json ? single_show_json(context, path, output, r >= 0 ? &result : NULL, &fault,
                                             status)
                          : single_show(context, path, output, &result);
        return r < 0 ? r : (int)status;
}

static const Option patch_file_options[] = {
        {"output", 'o', "OUT",
         "Write the patched files to OUT, a file or directory, and do not change FILE"},
        {"build", 0, "TEXT", "For OUT NAME.v00 or NAME.tgz: what `vmware -v` prints on the host"},
        {"dry-run", 'n', NULL, "Print the planned edits and change nothing"},
        {},
};

const Verb verb_patch_file = {
        .name = "patch-file",
        .arguments = "FILE...",
        .summary = "Patch files of any system, without a store",
        .doing = "Reading the files",
        .description = "FILE is identified by its content, never by its name. Without "
                       "--output it is replaced in one step, and the original is kept as "
                       "FILE.orig, which must not exist yet.\n"
                       "With several files or a directory, all VMware files among them are "
                       "patched; a directory needs an --output, below which the patched files get "
                       "their paths.\n"
                       "With --output=NAME.v00 or NAME.tgz the patched files of the directory, as "
                       "copied from an ESXi host, become one of its boot modules, which puts them "
                       "over the host's at each boot.",
        .options = patch_file_options,
        .minimum_arguments = 1,
        .maximum_arguments = SIZE_MAX,
        .changes = true,
        .run = run_patch_file,
};

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/files-json.h"
#include "ctl/render/json.h"
#include "ctl/render/usage.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/overlay.h"
#include "ctl/verbs/patch-tree.h"
#include "ctl/work/foreign.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/root.h"
#include "swap/patch-file.h"

typedef struct Batch {
        const Context *context;
        const char *output; /* NULL: in place */
        Overlay *overlay;   /* NULL, or the boot module that `output` will be */
        bool dry_run;
        Texts outputs; /* written already: two files must not become one */
        Table *table;
        Json *list;
        size_t patched, known, passed_over;
        ExitStatus status;
} Batch;

/* A file to look at. */
typedef struct Candidate {
        const char *path;
        const char *relative; /* below the output directory */
        bool named;           /* on the command line itself */
        off_t size;
        mode_t mode;
} Candidate;

static int report(Batch *batch, const Candidate *file, const char *target,
                  const SingleReport *report, const char *result, Tone tone, const Fault *fault)
{
        if (!batch->context->json) {
                table_row(batch->table);
                table_cell(batch->table, TONE_PLAIN, "%s", file->path);
                table_cell(batch->table, TONE_PLAIN, "%s",
                           report ? subject_name(report->subject) : "-");
                table_cell(batch->table, tone, "%s", result);
                table_cell(batch->table, TONE_PLAIN, "%zu", report ? report->edits.count : 0);
                return 0;
        }
        single_json_add(json_add_object(batch->list, NULL), file->path, target, report,
                        fault ? fault : &FAULT_NONE);
        return 0;
}

/* Refused or failed; what is not VMware's is only counted. */
static int record_failure(Batch *batch, const Candidate *file, const char *target,
                          const Fault *fault)
{
        if (fault->reason == REASON_NO_MEMORY)
                return -ENOMEM;
        if (file->size == 0 && (file->named || name_is_of_vmware(file->path)))
                return report(batch, file, target, NULL, "skipped: 0 bytes", TONE_DIM, NULL);
        if (fault->reason == REASON_FUSION)
                return report(batch, file, target, NULL, "needs no patch", TONE_GOOD, NULL);
        if (reason_is_foreign(fault->reason) && !file->named && !name_is_of_vmware(file->path)) {
                batch->passed_over++;
                return 0;
        }
        batch->known++;
        batch->status = exit_status_worse(batch->status, exit_status_of_file(fault));
        complain(fault, -fault->error, file->path, "cannot patch");
        return report(batch, file, target, NULL, "refused", TONE_BAD, fault);
}

/* The directories above `path`, as far as they are missing; not where a stranger's link leads. */
static int make_parents(const char *path, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *working = NULL, *parents = NULL;
        int r = root_open("/", &root, fault);

        if (r < 0)
                return r;
        if (*path != '/' && !(working = getcwd(NULL, 0)))
                return fault_set(fault, -errno, REASON_OPEN, "%s", path);
        if (text_format(&parents, "%s/%s", working ? working : "", path) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        *strrchr(parents, '/') = '\0';
        fd = root_make_directory(&root, parents);
        return fd < 0 ? fault_set(fault, fd, REASON_WRITE, "%s", parents) : 0;
}

/* Neither another file of this run nor the file itself may be under that name. */
static int check_free(const Batch *batch, const Candidate *file, const char *target, Fault *fault)
{
        struct stat from, to;

        if (texts_contain(&batch->outputs, target) ||
            (stat(file->path, &from) == 0 && stat(target, &to) == 0 && from.st_dev == to.st_dev &&
             from.st_ino == to.st_ino))
                return fault_set(fault, -EEXIST, REASON_EXISTS, "%s", target);
        return 0;
}

static int write_file(const Candidate *file, const char *target, SingleReport *ret, Fault *fault)
{
        int r = target ? make_parents(target, fault) : 0;

        if (r < 0)
                return r;
        single_report_done(ret);
        return single_patch(file->path, target, false, ret, fault);
}

static const char *result_of(const SingleReport *report, bool dry_run)
{
        if (report->before == STATE_PATCHED)
                return report->written ? "patched already, copied" : "patched already";
        if (dry_run)
                return "would be patched";
        return report->before == STATE_PARTIAL ? "completed" : "patched";
}

/* Into the boot module: only what an ESXi host has under such a name. */
static int take_into_overlay(Batch *batch, const Candidate *file, SingleReport *single)
{
        Fault fault = FAULT_NONE;
        int r;

        if (!overlay_takes(file->relative))
                return report(batch, file, NULL, NULL, "left out", TONE_DIM, NULL);
        r = overlay_add(batch->overlay, file->path, file->relative, file->mode, single, &fault);
        if (r < 0)
                return record_failure(batch, file, NULL, &fault);
        single->written = !batch->dry_run;
        batch->known++;
        batch->patched++;
        return report(batch, file, file->relative, single, result_of(single, batch->dry_run),
                      TONE_GOOD, NULL);
}

/* Judged first: of what is not VMware's nothing is written, not even a directory. */
static int take_file(Batch *batch, const Candidate *file)
{
        _cleanup_(single_report_done) SingleReport single = {};
        _cleanup_free_ char *target = NULL;
        Fault fault = FAULT_NONE;
        int r = single_patch(file->path, NULL, true, &single, &fault);

        if (r >= 0 && batch->overlay)
                return take_into_overlay(batch, file, &single);
        if (r >= 0 && batch->output)
                if (text_format(&target, "%s/%s", batch->output, file->relative) < 0)
                        return -ENOMEM;
        if (r >= 0 && target)
                r = check_free(batch, file, target, &fault);
        if (r >= 0 && !batch->dry_run)
                r = write_file(file, target, &single, &fault);
        if (r < 0)
                return record_failure(batch, file, target, &fault);
        if (target && texts_add(&batch->outputs, target) < 0)
                return -ENOMEM;
        batch->known++;
        batch->patched++;
        return report(batch, file, target, &single, result_of(&single, batch->dry_run), TONE_GOOD,
                      NULL);
}

/* The part of `path` that goes below the output: from the last name of `argument` on; of "." and
 * "..", which are no names, what is inside. */
static const char *relative_of(const char *path, const char *argument)
{
        size_t end = strlen(argument), start;

        while (end > 1 && argument[end - 1] == '/')
                end--;
        for (start = end; start > 0 && argument[start - 1] != '/';)
                start--;
        if (argument[start] == '.' &&
            (end - start == 1 || (end - start == 2 && argument[end - 1] == '.')))
                start = end;
        path += start;
        return path + strspn(path, "/");
}

/* The part of `path` below the directory `argument`. */
static const char *below(const char *path, const char *argument)
{
        path += strlen(argument);
        return path + strspn(path, "/");
}

static int compare_entries(const FTSENT **a, const FTSENT **b)
{
        return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* fts takes a directory that cannot be listed to its end for one that ends there. */
static int take_directory(Batch *batch, const FTSENT *entry)
{
        _cleanup_close_ int fd =
                fd_open_at(AT_FDCWD, entry->fts_accpath, O_RDONLY | O_DIRECTORY, 0);
        const Candidate file = {.path = entry->fts_path, .named = true, .size = -1};
        _cleanup_(texts_done) Texts names = {};
        Fault fault = FAULT_NONE;
        int r = fd == -EACCES || fd == -ENOTDIR ? 0 : fd; /* fts tells it */

        if (fd >= 0)
                r = directory_names(fd, &names);
        if (r >= 0 || r == -ENOMEM)
                return MIN(r, 0);
        (void)fault_set(&fault, r, REASON_READ, "%s", entry->fts_path);
        return record_failure(batch, &file, NULL, &fault);
}

static int take_entry(Batch *batch, const FTSENT *entry, const char *argument)
{
        Candidate file = {.path = entry->fts_path, .named = entry->fts_level == FTS_ROOTLEVEL};
        Fault fault = FAULT_NONE;

        switch (entry->fts_info) {
        case FTS_F:
                file.relative = batch->overlay ? below(entry->fts_path, argument)
                                               : relative_of(entry->fts_path, argument);
                file.size = entry->fts_statp->st_size;
                file.mode = entry->fts_statp->st_mode & 07777U;
                return take_file(batch, &file);
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
                (void)fault_set(&fault, -entry->fts_errno, REASON_OPEN, "%s", entry->fts_path);
                file.size = -1;
                return record_failure(batch, &file, NULL, &fault);
        case FTS_D:
                return take_directory(batch, entry);
        case FTS_DP:
                return 0;
        default: /* symbolic links, devices: what they lead to is met under its own name */
                batch->passed_over++;
                return 0;
        }
}

/* The walk through a directory ended before its end. */
static int record_broken_off(Batch *batch, const char *argument, int error)
{
        const Candidate file = {.path = argument, .named = true, .size = -1};
        Fault fault = FAULT_NONE;

        (void)fault_set(&fault, -error, error == ENOMEM ? REASON_NO_MEMORY : REASON_READ, "%s",
                        argument);
        return record_failure(batch, &file, NULL, &fault);
}

static int take_argument(Batch *batch, char *argument)
{
        char *paths[] = {argument, NULL};
        /* A link on the command line is meant as what it leads to. */
        FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_entries);
        FTSENT *entry;
        int r = tree ? 0 : -ENOMEM;

        while (r >= 0 && (errno = 0, entry = fts_read(tree)))
                r = take_entry(batch, entry, argument);
        if (r >= 0 && errno != 0)
                r = record_broken_off(batch, argument, errno);
        if (tree)
                (void)fts_close(tree);
        return r;
}

static bool is_directory(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whether `output`, there or not, lies in the directory `argument`, or is it. A ".." behind what is
 * not there yet leads nobody knows where: it counts as inside. */
static bool is_inside(const char *output, const char *argument)
{
        char real_argument[PATH_MAX], real[PATH_MAX];
        _cleanup_free_ char *at = strdup(output);
        size_t size;

        if (!at || !realpath(argument, real_argument))
                return false;
        while (!realpath(at, real)) {
                char *slash = strrchr(at, '/');

                if (text_equal(slash ? slash + 1 : at, ".."))
                        return true;
                if (!slash || slash == at)
                        return is_inside(slash ? "/" : ".", argument);
                *slash = '\0';
        }
        size = text_equal(real_argument, "/") ? 0 : strlen(real_argument);
        return strncmp(real, real_argument, size) == 0 && (real[size] == '/' || real[size] == '\0');
}

static int check_arguments(const Context *context, char **arguments, const char *output)
{
        for (; *arguments; arguments++) {
                if (!is_directory(*arguments))
                        continue;
                if (!output)
                        return usage_wrong(context, "%s is a directory: --output=DIR is needed",
                                           *arguments);
                if (is_inside(output, *arguments))
                        return usage_wrong(context,
                                           "--output=%s lies in %s, which is to be patched", output,
                                           *arguments);
        }
        return EXIT_DONE;
}

/* A module that lacks a file is none: all of them, or nothing. */
static int write_overlay(Batch *batch)
{
        Fault fault = FAULT_NONE;
        int r;

        if (!batch->overlay || batch->dry_run || batch->known == 0)
                return 0;
        if (batch->status != EXIT_DONE) {
                complain(NULL, -ECANCELED, batch->output, "no boot module made");
                return 0;
        }
        r = overlay_write(batch->overlay, &fault);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                batch->status = exit_status_worse(batch->status, exit_status_of(&fault));
                complain(&fault, r, batch->output, "cannot make the boot module");
        }
        return 0;
}

static int finish(Batch *batch, Json *json)
{
        int r;

        if (batch->known == 0)
                batch->status = exit_status_worse(batch->status, EXIT_NO_VMWARE);
        if (batch->overlay && batch->context->json)
                overlay_json_add(batch->overlay, json);
        if (batch->context->json) {
                json_add_number(json, "passed_over", batch->passed_over);
                json_add_signed(json, "exit_status", batch->status);
                r = json_print(batch->context, json);
                return r < 0 ? r : (int)batch->status;
        }
        r = table_print(batch->table);
        if (r < 0)
                return r;
        if (batch->known > 0)
                output_say(batch->context, TONE_PLAIN, "%s", "");
        output_say(batch->context, batch->status == EXIT_DONE ? TONE_GOOD : TONE_WARN,
                   "%zu of %zu %s; %zu other file%s passed over.", batch->patched, batch->known,
                   batch->dry_run ? "can be patched" : "patched", batch->passed_over,
                   batch->passed_over == 1 ? "" : "s");
        if (batch->overlay)
                overlay_print(batch->context, batch->overlay);
        return (int)batch->status;
}

static int take_all(Batch *batch, Json *json, char **arguments)
{
        static const Column columns[] = {
                {"FILE", COLUMN_WRAP}, {"HOLDS", 0}, {"RESULT", 0}, {"EDITS", COLUMN_RIGHT}};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(batch->context, columns, ARRAY_SIZE(columns), &table);

        batch->table = table;
        for (; r >= 0 && *arguments; arguments++)
                r = take_argument(batch, *arguments);
        if (r >= 0)
                r = write_overlay(batch);
        if (r >= 0)
                r = finish(batch, json);
        texts_done(&batch->outputs);
        return r;
}

int patch_files(const Context *context, char **arguments, const char *output, bool dry_run)
{
        _cleanup_(json_freep) Json *json = json_new();
        Batch batch = {
                .context = context,
                .output = output,
                .dry_run = dry_run,
                .list = json_add_array(json, "files"),
        };
        int r = check_arguments(context, arguments, output);

        return r == EXIT_DONE ? take_all(&batch, json, arguments) : r;
}

int patch_module(const Context *context, char **arguments, const char *output, bool dry_run)
{
        _cleanup_(overlay_freep) Overlay *overlay = NULL;
        _cleanup_(json_freep) Json *json = json_new();
        Batch batch = {
                .context = context,
                .output = output,
                .dry_run = dry_run,
                .list = json_add_array(json, "files"),
        };
        int r = overlay_new(context, arguments[0], output, &overlay);

        batch.overlay = overlay;
        return r == EXIT_DONE ? take_all(&batch, json, arguments) : r;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/verbs/patch-batch.h"
#include "ctl/work/foreign.h"
#include "file/fd.h"
#include "file/root.h"
#include "file/same.h"
#include "swap/patch-file.h"

void batch_done(Batch *batch)
{
        texts_done(&batch->outputs);
        file_rows_done(&batch->rows);
}

static bool reason_is_of_output(Reason reason)
{
        switch (reason) {
        case REASON_NO_DIRECTORY:
        case REASON_EXISTS:
        case REASON_WRITE:
        case REASON_READ_ONLY:
        case REASON_NOT_PERMITTED:
        case REASON_NO_SPACE:
                return true;
        default:
                return false;
        }
}

void complain_of_patch(const Fault *fault, int error, const char *path, const char *output)
{
        if (output && reason_is_of_output(fault->reason))
                complain(fault, error, output, "cannot write");
        else
                complain(fault, error, path, "cannot patch");
}

static int record_refusal(Batch *batch, const Candidate *file, const char *target, Fault *fault)
{
        int r = file_rows_add(&batch->rows, file->path, target, NULL, "refused", TONE_BAD);

        if (batch->overlay)
                fault_advise(fault, "copy it from the host again");
        else
                fault_advise_named(fault, file->path);
        batch->known++;
        batch->status = exit_status_worse(batch->status, exit_status_of_file(fault));
        complain_of_patch(fault, -fault->error, file->path, target);
        if (r >= 0)
                batch->rows.items[batch->rows.count - 1].fault = *fault;
        return r;
}

/* A module without a file that the host needs would be worse than none. */
static int record_empty(Batch *batch, const Candidate *file, const char *target)
{
        Fault fault = FAULT_NONE;

        if (!batch->overlay || overlay_may_be_empty(file->relative))
                return file_rows_add(&batch->rows, file->path, target, NULL, "skipped: 0 bytes",
                                     TONE_DIM);
        (void)fault_set(&fault, -EBADMSG, REASON_MODULE_EMPTY, "%s", file->path);
        return record_refusal(batch, file, target, &fault);
}

int batch_fail(Batch *batch, const Candidate *file, const char *target, Fault *fault)
{
        if (fault->reason == REASON_NO_MEMORY)
                return -ENOMEM;
        if (file->size == 0 && (file->named || name_is_of_vmware(file->path)))
                return record_empty(batch, file, target);
        if (fault->reason == REASON_FUSION)
                return file_rows_add(&batch->rows, file->path, target, NULL, "needs no patch",
                                     TONE_GOOD);
        if (reason_is_foreign(fault->reason) && !file->named && !name_is_of_vmware(file->path)) {
                batch->passed_over++;
                return 0;
        }
        return record_refusal(batch, file, target, fault);
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
        if (text_format(&parents, "%s%s%s", working ? working : "", working ? "/" : "", path) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        *strrchr(parents, '/') = '\0';
        fd = root_make_directory(&root, parents);
        return fd < 0 ? fault_set(fault, fd, fd == -ENOTDIR ? REASON_NO_DIRECTORY : REASON_WRITE,
                                  "%s", parents)
                      : 0;
}

/* Neither another file of this run nor the file itself may be under that name. */
static int check_free(const Batch *batch, const Candidate *file, const char *target, Fault *fault)
{
        struct stat from, to;

        if (texts_contain(&batch->outputs, target) ||
            (stat(file->path, &from) == 0 && stat(target, &to) == 0 && same_inode(&from, &to)))
                return fault_set(fault, -EEXIST, REASON_EXISTS, "%s", target);
        return 0;
}

static int write_file(const Candidate *file, const char *target, FileResult *ret, Fault *fault)
{
        int r = target ? make_parents(target, fault) : 0;

        if (r < 0)
                return r;
        file_result_done(ret);
        return single_patch(file->path, target, false, ret, fault);
}

static const char *result_of(const FileResult *result, bool dry_run)
{
        if (result->before == STATE_PATCHED)
                return result->written ? "patched already, copied" : "patched already";
        if (dry_run)
                return "would be patched";
        return result->before == STATE_PARTIAL ? "completed" : "patched";
}

/* What no host has under such a name is not even read. */
static int leave_out_of_overlay(Batch *batch, const Candidate *file)
{
        if (name_is_of_vmware(file->path))
                return file_rows_add(&batch->rows, file->path, NULL, NULL, "left out", TONE_DIM);
        batch->passed_over++;
        return 0;
}

static int take_into_overlay(Batch *batch, const Candidate *file, FileResult *single)
{
        const char *result = result_of(single, batch->dry_run);
        Fault fault = FAULT_NONE;
        int r;

        r = overlay_add(batch->overlay, file->path, file->relative, file->mode, single, &fault);
        if (r < 0)
                return batch_fail(batch, file, NULL, &fault);
        batch->known++;
        batch->patched++;
        r = file_rows_add(&batch->rows, file->path, file->relative, single, result, TONE_GOOD);
        if (r >= 0)
                batch->rows.items[batch->rows.count - 1].is_awaited = !batch->dry_run;
        return r;
}

int batch_take_special(Batch *batch, const Candidate *file)
{
        Fault fault = FAULT_NONE;

        if (!batch->overlay || !overlay_needs(file->relative)) {
                batch->passed_over++;
                return 0;
        }
        (void)fault_set(&fault, -EBADMSG, REASON_MODULE_FILE, "%s", file->path);
        return record_refusal(batch, file, NULL, &fault);
}

/* Judged first: of what is not VMware's nothing is written, not even a directory. */
int batch_take_file(Batch *batch, const Candidate *file)
{
        _cleanup_(file_result_done) FileResult single = {};
        _cleanup_free_ char *target = NULL;
        Fault fault = FAULT_NONE;
        int r;

        if (batch->overlay && !overlay_takes(file->relative))
                return leave_out_of_overlay(batch, file);
        progress_say(batch->context, "%s %s", batch->dry_run ? "Reading" : "Patching", file->path);
        r = single_patch(file->path, NULL, true, &single, &fault);

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
                return batch_fail(batch, file, target, &fault);
        if (target && texts_add(&batch->outputs, target) < 0)
                return -ENOMEM;
        batch->known++;
        batch->patched++;
        return file_rows_add(&batch->rows, file->path, target, &single,
                             result_of(&single, batch->dry_run), TONE_GOOD);
}

/* A module that lacks a file is none: all of them, or nothing. */
static int batch_write_overlay(Batch *batch)
{
        int r = 0;

        if (!batch->overlay || batch->dry_run || batch->known == 0)
                return 0;
        if (batch->status == EXIT_DONE)
                r = overlay_write(batch->overlay, &batch->fault);
        else
                r = fault_set(&batch->fault, -ECANCELED, REASON_MODULE_INCOMPLETE, "%s",
                              batch->output);
        if (r == -ENOMEM)
                return r;
        file_rows_settle(&batch->rows, r >= 0);
        if (r < 0) {
                batch->patched = 0;
                if (batch->status == EXIT_DONE)
                        batch->status = exit_status_of(&batch->fault);
                complain(&batch->fault, r, batch->output, "no boot module made");
        }
        return 0;
}

static int batch_finish_json(Batch *batch)
{
        _cleanup_(json_freep) Json *json = json_new();

        file_rows_json_add(&batch->rows, json);
        if (batch->overlay)
                overlay_json_add(batch->overlay, json);
        else
                json_add_null(json, "module");
        json_add_fault(json, &batch->fault, batch->output);
        json_add_number(json, "passed_over", batch->passed_over);
        return json_finish(batch->context, json, (int)batch->status);
}

/* Nothing was met that could be patched. */
static void batch_tell_nothing(Batch *batch)
{
        if (batch->known > 0)
                return;
        if (batch->status == EXIT_DONE && (batch->overlay || batch->rows.count == 0)) {
                (void)fault_set(&batch->fault, -ENOENT, REASON_NO_INSTALLATION, "%s", "");
                batch->fault.todo = batch->overlay ? "name the directory that holds bin and lib64"
                                                   : "name a VMware file or its directory";
                complain(&batch->fault, -ENOENT, batch->overlay ? batch->output : NULL,
                         batch->overlay ? "no boot module made" : "nothing patched");
        }
        batch->status = exit_status_worse(batch->status, EXIT_NO_VMWARE);
}

int batch_finish(Batch *batch)
{
        int r = batch_write_overlay(batch);

        if (r < 0)
                return r;
        batch_tell_nothing(batch);
        if (batch->context->json)
                return batch_finish_json(batch);
        r = file_rows_print(&batch->rows, batch->context);
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

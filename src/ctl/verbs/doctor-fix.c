/* SPDX-License-Identifier: MIT */

#include <unistd.h>

#include "base/log.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/question.h"
#include "ctl/verbs/diff.h"
#include "ctl/verbs/doctor.h"

static int write_fixed(const Context *context, const VmDiagnosis *diagnosis, Fault *fault)
{
        _cleanup_free_ char *kept = NULL, *typed = NULL, *text = NULL;
        size_t size;
        int r = dictionary_text(&diagnosis->fixed, &text, &size);

        if (r < 0)
                return r;
        r = vm_files_write(&diagnosis->files, text, size, &kept, fault);
        if (r < 0) {
                complain(fault, r, diagnosis->files.path, "cannot change");
                return (int)exit_status_of(fault);
        }
        r = hint_quote(kept, &typed);
        if (r < 0)
                return r;
        output_say(context, TONE_GOOD, "Changed; the previous version is saved as %s.", typed);
        return EXIT_DONE;
}

/* Judged anew: what is written is what counts. */
static int diagnose_again(VmDiagnosis *diagnosis, const Machine *machine, Fault *fault)
{
        VmDiagnosis again = VM_DIAGNOSIS_NONE;
        int r = vm_open(diagnosis->files.path, &again, fault);

        if (r < 0) {
                complain(fault, r, diagnosis->files.path, "cannot examine");
                return EXIT_FAILED;
        }
        r = vm_judge(&again, machine);
        if (r < 0) {
                vm_diagnosis_done(&again);
                return r;
        }
        vm_diagnosis_done(diagnosis);
        *diagnosis = again;
        return EXIT_DONE;
}

Reason vm_fix_refusal(const VmDiagnosis *diagnosis)
{
        return diagnosis->kind == VM_KIND_ENCRYPTED ? REASON_VM_ENCRYPTED
               : !diagnosis->is_fixable             ? REASON_NONE
               : diagnosis->is_encrypted            ? REASON_VM_ENCRYPTED
               : diagnosis->suspended               ? REASON_VM_SUSPENDED
               : diagnosis->is_open                 ? REASON_VM_RUNS
                                                    : REASON_NONE;
}

static int fix_refuse(const VmDiagnosis *diagnosis, Reason reason, Fault *fault)
{
        int r = fault_set(fault, -EBUSY, reason, "%s", diagnosis->files.path);

        complain(fault, r, diagnosis->files.path, "cannot change");
        return reason == REASON_VM_ENCRYPTED ? EXIT_FAILED : EXIT_BUSY;
}

/* An ExitStatus to end with, or EXIT_DONE when it may be changed. */
static int ask_to_change(const Context *context, const VmDiagnosis *diagnosis, bool *ret)
{
        bool yes = context_option(context, "yes") != NULL;
        bool may_ask = isatty(STDIN_FILENO) == 1 && context->is_terminal && !context->json;

        /* Who agrees has seen all of it. */
        if (may_ask && !yes)
                pager_open(context);
        if (!context->json)
                diff_print(context, diagnosis->files.path, &diagnosis->file, &diagnosis->fixed);
        pager_close();
        *ret = yes;
        if (yes)
                return EXIT_DONE;
        if (!may_ask) {
                log_line(LOG_ERR,
                         "unlockerctl: %s: not changed: not running on a terminal; use --yes to "
                         "skip the question",
                         diagnosis->files.path);
                return EXIT_FAILED;
        }
        *ret = question_is_agreed("Change it?");
        return EXIT_DONE;
}

int vm_fix(const Context *context, VmDiagnosis *diagnosis, const Machine *machine,
           bool *ret_changed, Fault *fault)
{
        Reason against = vm_fix_refusal(diagnosis);
        bool agreed;
        int status;

        *ret_changed = false;
        if (against != REASON_NONE)
                return fix_refuse(diagnosis, against, fault);
        if (!diagnosis->is_fixable) {
                output_say(context, TONE_GOOD, "%s: nothing to change%s.", diagnosis->files.path,
                           diagnosis->kind == VM_KIND_OPENCORE
                                   ? "; the settings of a VM with OpenCore are left as they are"
                                   : "");
                return EXIT_DONE;
        }
        status = ask_to_change(context, diagnosis, &agreed);
        if (status != EXIT_DONE || !agreed)
                return status;
        status = write_fixed(context, diagnosis, fault);
        *ret_changed = status == EXIT_DONE;
        return *ret_changed ? diagnose_again(diagnosis, machine, fault) : status;
}

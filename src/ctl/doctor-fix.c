/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/complain.h"
#include "ctl/diff.h"
#include "ctl/doctor.h"
#include "ctl/output.h"

/* Whether the person at the terminal says yes. */
static bool agrees(void)
{
        char answer[16];

        (void)fputs("Change it so? [y/N] ", stdout);
        (void)fflush(stdout);
        if (!fgets(answer, sizeof(answer), stdin))
                return false;
        return answer[0] == 'y' || answer[0] == 'Y';
}

static int write_fixed(const Context *context, const VmDiagnosis *diagnosis)
{
        _cleanup_free_ char *kept = NULL;
        Fault fault = FAULT_NONE;
        int r = vm_files_write(&diagnosis->files, diagnosis->fixed, diagnosis->fixed_size, &kept,
                               &fault);

        if (r < 0) {
                complain(&fault, r, diagnosis->files.path, "cannot change");
                return (int)exit_status_of(&fault);
        }
        output_say(context, TONE_GOOD, "Changed. What it was is kept as %s.", kept);
        return EXIT_DONE;
}

/* Judged anew: what is written is what counts. */
static int diagnose_again(VmDiagnosis *diagnosis, const Machine *machine)
{
        VmDiagnosis again = VM_DIAGNOSIS_NONE;
        Fault fault = FAULT_NONE;
        int r = vm_diagnose(diagnosis->files.path, machine, &again, &fault);

        if (r < 0) {
                complain(&fault, r, diagnosis->files.path, "cannot examine");
                return EXIT_FAILED;
        }
        vm_diagnosis_done(diagnosis);
        *diagnosis = again;
        return EXIT_DONE;
}

int vm_fix(const Context *context, VmDiagnosis *diagnosis, const Machine *machine,
           bool *ret_changed)
{
        bool yes = context_option(context, "yes") != NULL;
        bool may_ask = isatty(STDIN_FILENO) == 1 && context->is_terminal && !context->json;
        Fault fault = FAULT_NONE;
        int status, r;

        *ret_changed = false;
        if (!diagnosis->fixed) {
                output_say(context, TONE_GOOD, "%s: nothing to set right.", diagnosis->files.path);
                return EXIT_DONE;
        }
        if (vm_files_are_locked(&diagnosis->files)) {
                r = fault_set(&fault, -EBUSY, REASON_VM_RUNS, "%s", diagnosis->files.path);
                complain(&fault, r, diagnosis->files.path, "cannot change");
                return EXIT_BUSY;
        }
        if (!context->json && !context->quiet) {
                r = diff_print(context, diagnosis->files.path, diagnosis->files.text,
                               diagnosis->fixed);
                if (r < 0)
                        return r;
        }
        if (!yes && !may_ask) {
                log_line(LOG_ERR,
                         "unlockerctl: %s: not changed: there is nobody to ask: --yes "
                         "changes it without asking",
                         diagnosis->files.path);
                return EXIT_FAILED;
        }
        if (!yes && !agrees())
                return EXIT_DONE;
        status = write_fixed(context, diagnosis);
        *ret_changed = status == EXIT_DONE;
        return *ret_changed ? diagnose_again(diagnosis, machine) : status;
}

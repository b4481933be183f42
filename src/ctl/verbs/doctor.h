/* SPDX-License-Identifier: MIT */
#pragma once

/* Doctor: what `unlockerctl doctor` found, and how it is shown. */

#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"
#include "ctl/terminal/output.h"
#include "ctl/work/root-status.h"
#include "doctor/check.h"
#include "doctor/host-checks.h"
#include "doctor/vm-files.h"
#include "doctor/vm.h"

/* A virtual machine. */
typedef struct VmDiagnosis {
        VmFiles files;
        Dictionary file, fixed; /* its .vmx, as it is and as it should be */
        bool is_fixable;        /* they differ */
        bool is_open;           /* in VMware */
        Checks checks;
        VmKind kind;
        bool suspended;
        bool is_encrypted; /* whole, or in part */
} VmDiagnosis;

#define VM_DIAGNOSIS_NONE ((VmDiagnosis){.files = VM_FILES_NONE})

void vm_diagnosis_done(VmDiagnosis *diagnosis);

/* Reads it, and finds its kind. REASON_VMX and what vm_files_read() says. */
_nodiscard_ int vm_open(const char *path, VmDiagnosis *ret, Fault *fault);

/* Judges it, once, on a machine. -ENOMEM. */
_nodiscard_ int vm_judge(VmDiagnosis *diagnosis, const Machine *machine);

/* A title, then a line for each check, with what to do below it, as it has to be typed for
 * `root`. */
void computer_show(const Context *context, const char *root, const char *title,
                   const Checks *checks);

/* The same of a VM; no more than a screen with the last sentences, the worst first where there is
 * no room for all, unless --verbose. `fixable`: --fix would change something; `several`: other VMs
 * were named. */
void vm_show(const Context *context, const char *root, const Checks *computer,
             const VmDiagnosis *vm, bool fixable, bool several);

/* `path`: of the VM, NULL of a computer. */
void checks_json_add(Json *parent, const char *root, const char *path, const Checks *checks);

/* Why --fix would not touch the VM; REASON_NONE when it would, or has nothing to change. */
Reason vm_fix_refusal(const VmDiagnosis *diagnosis);

/* Shows what would change, asks where it may, and writes. The status to end with; where it failed,
 * also why. */
_nodiscard_ int vm_fix(const Context *context, VmDiagnosis *diagnosis, const Machine *machine,
                       bool *ret_changed, Fault *fault);

/* Whether it is a macOS guest that can be read. */
bool vm_is_judged(const VmDiagnosis *vm);

/* The last sentence: what is promised of a computer, and of a virtual machine on it (NULL when none
 * was named), and what was not judged. `path`: of the VM, where there are several, else NULL. */
void promise_show(const Context *context, const Checks *computer, const VmDiagnosis *vm,
                  const char *path);

/* How many lines that takes. */
size_t promise_height(const Context *context, const Checks *computer, const VmDiagnosis *vm,
                      const char *path);

/* Adds "not_judged": the checks that the promise needs and that are not ok. */
void promise_json_add(Json *parent, const Checks *computer, const VmDiagnosis *vm);

/* The checks of a computer and its VMware. Where no VM needs the patch, VMware without it is ok.
 * -ENOMEM. */
_nodiscard_ int computer_check(const Root *root, bool patch_is_needed, Machine *machine,
                               Checks *checks);

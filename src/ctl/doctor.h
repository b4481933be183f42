/* SPDX-License-Identifier: MIT */
#pragma once

/* Doctor: what `unlockerctl doctor` found, and how it is shown. */

#include "ctl/exit.h"
#include "ctl/json.h"
#include "ctl/standing.h"
#include "doctor/check.h"
#include "doctor/machine.h"
#include "doctor/vm-files.h"
#include "doctor/vmx-file.h"

/* A root with VMware, and the computer it is on. */
typedef struct RootDiagnosis {
        const char *path; /* borrowed */
        Checks checks;
} RootDiagnosis;

/* A virtual machine. */
typedef struct VmDiagnosis {
        VmFiles files;
        Checks checks;
        char *fixed; /* the text that its .vmx should have; NULL when it is as it should be */
        size_t fixed_size;
} VmDiagnosis;

#define VM_DIAGNOSIS_NONE ((VmDiagnosis){.files = VM_FILES_NONE})

void vm_diagnosis_done(VmDiagnosis *diagnosis);

/* Reads and judges it. REASON_VMX and what vm_files_read() says. */
_nodiscard_ int vm_diagnose(const char *path, const Machine *machine, VmDiagnosis *ret,
                            Fault *fault);

/* A title, then a line for each check, with what to do below it. */
void checks_show(const Context *context, const char *title, const Checks *checks);
void checks_json_add(Json *parent, const Checks *checks);

/* Shows what would change, asks where it may, and writes. The status to end with. */
_nodiscard_ int vm_fix(const Context *context, VmDiagnosis *diagnosis, const Machine *machine,
                       bool *ret_changed);

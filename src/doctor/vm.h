/* SPDX-License-Identifier: MIT */
#pragma once

/* Vm: whether a virtual machine's configuration is fit for macOS on a machine, and what would make
 * it so. Pure: the .vmx is given as a Dictionary, the log as text. What macOS needs is public
 * knowledge of those who run it in VMware. */

#include "doctor/check.h"
#include "doctor/machine.h"
#include "vmx/dictionary.h"

/* How it starts macOS, if it does; judged before everything else. */
typedef enum VmKind {
        VM_KIND_PATCH,     /* a macOS guest that needs the SMC patch */
        VM_KIND_OPENCORE,  /* OpenCore emulates the SMC and starts macOS */
        VM_KIND_OTHER,     /* no macOS guest */
        VM_KIND_ENCRYPTED, /* nothing else in it can be read */
        _VM_KIND_MAX,
} VmKind;

/* What to do about a check that --fix corrects. */
#define VM_FIX "run `unlockerctl doctor --fix VM.vmx`"

const char *vm_kind_name(VmKind kind); /* "patch", …: stable, for JSON */

typedef struct Vm {
        /* given */
        const Dictionary *file;
        const Machine *machine;
        bool was_started;  /* it has an .nvram or a log */
        bool is_open;      /* in VMware: it runs, or is in its window */
        Dictionary *fixed; /* a copy of `file`, in which is set right what can be */
        Checks *checks;

        /* found */
        VmKind kind;
        bool suspended;
        unsigned darwin;
        char *guest; /* "macOS 13" */
} Vm;

void vm_done(Vm *vm);

/* Whether any line sets what only a virtual machine has. */
bool vm_is_configuration(const Dictionary *file);

/* Adds the checks that hold for its kind. `fixed` stays as it was unless the kind is
 * VM_KIND_PATCH or VM_KIND_OTHER. -ENOMEM. */
_nodiscard_ int vm_check(Vm *vm);

/* Looks for VMware's sentences of known errors in (the end of) vmware.log; none is a check too. In
 * one that `is_old`, written before the .vmx was changed, they are warnings. -ENOMEM. */
_nodiscard_ int vm_check_log(const Vm *vm, const char *log, bool is_old);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Vm: whether a virtual machine's configuration is fit for macOS on a machine, and what would make
 * it so. Pure: the .vmx is given as a Dictionary, the log as text. What macOS needs is public
 * knowledge of those who run it in VMware. */

#include "doctor/check.h"
#include "doctor/host-checks.h"
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
        unsigned darwin;    /* that guestOS says, or seems to say */
        bool guest_is_read; /* VMware reads it, too */
        char *guest;        /* "macOS 13" */
        char *signs; /* of OpenCore: "sata0:1.fileName (line 12)"; NULL when there are none */
        unsigned smc_off_line, encrypted_line; /* 0 when no line says so */
} Vm;

void vm_done(Vm *vm);

/* Whether any line sets what only a virtual machine has. */
bool vm_is_configuration(const Dictionary *file);

/* Sets `kind` and what it goes with; needs `file` alone. -ENOMEM. */
_nodiscard_ int vm_find_kind(Vm *vm);

/* Adds the checks that hold for its kind. `fixed` stays as it was unless the kind is
 * VM_KIND_PATCH or VM_KIND_OTHER. -ENOMEM. */
_nodiscard_ int vm_check(Vm *vm);

/* What changed after the last start, of which the log tells. */
typedef struct LogAge {
        bool before_vmx, before_vmware;
} LogAge;

/* Looks for VMware's sentences of known errors in (the end of) vmware.log; none is a check too.
 * What a later change may have mended is a warning. -ENOMEM. */
_nodiscard_ int vm_check_log(const Vm *vm, const char *log, LogAge age);

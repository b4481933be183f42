/* SPDX-License-Identifier: MIT */
#pragma once

/* Vm: a virtual machine's configuration while it is judged (vm-checks.h), and what was found. Pure:
 * the .vmx is given as a Dictionary, the log as text. What macOS needs is public knowledge of those
 * who run it in VMware. */

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

const char *vm_kind_name(VmKind kind); /* "patch", …: stable, for JSON */

/* What to do about a check that --fix corrects. */
#define VM_FIX "run `unlockerctl doctor --fix VM.vmx`"

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
        unsigned smc_off_line,
                encrypted_line; /* 0 when no line says so; the latter of a part, too */
} Vm;

/* Frees what was found. */
void vm_done(Vm *vm);

/* What changed after the last start, of which the log tells. */
typedef struct LogAge {
        bool before_vmx, before_vmware;
} LogAge;

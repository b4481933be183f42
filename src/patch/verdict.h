/* SPDX-License-Identifier: MIT */
#pragma once

/* Verdict: everything the bytes of one file say: its format, which tables it holds, their state,
 * and the plan of edits that would open every gate. Pure: no I/O; the file is untouched. */

#include <stdint.h>

#include "base/fault.h"
#include "file/edit.h"
#include "image/image.h"
#include "patch/gos.h"
#include "patch/smc.h"
#include "patch/state.h"
#include "patch/vmkctl.h"

/* What a file holds. */
typedef enum Subject {
        SUBJECT_NONE,   /* nothing that is known */
        SUBJECT_SMC,    /* vmware-vmx, -debug, -stats */
        SUBJECT_GOS,    /* libvmwarebase */
        SUBJECT_VMKCTL, /* libvmkctl.so */
        _SUBJECT_MAX,
} Subject;

const char *subject_name(Subject subject); /* "SMC tables", "guest list", "smcPresent" */

typedef struct Verdict {
        State state;
        Subject subject;
        Fault fault; /* why the state is unknown */
        ImageFormat format;
        bool format_known;
        char description[96]; /* of the image */
        SmcTables smc;        /* SUBJECT_SMC; borrows from the bytes */
        GosList gos;          /* SUBJECT_GOS */
        VmkctlNames vmkctl;   /* SUBJECT_VMKCTL */
        unsigned gates_open, gates_total;
        ImageChecksum checksum;   /* as the file is now; offset 0: it has none */
        ImageSignature signature; /* kind NULL: it has none */
        bool needs_no_patch;      /* Fusion runs on Apple hosts, where the gates may stay closed */
        Edits plan;               /* empty unless stock or partial, and a patch is needed */
} Verdict;

#define VERDICT_NONE ((Verdict){.state = STATE_UNKNOWN, .fault = FAULT_NONE})

/* Judges `bytes`. With `expected` SUBJECT_NONE it looks for all; else a file that holds
 * another is unknown, REASON_WRONG_KIND, and so is one that needs no patch, REASON_FUSION. Where
 * the file has a checksum, the plan keeps it true; a wrong one alone makes no plan. A judged file
 * is a result, also an unknown one: negative only for -ENOMEM. An empty span is STATE_EMPTY. */
_nodiscard_ int verdict_of(Span bytes, Subject expected, Verdict *ret);
void verdict_done(Verdict *verdict);

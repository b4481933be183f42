/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of `unlockerctl report`. All of them write printable ASCII, and nothing that comes from
 * outside but through public_label(): the text is to be posted. */

#include <stdio.h>

#include "base/span.h"
#include "file/root.h"
#include "patch/verdict.h"

#define REPORT_FILE_MAX 65536U /* bytes about one file */

/* Versions of this program, the kernel, the system and systemd. */
void report_host(FILE *out, const Root *root);

/* The units below `root`, and whether they are enabled and active. */
void report_units(FILE *out, const Root *root);

/* The last events in the journal. -ENOMEM. */
_nodiscard_ int report_events(FILE *out, const char *root);

/* What `bytes` are and, when they are not believed, what is in them; at most REPORT_FILE_MAX.
 * `name` is how the file is called. -ENOMEM. */
_nodiscard_ int report_file(FILE *out, const char *name, Span bytes, const Verdict *verdict);

/* The reason of a fault in words, without its subject, which may be a path. */
void report_fault(FILE *out, const Fault *fault);

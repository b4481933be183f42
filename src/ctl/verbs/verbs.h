/* SPDX-License-Identifier: MIT */
#pragma once

/* Every command: the one that each file of its name defines. */

#include "ctl/frame/verb.h"

extern const Verb verb_status;
extern const Verb verb_patch;
extern const Verb verb_restore;
extern const Verb verb_patch_file;
extern const Verb verb_inspect;
extern const Verb verb_dump_smc;
extern const Verb verb_list;
extern const Verb verb_verify;
extern const Verb verb_hold;
extern const Verb verb_release;
extern const Verb verb_prune;
extern const Verb verb_adopt;
extern const Verb verb_report;
extern const Verb verb_doctor;
extern const Verb verb_tools;
extern const Verb verb_missed;
extern const Verb verb_generate;
extern const Verb verb_notify;
extern const Verb verb_complete;

/* SPDX-License-Identifier: MIT */

#include "ctl/verbs.h"
#include "ctl/verbs/verbs.h"

const Verb *const verbs[] = {
        &verb_status, &verb_patch,    &verb_restore,    &verb_hold,     &verb_release,
        &verb_list,   &verb_verify,   &verb_prune,      &verb_adopt,    &verb_inspect,
        &verb_report, &verb_dump_smc, &verb_patch_file, &verb_doctor,   &verb_tools,
        &verb_missed, &verb_generate, &verb_notify,     &verb_complete, NULL,
};

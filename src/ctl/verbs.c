/* SPDX-License-Identifier: MIT */

#include "ctl/frame/verb.h"

const Verb *const verbs[] = {
        &verb_status,   &verb_patch,      &verb_restore,  &verb_hold,    &verb_release,
        &verb_list,     &verb_verify,     &verb_prune,    &verb_inspect, &verb_report,
        &verb_dump_smc, &verb_patch_file, &verb_doctor,   &verb_tools,   &verb_log,
        &verb_missed,   &verb_generate,   &verb_complete, NULL,
};

const Verb *verb_find(const char *name)
{
        for (const Verb *const *verb = verbs; *verb; verb++)
                if (text_equal((*verb)->name, name))
                        return *verb;
        return NULL;
}

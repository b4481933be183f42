/* SPDX-License-Identifier: MIT */

#include "ctl/verb.h"

#define NAME_MAX_COMPARED 24U
#define DISTANCE_MAX      3U

const Verb *const verbs[] = {
        &verb_status, &verb_patch, &verb_restore, &verb_hold,     &verb_release,    &verb_list,
        &verb_verify, &verb_prune, &verb_inspect, &verb_dump_smc, &verb_patch_file, &verb_doctor,
        &verb_tools,  &verb_log,   &verb_missed,  &verb_generate, &verb_complete,   NULL,
};

const Verb *verb_find(const char *name)
{
        for (const Verb *const *verb = verbs; *verb; verb++)
                if (text_equal((*verb)->name, name))
                        return *verb;
        return NULL;
}

/* Letters to insert, remove or replace to make `b` of `a` (Levenshtein). */
static unsigned distance_between(const char *a, const char *b)
{
        unsigned row[NAME_MAX_COMPARED + 1];
        size_t length = strlen(b);

        if (strlen(a) > NAME_MAX_COMPARED || length > NAME_MAX_COMPARED)
                return UINT32_MAX;
        for (unsigned i = 0; i <= length; i++)
                row[i] = i;
        for (unsigned i = 1; a[i - 1]; i++) {
                unsigned diagonal = row[0];

                row[0] = i;
                for (size_t k = 1; k <= length; k++) {
                        unsigned replaced = diagonal + (a[i - 1] != b[k - 1]);
                        unsigned moved = MIN(row[k], row[k - 1]) + 1;

                        diagonal = row[k];
                        row[k] = MIN(replaced, moved);
                }
        }
        return row[length];
}

const Verb *verb_nearest(const char *name)
{
        const Verb *nearest = NULL;
        unsigned least = DISTANCE_MAX;

        for (const Verb *const *verb = verbs; *verb; verb++) {
                unsigned distance = distance_between(name, (*verb)->name);

                if (!(*verb)->summary)
                        continue;
                if (*name && text_starts((*verb)->name, name))
                        distance = 0;
                if (distance < least && distance < strlen((*verb)->name)) {
                        nearest = *verb;
                        least = distance;
                }
        }
        return nearest;
}

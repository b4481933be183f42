/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/verbs/sample-file.h"
#include "file/atomic-file.h"
#include "file/directory.h"
#include "file/text-file.h"
#include "swap/patch-file.h"

/* What runs that were killed left of this file. */
static void leftovers_remove(const Place *place)
{
        _cleanup_(texts_done) Texts names = {};

        if (directory_names(place->dir_fd, &names) < 0)
                return;
        for (size_t i = 0; i < names.count; i++)
                if (temporary_name_is(names.items[i], place->name))
                        (void)unlinkat(place->dir_fd, names.items[i], 0);
}

int sample_file_write(const char *path, const Standing *standings, size_t count, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *samples = NULL;
        size_t size = 0;
        int r = single_output_place(path, &place, fault);
        FILE *out;

        if (r < 0)
                return r;
        leftovers_remove(&place);
        out = open_memstream(&samples, &size);
        if (!out) {
                (void)unlinkat(place.dir_fd, place.name, 0);
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        }
        r = standings_show_prometheus(out, standings, count);
        if (fclose(out) != 0)
                r = -ENOMEM;
        /* After a crash of the machine there is nothing of use in it: not durable. */
        if (r >= 0)
                r = text_file_write(place.dir_fd, place.name, samples, false);
        if (r >= 0)
                return 0;
        (void)unlinkat(place.dir_fd, place.name, 0);
        return fault_set(fault, r, r == -ENOMEM ? REASON_NO_MEMORY : REASON_WRITE, "%s", path);
}

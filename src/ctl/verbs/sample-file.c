/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/verbs/sample-file.h"
#include "file/atomic-file.h"
#include "file/text-file.h"
#include "swap/patch-file.h"

static int samples_make(const RootStatus *roots, size_t count, char **ret)
{
        size_t size = 0;
        FILE *out = open_memstream(ret, &size);
        int r;

        if (!out)
                return -ENOMEM;
        r = root_statuses_show_prometheus(out, roots, count);
        return fclose(out) == 0 ? r : -ENOMEM;
}

int sample_file_write(const char *path, const RootStatus *roots, size_t count, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *samples = NULL;
        int r = single_output_place(path, &place, fault);

        if (r < 0)
                return r;
        /* What runs that were killed left of this file. */
        (void)!temporary_names_remove(place.dir_fd, place.name);
        r = samples_make(roots, count, &samples);
        /* After a crash of the machine there is nothing of use in it: not durable. */
        if (r >= 0)
                r = text_file_write(place.dir_fd, place.name, samples, false);
        if (r >= 0)
                return 0;
        (void)unlinkat(place.dir_fd, place.name, 0);
        return fault_set(fault, r, REASON_WRITE, "%s", path);
}

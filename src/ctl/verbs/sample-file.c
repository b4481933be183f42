/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/verbs/sample-file.h"
#include "file/text-file.h"
#include "swap/patch-file.h"

int sample_file_write(const char *path, const Standing *standings, size_t count, Fault *fault)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *samples = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&samples, &size);
        int r;

        if (!out)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        r = standings_show_prometheus(out, standings, count);
        if (fclose(out) != 0 || r < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        r = single_output_place(path, &place, fault);
        if (r < 0)
                return r;
        /* After a crash of the machine there is nothing of use in it: not durable. */
        r = text_file_write(place.dir_fd, place.name, samples, false);
        if (r >= 0)
                return 0;
        (void)unlinkat(place.dir_fd, place.name, 0);
        return fault_set(fault, r, REASON_WRITE, "%s", path);
}

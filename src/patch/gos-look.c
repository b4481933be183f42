/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"
#include "patch/gos-look.h"

void gos_look_done(GosLook *look)
{
        free(look->matches);
        free(look->lattices);
        *look = (GosLook){};
}

int gos_look(const Image *image, GosLook *ret)
{
        _cleanup_(gos_matches_done) GosMatches matches = {};
        _cleanup_(gos_look_done) GosLook look = {};
        size_t readings[2] = {};
        uint64_t uneven[2] = {};
        int r = gos_matches_find(image, &matches);

        if (r < 0)
                return r;
        if (matches.count > 0)
                r = gos_read(&matches, &look.lattices, &look.lattice_count, readings);
        look.judged = r >= 0 || r == -ENOTUNIQ;
        if (r == -ENOMEM)
                return r;
        look.has_others = r < 0 || gos_uneven_judge(&matches, uneven) < 0;
        r = gos_uneven_merge(&matches);
        if (r < 0)
                return r;
        look.matches = TAKE_PTR(matches.items);
        look.match_count = matches.count;
        matches.count = 0;
        *ret = look;
        look = (GosLook){};
        return 0;
}

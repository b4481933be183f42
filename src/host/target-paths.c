/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "host/target-paths.h"

static void spot_done(Spot *spot)
{
        free(spot->path);
        free(spot->directory);
}

void spots_done(Spots *spots)
{
        for (size_t i = 0; i < spots->count; i++)
                spot_done(&spots->items[i]);
        free(spots->items);
        *spots = (Spots){};
}

static int add_spot(Spots *spots, const char *libdir, Role role, const char *path)
{
        _cleanup_(spot_done) Spot spot = {.role = role};
        Spot *larger;

        if (text_format(&spot.path, "%s/%s", libdir, path) < 0 ||
            text_copy(&spot.directory, spot.path) < 0)
                return -ENOMEM;
        *strrchr(spot.directory, '/') = '\0';
        larger = reallocarray(spots->items, spots->count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        spots->items = larger;
        larger[spots->count++] = spot;
        spot = (Spot){};
        return 0;
}

int spots_find(const Root *root, Spots *ret, Fault *fault)
{
        _cleanup_(texts_done) Texts libdirs = {};
        _cleanup_(spots_done) Spots spots = {};
        int r = libdirs_find(root, &libdirs, fault);

        if (r < 0)
                return r;
        for (size_t i = 0; i < libdirs.count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        for (size_t k = 0; role_path(role, k); k++) {
                                r = add_spot(&spots, libdirs.items[i], role, role_path(role, k));
                                if (r < 0)
                                        return fault_set(fault, r, REASON_NO_MEMORY, "%s",
                                                         libdirs.items[i]);
                        }
        *ret = spots;
        spots = (Spots){};
        return 0;
}

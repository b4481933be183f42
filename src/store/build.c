/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "store/build.h"

int build_copy(const Build *build, Build *ret)
{
        _cleanup_(build_done) Build copy = {};

        if (text_copy(&copy.product, build->product) < 0 ||
            text_copy(&copy.version, build->version) < 0 ||
            text_copy(&copy.build, build->build) < 0)
                return -ENOMEM;
        *ret = copy;
        copy = (Build){};
        return 0;
}

void build_done(Build *build)
{
        free(build->product);
        free(build->version);
        free(build->build);
        *build = (Build){};
}

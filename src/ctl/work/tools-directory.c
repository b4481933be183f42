/* SPDX-License-Identifier: MIT */

#include "ctl/work/tools-directory.h"
#include "base/text.h"

int tools_directory(const Installation *installation, char **ret)
{
        return text_format(ret, "%s%s", installation->libdir,
                           installation->windows ? "" : "/isoimages");
}

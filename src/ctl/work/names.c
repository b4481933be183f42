/* SPDX-License-Identifier: MIT */

#include "ctl/work/names.h"
#include "base/text.h"

int build_title(const Build *build, char **ret)
{
        return text_format(ret, "%s%s%s%s%s%s", build->product ? build->product : "VMware",
                           build->version ? " " : "", build->version ? build->version : "",
                           build->build ? " (build " : "", build->build ? build->build : "",
                           build->build ? ")" : "");
}

int path_in_root(const char *root, const char *path, char **ret)
{
        size_t length = strlen(root);

        while (length > 0 && root[length - 1] == '/')
                length--;
        return text_format(ret, "%.*s/%s", (int)length, root, path);
}

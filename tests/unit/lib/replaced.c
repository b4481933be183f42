/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "replaced.h"

char *replaced(const char *text, const char *from, const char *to)
{
        const char *at = strstr(text, from);
        char *result = NULL;

        if (!at ||
            text_format(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
                abort();
        return result;
}

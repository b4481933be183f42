/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/macros.h"
#include "base/text.h"
#include "doctor/line-list.h"

void line_list_add(LineList *list, unsigned number)
{
        if (list->count < LINE_LIST_SHOWN)
                list->shown[list->count] = number;
        list->count++;
}

void line_list_text(const LineList *list, char ret[LINE_LIST_SIZE])
{
        size_t shown = MIN(list->count, LINE_LIST_SHOWN), length = 0;

        *ret = '\0';
        for (size_t i = 0; i < shown; i++) {
                text_put(ret + length, LINE_LIST_SIZE - length, "%s%u",
                         i == 0                 ? ""
                         : i + 1 == list->count ? " and "
                                                : ", ",
                         list->shown[i]);
                length = strlen(ret);
        }
        if (list->count > shown)
                text_put(ret + length, LINE_LIST_SIZE - length, " and %zu more",
                         list->count - shown);
}

/* SPDX-License-Identifier: MIT */

/* Prints the table of reasons: id, why, what to do, tabs between them. */

#include <stdio.h>

#include "base/reason.h"

int main(void)
{
        for (Reason reason = REASON_NONE + 1; reason < _REASON_MAX; reason++) {
                const ReasonText *text = reason_text(reason);

                printf("%s\t%s\t%s\n", text->id, text->why, text->todo);
        }
        return 0;
}

/* SPDX-License-Identifier: MIT */

/* Prints the table of doctor's checks: of the computer or of a vm, id, the manual's text; tabs
 * between them. */

#include <stdio.h>

#include "doctor/check.h"

int main(void)
{
        for (CheckId id = 0; id < _CHECK_ID_MAX; id++)
                printf("%s\t%s\t%s\n", check_id_is_of_vm(id) ? "vm" : "computer", check_id_name(id),
                       check_id_manual(id));
        return 0;
}

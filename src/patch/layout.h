/* SPDX-License-Identifier: MIT */
#pragma once

/* Layout: in what the tables or the guest list of a file differ from every one that was seen. Only
 * said, to people who may want to look twice: it decides nothing. */

#include "patch/verdict.h"

#define LAYOUT_SIZE 128U

/* The differences, as in "stride 72, 3 groups"; "" when there is none. */
void layout_differences(const Verdict *verdict, char ret[static LAYOUT_SIZE]);

/* SPDX-License-Identifier: MIT */
#pragma once

/* LineList: the numbers of lines as a sentence names them: "6", "6 and 17", "6, 17 and 30",
 * "6, 17, 30 and 12 more". */

#include <stddef.h>

#define LINE_LIST_SHOWN 8U   /* numbers that are named; the rest is counted */
#define LINE_LIST_SIZE  128U /* bytes for any list as text */

typedef struct LineList {
        unsigned shown[LINE_LIST_SHOWN];
        size_t count; /* of all that were added */
} LineList;

/* Adds one, in the order in which they are to be named. */
void line_list_add(LineList *list, unsigned number);

/* The sentence's part; "" of an empty list. */
void line_list_text(const LineList *list, char ret[LINE_LIST_SIZE]);

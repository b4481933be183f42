/* SPDX-License-Identifier: MIT */
#pragma once

/* Help: the words of --help, made from the tables of the verbs; no line is longer than 80 columns.
 */

#include "ctl/frame/context.h"

/* Prints the help of the context's verb, or of the program where there is none, on standard output.
 */
void help_print(const Context *context);

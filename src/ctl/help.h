/* SPDX-License-Identifier: MIT */
#pragma once

/* Help: the words of --help, made from the tables of the verbs; no line is longer than 80 columns.
 */

#include "ctl/frame/verb.h"

/* Prints the help of `verb`, or of the program when it is NULL, on standard output. */
void help_print(const Verb *verb);

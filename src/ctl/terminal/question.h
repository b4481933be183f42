/* SPDX-License-Identifier: MIT */
#pragma once

/* Question: what a person at the terminal is asked. */

#include <stdbool.h>

#include "base/macros.h"

/* Prints the question, with "[y/N]" behind it, and waits for a line: whether it begins with "y".
 * Call it only where standard input is a terminal. */
_printf_(1, 2) bool question_is_agreed(const char *format, ...);

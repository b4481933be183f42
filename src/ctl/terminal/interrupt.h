/* SPDX-License-Identifier: MIT */
#pragma once

/* Interrupt: what a person at the terminal is told when Ctrl-C, or SIGTERM, ends a command. The
 * signal ends it at once, as it does a program that knows nothing of it: what is on the disk is
 * whole at any moment. */

#include "ctl/frame/context.h"

/* From now on the line of progress is erased and a sentence about the context's verb is printed,
 * before the signal ends the program. Nothing where standard error is no terminal, or the signal is
 * ignored. The context's verb must be known. */
void interrupt_listen(const Context *context);

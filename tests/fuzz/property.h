/* SPDX-License-Identifier: MIT */
#pragma once

/* What must hold for the verdict on any file. */

#include "patch/verdict.h"

/* Judges the bytes. A plan lies inside the file and finds its `before` there; once it is applied to
 * a copy, the same code finds every gate open and nothing left to do. */
void check_plan(Span bytes, Subject expected);

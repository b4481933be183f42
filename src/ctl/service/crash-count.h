/* SPDX-License-Identifier: MIT */
#pragma once

/* CrashCount: how many runs in a row began and did not end, noted below /run. */

#include "file/root.h"

#define CRASHES_MAX 5U

/* Whether there were too many of them; else this run is counted. */
bool crash_count_exceeded(const Root *root);

/* This run finished. */
void crash_count_reset(const Root *root);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Clock: how long something takes. Nobody can set it. */

#include <stdint.h>

/* Milliseconds since some moment, CLOCK_MONOTONIC. */
int64_t clock_now_ms(void);

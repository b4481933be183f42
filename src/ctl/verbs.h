/* SPDX-License-Identifier: MIT */
#pragma once

#include "ctl/frame/verb.h"

/* All verbs, as the help has them. */
extern const Verb *const verbs[];

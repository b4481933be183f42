/* SPDX-License-Identifier: MIT */
#pragma once

/* What patch-file did to one file, as JSON. */

#include "base/fault.h"
#include "ctl/render/json.h"
#include "swap/patch-file.h"

/* Adds "path", "output" (NULL becomes null), "holds", both states, "written", the reason and
 * "edits" to `item`. `result` is NULL where nothing came of it. */
void single_json_add(Json *item, const char *path, const char *output, const FileResult *result,
                     const Fault *fault);

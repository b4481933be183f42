/* SPDX-License-Identifier: MIT */
#pragma once

/* Edits as JSON. */

#include "base/edit.h"
#include "ctl/json.h"

/* [{"offset", "before", "after", "why"}], bytes in full, as hexadecimal text. */
void edits_json_add(Json *parent, const char *key, const Edits *edits);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Edits as JSON. */

#include "ctl/render/json.h"
#include "file/edit.h"

/* [{"offset", "before", "after", "why"}], bytes in full, as hexadecimal text. */
void edits_json_add(Json *parent, const char *key, const Edits *edits);

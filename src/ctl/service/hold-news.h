/* SPDX-License-Identifier: MIT */
#pragma once

/* HoldNews: whether automatic patching is on hold, said when it begins and when it ends. */

#include "file/root.h"

/* Whether it is on hold; not where that cannot be read. */
bool hold_is_set(const Root *root);

/* The same; says once that it is held, and once that it no longer is. */
bool hold_look_and_tell(const Root *root);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Directory: the names in one. */

#include "base/text.h"

/* All names but "." and "..", ascending by byte, whatever they stand for; `dir_fd` keeps its
 * position. An error while reading is one, never a short list. */
_nodiscard_ int directory_names(int dir_fd, Texts *ret);

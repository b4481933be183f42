/* SPDX-License-Identifier: MIT */
#pragma once

/* The file of a document. */

#include "base/macros.h"
#include "base/span.h"

/* Puts `text` and a newline under `name`, in the place of what is there: durable, and readable by
 * everybody. Negative errno. */
_nodiscard_ int document_write(int dir_fd, const char *name, Span text);

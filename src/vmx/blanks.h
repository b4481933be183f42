/* SPDX-License-Identifier: MIT */
#pragma once

/* Blanks that are none to VMware: no-break spaces and others of Unicode, as web pages have them. At
 * the ends of a name or a value VMware takes them for a part of it. */

#include "vmx/dictionary.h"

/* The line, with its end, with plain blanks in their place, in a new string; NULL where none is at
 * an end. -ENOMEM. */
_nodiscard_ int line_plain_blanks(const DictionaryLine *line, char **ret);

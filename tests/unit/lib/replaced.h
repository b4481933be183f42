/* SPDX-License-Identifier: MIT */
#pragma once

/* replaced: a sound document made wrong in one place. */

/* A new copy of `text` with the first `from` in it as `to`; owned by the caller. Ends the test when
 * `from` is not there: a case that changes nothing would try nothing. */
char *replaced(const char *text, const char *from, const char *to);

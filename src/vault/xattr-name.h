/* SPDX-License-Identifier: MIT */
#pragma once

/* Undoes, in place, the escapes of the name of an extended attribute: "%3D" for a byte that the
 * keyword of a pax header cannot hold. A "%" before anything else stays. */
void xattr_name_unescape(char *name);

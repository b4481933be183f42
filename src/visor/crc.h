/* SPDX-License-Identifier: MIT */
#pragma once

/* Crc: the CRC-32 of RFC 1952, section 8, with which a gzip file ends; libarchive does not compare
 * it. Pure. */

#include <stdint.h>

#include "base/span.h"

/* That of all bytes that made `crc` (0: none yet) and of these. */
_nodiscard_ uint32_t crc_more(uint32_t crc, Span bytes);

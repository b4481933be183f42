/* SPDX-License-Identifier: MIT */
#pragma once

/* Crc: the CRC-32 of RFC 1952, section 8, with which a gzip file ends; libarchive does not compare
 * it. Pure. */

#include <stdint.h>

#include "base/span.h"

_nodiscard_ uint32_t crc_of(Span bytes);

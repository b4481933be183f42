/* SPDX-License-Identifier: MIT */
#pragma once

/* Header: one block of 512 bytes of a boot module, decoded and encoded. Pure.
 *
 * ESXi's modules are tarballs of a kind of their own, "visor": ustar with another magic, a shorter
 * prefix, and where the file's bytes are. All headers come first, the bytes behind them, those of
 * each file from a page on:
 *
 *     0x000 name       100 bytes    0x09c type         1 byte       0x159 prefix         151 bytes
 *     0x064 mode         8          0x09d link name  100            0x1f0 offset          le32
 *     0x06c owner        8          0x101 magic        8            0x1f4 text offset     le32
 *     0x074 group        8          0x109 owner name  32            0x1f8 text size       le32
 *     0x07c size        12          0x129 group name  32            0x1fc fix-up pages    le32
 *     0x088 mtime       12          0x149 device     2 * 8
 *     0x094 checksum     8
 *
 * The magic is "visor  ". Offsets count from the beginning of the unpacked module; 0: the bytes
 * follow the header, as in any tarball. The fields are those that vtar of JonathonReinhart's
 * vmware-utils and util/vmtar.py of fox-it's dissect.hypervisor read. Old releases take plain ustar
 * as well, whose prefix is 155 bytes long. */

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define BLOCK_SIZE 512U

#define HEADER_NAME_MAX   100U
#define HEADER_PREFIX_MAX 151U /* of a visor header */
#define HEADER_LINK_MAX   100U
#define HEADER_SIZE_MAX   ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

typedef enum ModuleFormat {
        MODULE_VISOR,
        MODULE_USTAR,
} ModuleFormat;

typedef struct Header {
        ModuleFormat format;
        char name[HEADER_NAME_MAX + 1];
        char prefix[156];
        char link[HEADER_LINK_MAX + 1];
        char type; /* '0': a file, '5': a directory, … */
        uint64_t mode, uid, gid, size, mtime;
        uint32_t offset, text_offset, text_size, fixup_pages;
} Header;

/* Whether a header of either format begins there. */
bool header_begins(Span bytes, ModuleFormat *ret);

/* Decodes the first block of `bytes`. `*ret_why` is what is wrong with it, in three or four words,
 * where the result is -EBADMSG. */
_nodiscard_ int header_decode(Span bytes, Header *ret, const char **ret_why);

/* Puts `path` into name and prefix; as much as fits goes into the name. -ENAMETOOLONG when no slash
 * is where it could be cut. */
_nodiscard_ int header_set_path(Header *header, const char *path);

/* The visor header; owner and group are root, named so. */
void header_encode(const Header *header, uint8_t ret[static BLOCK_SIZE]);

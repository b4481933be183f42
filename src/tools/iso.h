/* SPDX-License-Identifier: MIT */
#pragma once

/* Iso: VMware's images of guest tools for macOS: which there are, and what a file is by its
 * content.
 *
 * An image is an ISO 9660 volume (ECMA-119): sector 16, that is file offset 32768, begins with a
 * type and "CD001". Known ones are told by their SHA-256, as published. */

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "file/digest.h"

typedef enum IsoKind {
        ISO_DARWIN,
        ISO_DARWIN_PRE15,
        _ISO_MAX,
} IsoKind;

const char *iso_name(IsoKind kind);    /* "darwin.iso": what VMware looks for in isoimages */
const char *iso_guests(IsoKind kind);  /* "OS X 10.11 and later" */
const char *iso_address(IsoKind kind); /* where the vendor offers it */

/* Whether an image of this digest is known, and which it is. */
bool iso_is_known(const Digest *digest, IsoKind *ret);

/* Whether `name` is that of one, in capitals or not. */
bool iso_of_name(const char *name, IsoKind *ret);

#define ISO_HEAD_SIZE 34816U /* bytes of a file that tell whether it is one */
#define ISO_SIZE_MAX  (UINT64_C(256) * 1024 * 1024) /* no such image is as large */

typedef struct IsoVolume {
        char label[33]; /* printable; "" when there is none */
        uint64_t size;  /* in bytes, as the volume says; 0 when it does not */
} IsoVolume;

/* Whether a file that begins with `head` is an ISO 9660 image. */
bool iso_begins(Span head, IsoVolume *ret);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Image: what a binary holds, as its loader sees it. Read-only and pure: bytes in, answers out, no
 * I/O. Every number that comes from the file is checked before it is used. */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/macros.h"
#include "base/span.h"
#include "file/edit.h"
#include "image/ranges.h"
#include "image/types.h"

/* Whether the content begins as a known format, damaged or not; else nothing is set. */
bool image_recognise(Span bytes, ImageFormat *ret);

/* Recognises the format from the content and checks the headers. `bytes` stay the caller's and must
 * outlive the image. -EBADMSG with an IMAGE reason, -ENOMEM. */
_nodiscard_ int image_open(Span bytes, Image **ret, Fault *fault);
void image_free(Image *image);
DEFINE_FREEP(Image, image_free);

/* What it is, for programs and for people. */
ImageFormat image_format(const Image *image);
const char *image_format_name(ImageFormat format); /* "ELF" */
const char *image_description(
        const Image *image); /* "ELF 64-bit x86-64, position-independent, RELA" */
Span image_bytes(const Image *image);

/* Its programs run on Apple's machines alone, where VMware needs no patch. */
bool image_is_for_apple(const Image *image);

/* Position-independent: the loader may slide it. */
bool image_is_relocatable(const Image *image);

/* What the file is called for the dynamic linker (DT_SONAME), without its NUL; empty when it has no
 * such name. Borrowed from the bytes. */
Span image_soname(const Image *image);

/* Number of relocation entries (RELA) and, separately, fields that DT_RELR covers. */
uint64_t image_rela_count(const Image *image);
uint64_t image_relr_count(const Image *image);

/* The checksum as it should be once `edits` are made, which must fit the bytes: 1; 0 when the
 * format or the file has none. A field of zero means that nobody ever set it, and is none. */
int image_checksum(const Image *image, const Edits *edits, ImageChecksum *ret);

/* The signature that edits make invalid; its `kind` is NULL where there is none. */
ImageSignature image_signature(const Image *image);

/* The pointer at `address`. -ERANGE when the field is not in the file; -EBADMSG with
 * REASON_IMAGE_RELOCATION when a relocation other than one that makes a plain pointer covers it,
 * one covers only a part of it, several cover it, or it lies in a table of relocations. */
_nodiscard_ int image_pointer_at(const Image *image, uint64_t address, ImagePointer *ret,
                                 Fault *fault);

/* Calls `found` for each 8-aligned pointer whose value lies in one of `targets`, which ascend and
 * do not meet, in writable ranges; in all ranges when the file has a fixed address or no
 * relocations, or is PE. One pass over the relocations, one over the bytes, whatever the number of
 * targets; a field that a relocation writes does not count. What is found is a candidate:
 * image_pointer_at() may still refuse it. `found` returns 0 to go on, negative to stop with that
 * result. -ENOMEM. */
typedef int (*image_pointer_found)(uint64_t address, uint64_t value, void *context);
_nodiscard_ int image_find_pointers(const Image *image, const AddressRange *targets,
                                    size_t target_count, image_pointer_found found, void *context);

/* The values of `count` pointers, the first at `address`, each `stride` bytes (at least 8) after
 * the one before; all of them lie in one range. UINT64_MAX for one whose value is not known; of
 * several relocations that write one, the last counts, as for a loader. A binary search of the
 * relocations that ascend, one pass over the rest. -ERANGE. */
_nodiscard_ int image_pointers_at(const Image *image, uint64_t address, uint64_t stride,
                                  size_t count, uint64_t *ret_values);

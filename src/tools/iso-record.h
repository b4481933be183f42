/* SPDX-License-Identifier: MIT */
#pragma once

/* IsoRecord: that an image was put into an installation: tools/<name>-<digits>.json in the store,
 * one for each path and content, so that a record can never speak of other bytes.
 *
 *     { "format": 1, "path": "usr/lib/vmware/isoimages/darwin.iso", "sha256": …, "size": 4000000,
 *       "known": true,                  whether its digest was a known one
 *       "directory_made": false,        isoimages itself was ours to make
 *       "tool_version": …, "installed_at": 1750000000 }      seconds since the epoch
 *
 * Its last component is always the name of such an image: nothing else can be removed by it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "file/digest.h"
#include "file/root.h"

#define ISO_RECORDS_PATH "var/lib/vmware-unlocker/tools" /* inside the root */

typedef struct IsoRecord {
        char *path; /* from the root, no leading slash */
        Digest digest;
        uint64_t size; /* in bytes */
        bool known, directory_made;
        int64_t installed_at; /* seconds since the epoch */
} IsoRecord;

typedef struct IsoRecords {
        IsoRecord *items;
        size_t count;
        Texts damaged; /* names of those that could not be read, and are left alone */
} IsoRecords;

void iso_record_done(IsoRecord *record);
void iso_records_done(IsoRecords *records);

/* All of them, by name; none where there is no store. -ENOMEM, REASON_STORE. */
_nodiscard_ int iso_records_read(const Root *root, IsoRecords *ret, Fault *fault);

/* The one of this path and content; NULL when there is none. */
const IsoRecord *iso_records_find(const IsoRecords *records, const char *path,
                                  const Digest *digest);

/* Durable. Both need the store's lock. */
_nodiscard_ int iso_record_write(const Root *root, const IsoRecord *record, Fault *fault);
_nodiscard_ int iso_record_remove(const Root *root, const IsoRecord *record, Fault *fault);

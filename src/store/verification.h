/* SPDX-License-Identifier: MIT */
#pragma once

/* Verification: when the originals were last verified, and which archives were damaged then. The
 * file "verified.json" of the store, which `verify --record` writes:
 *
 *     {"format": 1, "verified_at": 1790000000, "damaged": ["vmware-…tar.zst"]}
 */

#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "store/store.h"

typedef struct Verification {
        int64_t verified_at; /* seconds since the epoch; 0: never, or not known */
        Texts damaged;       /* file names of archives */
} Verification;

void verification_done(Verification *verification);

/* Of the archives that were damaged, those that are still there. A record that is missing, cannot
 * be read or is not sound is a verification that never was. -ENOMEM. */
_nodiscard_ int verification_read(const Store *store, Verification *ret);

/* Durable. Needs the lock. REASON_WRITE. */
_nodiscard_ int verification_write(Store *store, const Verification *verification, Fault *fault);

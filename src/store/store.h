/* SPDX-License-Identifier: MIT */
#pragma once

/* Store: /var/lib/vmware-unlocker of a root: originals/, receipts/, the hold marker, the
 * record of the last verification, the lock.
 *
 * Directories are 0755 and files 0644, so that an ordinary user's status can say whether originals
 * are kept; an archive that holds a file which not everybody may read is 0600, and so is the lock.
 * The store knows nothing about patches. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/macros.h"
#include "file/root.h"
#include "store/hold.h"

#define STORE_PATH "var/lib/vmware-unlocker" /* inside the root */

typedef struct Store Store;

typedef enum StoreMode {
        STORE_READ,  /* changes nothing; a store that does not exist is an empty one */
        STORE_WRITE, /* makes the directories, and demands trust */
} StoreMode;

/* REASON_STORE, REASON_READ_ONLY, REASON_NOT_TRUSTED, REASON_ROOT_PATH. `root` stays the caller's
 * and must outlive it. */
_nodiscard_ int store_open(const Root *root, StoreMode mode, Store **ret, Fault *fault);
void store_free(Store *store); /* releases the lock too */
DEFINE_FREEP(Store, store_free);

/* From now on only what root or the caller can have written is believed: the directories of the
 * store at once, each archive when it is opened. -EPERM with REASON_NOT_TRUSTED. */
_nodiscard_ int store_demand_trust(Store *store, const Root *root, Fault *fault);
bool store_demands_trust(const Store *store);

/* `name` of the store, "receipts/…", as people see it, in a new string; with "" the store. */
_nodiscard_ int store_show(const Store *store, const char *name, char **ret);

/* Fills `fault` as fault_set() does. Its subject is `name`, as store_show() writes it. */
int store_fault(const Store *store, Fault *fault, int error, Reason reason, const char *name);

/* Directory fds, borrowed; -ENOENT when the store does not exist (STORE_READ). */
int store_directory_fd(const Store *store);
int store_originals_fd(const Store *store);
int store_receipts_fd(const Store *store);

/* Takes the exclusive flock on the store (its file "lock" also names the holder). When somebody has
 * it, calls `waiting` (may be NULL) once with the holder's pid (0 when unknown) and waits at most
 * `timeout_ms` (-1: for ever), or until stop_is_asked(). -EBUSY with REASON_STORE_BUSY; subject is
 * the holder. */
typedef void (*store_waiting)(pid_t holder, void *context);
_nodiscard_ int store_lock(Store *store, int timeout_ms, store_waiting waiting, void *context,
                           Fault *fault);

/* Removes what a killed run left in the store: temporary names. Needs the lock. Returns how many.
 */
_nodiscard_ int store_clean(Store *store, Fault *fault);

/* Whether there is nothing that store_clean() would remove; needs no lock. */
bool store_is_clean(const Store *store);

/* The hold: while the marker exists nothing is patched automatically. */
Hold store_hold(const Store *store);
bool store_is_held(const Store *store);
/* HOLD_NONE ends it. A hold that is there stays as it is, but a person's takes the place of a
 * removal's. Needs the lock. */
_nodiscard_ int store_set_hold(Store *store, HoldWhy why, Fault *fault);

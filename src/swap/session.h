/* SPDX-License-Identifier: MIT */
#pragma once

/* Session: one root with what is in it: VMware's installations, the store, the archives.
 *
 *     session_open(path, STORE_WRITE, …)   without the archives
 *     session_lock(…)       waits for another run, then removes what a killed one left, and reads
 *                           the archives
 *     patch_installation(…) / restore_installation(…) for each installation
 *     session_free(…)
 *
 * Reading verbs open it with STORE_READ and never lock. */

#include "file/root.h"
#include "host/installation.h"
#include "store/judged.h"
#include "store/store.h"
#include "vault/extractor.h"
#include "vault/vault.h"

/* A file beside a target that an interrupted run left and that is not proved to be ours. */
typedef struct Stray {
        char *path;    /* from the root, no leading slash */
        bool put_back; /* it has the target's name again; else it stays as it is */
        Fault fault;   /* REASON_LEFTOVER */
} Stray;

typedef struct Strays {
        Stray *items;
        size_t count;
} Strays;

void strays_done(Strays *strays);

typedef struct Session {
        Root root;
        Store *store;
        Extractor *extractor; /* of the store; remembers where it was */
        bool extracts_more;   /* whoever extracts an original will ask for another one */
        Installations installations;
        Archives archives;
        size_t archives_damaged; /* that could not be read, but for those that are denied */
        Fault archive_fault;     /* why, for the last of them */
        Strays strays;           /* that session_lock() met */
        Judged judged;           /* once recall_known() was asked */
        bool judged_known;
} Session;

/* `root` is a path. With STORE_WRITE the archives are left to session_lock(). -ENOMEM, and what
 * root_open(), installations_find(), store_open() and vault_list() give. */
_nodiscard_ int session_open(const char *root, StoreMode mode, Session **ret, Fault *fault);

/* With STORE_READ and without the archives, which cost more to read than all else together: for a
 * first look. session_read_archives() adds them. */
_nodiscard_ int session_open_bare(const char *root, Session **ret, Fault *fault);

/* With STORE_READ and, as far as it is up to date, what the store's index says of the archives: for
 * what is only shown. */
_nodiscard_ int session_open_shown(const char *root, Session **ret, Fault *fault);
void session_free(Session *session);
DEFINE_FREEP(Session, session_free);

/* Whether an archive could not be read, damaged or denied: what it holds is not known. */
static inline bool session_lacks_archives(const Session *session)
{
        return session->archives_damaged > 0 || session->archives.denied > 0;
}

/* From now on only what root or the caller can have written is believed, and written beside: see
 * store_demand_trust(). -EPERM with REASON_NOT_TRUSTED. */
_nodiscard_ int session_demand_trust(const Session *session, Fault *fault);

/* Looks for the installations again; all pointers into `installations` end. */
_nodiscard_ int session_find_installations(Session *session, Fault *fault);

/* Reads the list of archives, or reads it again, after one was added or removed: of those that it
 * has only the status. */
_nodiscard_ int session_read_archives(Session *session, Fault *fault);

/* The build of an installation as the store names it; strings borrowed. */
Build session_build(const Installation *installation);

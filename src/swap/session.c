/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "file/trust.h"
#include "swap/session.h"
#include "vault/archive-index.h"

void strays_done(Strays *strays)
{
        for (size_t i = 0; i < strays->count; i++)
                free(strays->items[i].path);
        free(strays->items);
        *strays = (Strays){};
}

void session_free(Session *session)
{
        if (!session)
                return;
        strays_done(&session->strays);
        extractor_free(session->extractor);
        archives_done(&session->archives);
        installations_done(&session->installations);
        store_free(session->store);
        root_done(&session->root);
        free(session);
}

static int read_archives(Session *session, const Archives *known, Fault *fault)
{
        Archives archives;
        size_t damaged;
        Fault why = FAULT_NONE;
        int r = vault_list_again(session->store, known, &archives, &damaged, &why);

        if (r < 0) {
                if (fault)
                        *fault = why;
                return r;
        }
        archives_done(&session->archives);
        session->archives = archives;
        session->archives_damaged = damaged;
        session->archive_fault = why;
        return 0;
}

int session_read_archives(Session *session, Fault *fault)
{
        return read_archives(session, &session->archives, fault);
}

int session_find_installations(Session *session, Fault *fault)
{
        Installations found;
        int r = installations_find(&session->root, &found, fault);

        if (r < 0)
                return r;
        installations_done(&session->installations);
        session->installations = found;
        return 0;
}

/* How the archives are listed when a session is opened. */
typedef enum ArchiveLook {
        ARCHIVES_UNLISTED,
        ARCHIVES_OPENED,  /* each is opened */
        ARCHIVES_INDEXED, /* but for those of the index */
} ArchiveLook;

static int list_archives(Session *session, ArchiveLook look, Fault *fault)
{
        _cleanup_(archives_done) Archives known = {};

        if (look == ARCHIVES_UNLISTED)
                return 0;
        if (look == ARCHIVES_INDEXED && archive_index_read(session->store, &known) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", session->root.path);
        return read_archives(session, &known, fault);
}

static int open_session(const char *root, StoreMode mode, ArchiveLook look, Session **ret,
                        Fault *fault)
{
        _cleanup_(session_freep) Session *session = calloc(1, sizeof(*session));
        int r;

        if (!session)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", root);
        session->root = ROOT_NONE;
        r = root_open(root, &session->root, fault);
        if (r < 0)
                return r;
        r = session_find_installations(session, fault);
        if (r < 0)
                return r;
        r = store_open(&session->root, mode, &session->store, fault);
        if (r < 0)
                return r;
        r = extractor_new(session->store, &session->extractor);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", root);
        r = list_archives(session, look, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(session);
        return 0;
}

int session_open_bare(const char *root, Session **ret, Fault *fault)
{
        return open_session(root, STORE_READ, ARCHIVES_UNLISTED, ret, fault);
}

int session_open(const char *root, StoreMode mode, Session **ret, Fault *fault)
{
        return open_session(root, mode, mode == STORE_READ ? ARCHIVES_OPENED : ARCHIVES_UNLISTED,
                            ret, fault);
}

int session_open_shown(const char *root, Session **ret, Fault *fault)
{
        return open_session(root, STORE_READ, ARCHIVES_INDEXED, ret, fault);
}

int session_demand_trust(const Session *session, Fault *fault)
{
        int r = store_demand_trust(session->store, &session->root, fault);

        for (size_t i = 0; r >= 0 && i < session->installations.count; i++)
                for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++) {
                        const Place *place = &session->installations.items[i].targets[role].place;

                        if (place->dir_fd >= 0)
                                r = trust_directory(&session->root, place->dir_fd, fault);
                }
        return r;
}

Build session_build(const Installation *installation)
{
        return (Build){.product = installation->product,
                       .version = installation->version,
                       .build = installation->build};
}

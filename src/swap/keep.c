/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/room.h"
#include "base/text.h"
#include "swap/keep.h"

/* What is to be kept of one installation. */
typedef struct Stock {
        Session *session;
        const Installation *installation;
        const bool *wanted;
        const KeepMeanwhile *meanwhile;
        InstallationResult *result;
        Inspection *items[_ROLE_MAX]; /* borrowed; those that were given up are taken out */
        size_t count;
        Keeps keeps;
} Stock;

static void stock_done(Stock *stock)
{
        keeps_done(&stock->keeps);
}

/* It stays as it is; the others go on without it. */
static void stock_give_up(Stock *stock, size_t index, int error, const Fault *fault)
{
        Role role = stock->items[index]->target->role;

        if (stock->wanted[role])
                target_result_fail(&stock->result->targets[role], error, fault);
        stock->count--;
        for (size_t i = index; i < stock->count; i++)
                stock->items[i] = stock->items[i + 1];
}

/* All at once, because that is faster; what fails is asked again, for its own reason. */
static int stock_digest(Stock *stock)
{
        (void)inspections_digest(stock->items, stock->count, NULL);
        for (size_t i = stock->count; i-- > 0;) {
                Fault fault = FAULT_NONE;
                int r = inspection_digest(stock->items[i], &fault);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        stock_give_up(stock, i, r, &fault);
        }
        return 0;
}

static int keeps_join(Keeps *keeps, Keeps *more)
{
        KeptIn *items = reallocarray(keeps->items, keeps->count + more->count, sizeof(*items));

        if (!items)
                return -ENOMEM;
        keeps->items = items;
        for (size_t i = 0; i < more->count; i++)
                keeps->items[keeps->count++] = more->items[i];
        free(more->items);
        *more = (Keeps){};
        return 0;
}

/* `count` of the files, from number `first` on, in one archive as far as they are not kept. */
static int stock_keep(Stock *stock, size_t first, size_t count, Fault *fault)
{
        _cleanup_(keeps_done) Keeps keeps = {};
        const Build build = session_build(stock->installation);
        VaultItem items[_ROLE_MAX];
        int r;

        for (size_t i = 0; i < count; i++) {
                const Inspection *inspection = stock->items[first + i];

                items[i] = (VaultItem){.fd = inspection->fd,
                                       .path = inspection->target->place.path,
                                       .role = role_name(inspection->target->role),
                                       .size = (uint64_t)inspection->stat.st_size,
                                       .digest = inspection->digest};
        }
        r = vault_keep_beside(stock->session->store, &build, &stock->session->archives, items,
                              count, stock->meanwhile, &keeps, fault);
        if (r >= 0 && keeps_join(&stock->keeps, &keeps) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        return r;
}

/* The file that the failure is about; `count` when it is about none, or its name was cut off. */
static size_t stock_find(const Stock *stock, const Fault *fault)
{
        const char *subject = fault->subject + (*fault->subject == '/');
        size_t i = 0;

        while (i < stock->count && !text_equal(stock->items[i]->target->place.path, subject))
                i++;
        return i;
}

/* Each in an archive of its own: one that is too large for the disk leaves room for the others.
 * Negative when none could be kept. */
static int stock_keep_each(Stock *stock, Fault *fault)
{
        int error = 0;

        for (size_t i = 0; i < stock->count;) {
                Fault why = FAULT_NONE;
                int r = stock_keep(stock, i, 1, &why);

                if (r >= 0) {
                        i++;
                        continue;
                }
                if (error == 0) {
                        error = r;
                        *fault = why;
                }
                stock_give_up(stock, i, r, &why);
        }
        return stock->count > 0 ? 0 : error;
}

static int stock_keep_all(Stock *stock, Fault *fault)
{
        while (stock->count > 0) {
                Fault why = FAULT_NONE;
                int r = stock_keep(stock, 0, stock->count, &why);
                size_t index = r < 0 ? stock_find(stock, &why) : stock->count;

                if (r >= 0)
                        return r;
                if (index < stock->count && r != -ENOMEM) {
                        stock_give_up(stock, index, r, &why);
                        continue;
                }
                *fault = why;
                return r == -ENOMEM || stock->count == 1 ? r : stock_keep_each(stock, fault);
        }
        return 0;
}

/* How many bytes the originals take that are not kept: as they are, whatever an archive makes of
 * them. Where VMware lies on the same disk, one copy has to find room as well. */
static uint64_t stock_unkept(const Stock *stock, const Inspections *inspections)
{
        struct stat store = {};
        uint64_t sum = 0, copy = 0;

        (void)fstat(store_originals_fd(stock->session->store), &store);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const Inspection *inspection = &inspections->of[role];
                uint64_t size = (uint64_t)inspection->stat.st_size;

                if (inspection->verdict.state != STATE_STOCK ||
                    keeps_archive(&stock->keeps, inspection->target->place.path))
                        continue;
                sum += size;
                if (inspection->stat.st_dev == store.st_dev)
                        copy = MAX(copy, size);
        }
        return sum + copy;
}

/* On a full disk each says the same: what all of them lack together. */
static void stock_tell_room(const Stock *stock, const Inspections *inspections, Fault *fault)
{
        const uint64_t needed = stock_unkept(stock, inspections);
        const int fd = store_originals_fd(stock->session->store);
        const char *root = stock->session->root.path;
        _cleanup_free_ char *path = NULL;

        if (text_format(&path, "%s/" STORE_PATH, text_equal(root, "/") ? "" : root) < 0)
                return;
        (void)room_fault(fault, -fault->error, fd, path, needed);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetResult *target = &stock->result->targets[role];

                if (target->outcome == OUTCOME_FAILED)
                        (void)room_fault(&target->fault, -target->fault.error, fd, path, needed);
        }
}

/* Where they are is told by the archive of the last one: a new one, if any is. */
static int stock_name_archive(const Stock *stock, Fault *fault)
{
        const Keeps *keeps = &stock->keeps;
        InstallationResult *result = stock->result;

        free(result->archive);
        result->archive = NULL;
        if (keeps->count > 0 &&
            text_copy(&result->archive, keeps->items[keeps->count - 1].archive) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        return keeps->count > 0 ? session_read_archives(stock->session, fault) : 0;
}

int originals_keep(Session *session, const Installation *installation, Inspections *inspections,
                   const bool wanted[static _ROLE_MAX], const KeepMeanwhile *meanwhile,
                   InstallationResult *result, Keeps *ret, Fault *fault)
{
        _cleanup_(stock_done) Stock stock = {.session = session,
                                             .installation = installation,
                                             .wanted = wanted,
                                             .meanwhile = meanwhile,
                                             .result = result};
        Fault why = FAULT_NONE;
        int r;

        for (Role role = 0; role < _ROLE_MAX; role++)
                if (inspections->of[role].verdict.state == STATE_STOCK)
                        stock.items[stock.count++] = &inspections->of[role];
        r = stock_digest(&stock);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "originals");
        r = stock_keep_all(&stock, &why);
        stock_tell_room(&stock, inspections, &why);
        if (r >= 0)
                r = stock_name_archive(&stock, &why);
        if (r < 0) {
                *fault = why;
                return r;
        }
        *ret = stock.keeps;
        stock.keeps = (Keeps){};
        return 0;
}

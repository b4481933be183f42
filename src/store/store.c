/* SPDX-License-Identifier: MIT */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "file/atomic-file.h"
#include "file/fd.h"
#include "file/trust.h"
#include "store/holder.h"
#include "store/store.h"

#define POLL_MS    100
#define HOLDER_MAX 64U

struct Store {
        const Root *root;            /* borrowed */
        int fd, originals, receipts; /* -ENOENT when the store does not exist */
        int lock;                    /* holds the flock while it is one */
        bool demands_trust;          /* what another user could have written is not read */
};

void store_free(Store *store)
{
        if (!store)
                return;
        (void)fd_close(store->lock);
        (void)fd_close(store->receipts);
        (void)fd_close(store->originals);
        (void)fd_close(store->fd);
        free(store);
}

int store_directory_fd(const Store *store)
{
        return store->fd;
}

int store_originals_fd(const Store *store)
{
        return store->originals;
}

int store_receipts_fd(const Store *store)
{
        return store->receipts;
}

static int store_open_directory(int dir_fd, const char *name, StoreMode mode)
{
        if (mode == STORE_WRITE && mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST)
                return -errno;
        return fd_open_at(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

/* Before anything is made: a directory that another user can change gets nothing. */
static int trust_existing(const Root *root, Fault *fault)
{
        static const char *const paths[] = {STORE_PATH, "var/lib", "var", "."};

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                _cleanup_close_ int fd = root_open_at(root, paths[i], O_PATH | O_DIRECTORY, 0);

                if (fd >= 0)
                        return trust_directory_above(root, fd, fault);
        }
        return 0;
}

int store_demand_trust(Store *store, const Root *root, Fault *fault)
{
        const int directories[] = {store->fd, store->originals, store->receipts};
        int r = trust_root_path(root, fault);

        if (r >= 0 && store->fd < 0)
                r = trust_existing(root, fault);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
                if (directories[i] >= 0)
                        r = trust_directory(root, directories[i], fault);
        if (r >= 0)
                store->demands_trust = true;
        return r;
}

bool store_demands_trust(const Store *store)
{
        return store->demands_trust;
}

int store_show(const Store *store, const char *name, char **ret)
{
        _cleanup_free_ char *path = NULL;
        int r = text_format(&path, STORE_PATH "%s%s", *name ? "/" : "", name);

        return r < 0 ? r : root_show(store->root, path, ret);
}

int store_fault(const Store *store, Fault *fault, int error, Reason reason, const char *name)
{
        _cleanup_free_ char *path = NULL;

        if (store_show(store, name, &path) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
        return fault_set(fault, error, reason, "%s", path);
}

/* A read-only file system is a reason of its own: no run as root helps. */
static Reason store_reason(int error)
{
        return error == -EROFS ? REASON_READ_ONLY : REASON_STORE;
}

static int make_trusted(const Root *root, Fault *fault)
{
        int r = trust_root_path(root, fault), fd;

        if (r >= 0)
                r = trust_existing(root, fault);
        if (r < 0)
                return r;
        fd = root_make_directory(root, STORE_PATH);
        return fd < 0 ? root_fault(root, fault, fd, store_reason(fd), STORE_PATH) : fd;
}

/* New names in it must survive a power cut before anybody relies on what lies below them. */
static int open_below(Store *store, StoreMode mode, Fault *fault)
{
        static const char *const names[] = {"originals", "receipts"};
        int *const directories[] = {&store->originals, &store->receipts};
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                r = *directories[i] = store_open_directory(store->fd, names[i], mode);
                if (r < 0 && !(r == -ENOENT && mode == STORE_READ))
                        return store_fault(store, fault, r, store_reason(r), names[i]);
        }
        r = mode == STORE_WRITE ? fd_sync(store->fd) : 0;
        return r < 0 ? store_fault(store, fault, r, store_reason(r), "") : 0;
}

int store_open(const Root *root, StoreMode mode, Store **ret, Fault *fault)
{
        _cleanup_(store_freep) Store *store = calloc(1, sizeof(*store));
        int r;

        if (!store)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, STORE_PATH);
        *store = (Store){.root = root, .originals = -ENOENT, .receipts = -ENOENT, .lock = -EBADF};
        store->fd = mode == STORE_WRITE ? make_trusted(root, fault)
                                        : root_open_at(root, STORE_PATH, O_RDONLY | O_DIRECTORY, 0);
        if (store->fd < 0 && mode == STORE_WRITE)
                return store->fd;
        if (store->fd < 0 && !(store->fd == -ENOENT && mode == STORE_READ))
                return store_fault(store, fault, store->fd, store_reason(store->fd), "");
        r = store->fd < 0 ? 0 : open_below(store, mode, fault);
        if (r >= 0 && mode == STORE_WRITE)
                r = store_demand_trust(store, root, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(store);
        return 0;
}

/* Lock --------------------------------------------------------------------------------------- */

static int try_lock(int fd)
{
        int r;

        do
                r = flock(fd, LOCK_EX | LOCK_NB);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

static pid_t holder_of(int fd)
{
        char text[HOLDER_MAX] = {};
        ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
        uint64_t pid;

        if (n <= 0)
                return 0;
        text[strcspn(text, "\n")] = '\0';
        return text_to_u64(text, &pid) >= 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* Sleeps until `deadline_ms` or the next try, whichever comes first; a signal only ends it early.
 */
static void pause_before(int64_t deadline_ms, int64_t now_ms)
{
        int64_t left = deadline_ms < 0 ? POLL_MS : deadline_ms - now_ms;
        const struct timespec pause = {.tv_nsec = MIN(left, (int64_t)POLL_MS) * 1000000L};

        (void)nanosleep(&pause, NULL);
}

static int wait_for_lock(int fd, int timeout_ms, store_waiting waiting, void *context)
{
        int64_t now = clock_now_ms(), deadline = timeout_ms < 0 ? -1 : now + timeout_ms;
        int r = try_lock(fd);

        if (r != -EWOULDBLOCK || timeout_ms == 0)
                return r;
        if (waiting)
                waiting(holder_of(fd), context);
        while (r == -EWOULDBLOCK && (deadline < 0 || now < deadline) && !stop_is_asked()) {
                pause_before(deadline, now);
                r = try_lock(fd);
                now = clock_now_ms();
        }
        return r;
}

/* For people and for the next one who waits; the lock is the flock, not the text. */
static void name_holder(int fd)
{
        char text[HOLDER_MAX];
        int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

        if (ftruncate(fd, 0) == 0)
                (void)!fd_write_at(fd, (Span){(const uint8_t *)text, (size_t)n}, 0);
}

int store_lock(Store *store, int timeout_ms, store_waiting waiting, void *context, Fault *fault)
{
        _cleanup_close_ int fd = -EBADF;
        char holder[HOLDER_WORDS_SIZE];
        struct stat st;
        int r;

        if (store->lock >= 0)
                return 0;
        /* Whoever may read it may lock it. */
        fd = fd_open_at(store->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0 || fstat(fd, &st) < 0)
                return store_fault(store, fault, -errno, store_reason(-errno), "lock");
        if (!S_ISREG(st.st_mode))
                return store_fault(store, fault, -EINVAL, REASON_STORE, "lock");
        r = wait_for_lock(fd, timeout_ms, waiting, context);
        if (r == -EWOULDBLOCK) {
                holder_words(holder_of(fd), holder, sizeof(holder));
                return fault_set(fault, -EBUSY, REASON_STORE_BUSY, "%s", holder);
        }
        if (r < 0)
                return store_fault(store, fault, r, store_reason(r), "lock");
        name_holder(fd);
        store->lock = TAKE_FD(fd);
        return 0;
}

/* Cleaning ----------------------------------------------------------------------------------- */

int store_clean(Store *store, Fault *fault)
{
        const int directories[] = {store->fd, store->originals, store->receipts};
        int removed = 0;

        for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
                int r = directories[i] < 0 ? 0 : temporary_names_remove(directories[i], NULL);

                if (r < 0)
                        return store_fault(store, fault, r, store_reason(r), "");
                removed += r;
        }
        return removed;
}

bool store_is_clean(const Store *store)
{
        const int directories[] = {store->fd, store->originals, store->receipts};

        for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
                if (directories[i] >= 0 && temporary_names_exist(directories[i]) != 0)
                        return false;
        return true;
}

/* Hold --------------------------------------------------------------------------------------- */

Hold store_hold(const Store *store)
{
        return hold_read(store->fd);
}

bool store_is_held(const Store *store)
{
        return store_hold(store).why != HOLD_NONE;
}

int store_set_hold(Store *store, HoldWhy why, Fault *fault)
{
        HoldWhy before = store_hold(store).why;
        int r;

        assert(store->lock >= 0);
        /* What was there first stays, but a person's wish counts more than a package's. */
        if (before == why || (why != HOLD_NONE && before != HOLD_NONE && before != HOLD_REMOVAL))
                return 0;
        r = hold_write(store->fd, why);
        return r < 0 ? store_fault(store, fault, r, store_reason(r), "hold") : 0;
}

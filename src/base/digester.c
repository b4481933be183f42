/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digester.h"
#include "base/parallel.h"

#define SLOTS     4U
#define SLOT_SIZE (256U * 1024U)

/* A thread, and what is handed over to it: `filled` slots from `first` on, the last of them behind
 * which nothing comes when `ended`. All but the slots' bytes is guarded by `lock`. */
typedef struct Aside {
        Task *task;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t first, filled;
        size_t sizes[SLOTS];
        bool ended, failed;
        uint8_t *slots;
} Aside;

struct Digester {
        EVP_MD_CTX *context; /* the thread's own, while there is one */
        Aside *aside;
};

static int update(EVP_MD_CTX *context, Span span)
{
        return EVP_DigestUpdate(context, span.bytes, span.size) == 1 ? 0 : -EIO;
}

/* Waits for the next slot; false when there will be none. */
static bool aside_next(Aside *aside, Span *ret)
{
        (void)pthread_mutex_lock(&aside->lock);
        while (aside->filled == 0 && !aside->ended)
                (void)pthread_cond_wait(&aside->changed, &aside->lock);
        *ret = (Span){aside->slots + aside->first * SLOT_SIZE, aside->sizes[aside->first]};
        (void)pthread_mutex_unlock(&aside->lock);
        return ret->size > 0;
}

static void aside_did(Aside *aside, int error)
{
        (void)pthread_mutex_lock(&aside->lock);
        aside->failed |= error < 0;
        aside->sizes[aside->first] = 0;
        aside->first = (aside->first + 1) % SLOTS;
        aside->filled--;
        (void)pthread_cond_signal(&aside->changed);
        (void)pthread_mutex_unlock(&aside->lock);
}

static void aside_main(void *item)
{
        Digester *digester = item;
        Span slot;

        while (aside_next(digester->aside, &slot))
                aside_did(digester->aside, update(digester->context, slot));
}

/* Waits for a slot to be free. */
static uint8_t *aside_room(Aside *aside)
{
        size_t slot;

        (void)pthread_mutex_lock(&aside->lock);
        while (aside->filled == SLOTS)
                (void)pthread_cond_wait(&aside->changed, &aside->lock);
        slot = (aside->first + aside->filled) % SLOTS;
        (void)pthread_mutex_unlock(&aside->lock);
        return aside->slots + slot * SLOT_SIZE;
}

/* Hands over as much as one slot takes, and returns how much that was. */
static size_t aside_add(Aside *aside, Span span)
{
        size_t size = MIN(span.size, (size_t)SLOT_SIZE);
        uint8_t *room = aside_room(aside);

        memcpy(room, span.bytes, size);
        (void)pthread_mutex_lock(&aside->lock);
        aside->sizes[(aside->first + aside->filled) % SLOTS] = size;
        aside->filled++;
        (void)pthread_cond_signal(&aside->changed);
        (void)pthread_mutex_unlock(&aside->lock);
        return size;
}

static int aside_drain(Aside *aside)
{
        bool failed;

        (void)pthread_mutex_lock(&aside->lock);
        while (aside->filled > 0)
                (void)pthread_cond_wait(&aside->changed, &aside->lock);
        failed = aside->failed;
        (void)pthread_mutex_unlock(&aside->lock);
        return failed ? -EIO : 0;
}

static int aside_end(Aside *aside)
{
        (void)pthread_mutex_lock(&aside->lock);
        aside->ended = true;
        (void)pthread_cond_signal(&aside->changed);
        (void)pthread_mutex_unlock(&aside->lock);
        task_end(aside->task);
        return aside->failed ? -EIO : 0;
}

static void aside_free(Aside *aside)
{
        free(aside->slots);
        free(aside);
}

/* Without it, the calling thread does the work. */
static void aside_begin(Digester *digester)
{
        Aside *aside = calloc(1, sizeof(*aside));

        if (!aside)
                return;
        (void)pthread_mutex_init(&aside->lock, NULL);
        (void)pthread_cond_init(&aside->changed, NULL);
        aside->slots = malloc((size_t)SLOTS * SLOT_SIZE);
        digester->aside = aside;
        if (aside->slots)
                aside->task = task_begin(aside_main, digester);
        if (!aside->task) {
                aside_free(aside);
                digester->aside = NULL;
        }
}

int digester_new(Digester **ret)
{
        _cleanup_(digester_freep) Digester *digester = calloc(1, sizeof(*digester));

        if (!digester)
                return -ENOMEM;
        digester->context = EVP_MD_CTX_new();
        if (!digester->context)
                return -ENOMEM;
        if (EVP_DigestInit_ex(digester->context, EVP_sha256(), NULL) != 1)
                return -EIO;
        *ret = TAKE_PTR(digester);
        return 0;
}

int digester_new_aside(Digester **ret)
{
        int r = digester_new(ret);

        if (r >= 0)
                aside_begin(*ret);
        return r;
}

int digester_add(Digester *digester, Span span)
{
        if (!digester->aside)
                return update(digester->context, span);
        while (span.size > 0) {
                size_t taken = aside_add(digester->aside, span);

                span.bytes += taken;
                span.size -= taken;
        }
        return 0;
}

int digester_fork(Digester *digester, Digester **ret)
{
        _cleanup_(digester_freep) Digester *fork = NULL;
        int r = digester_new(&fork);

        if (r >= 0 && digester->aside)
                r = aside_drain(digester->aside);
        if (r >= 0 && EVP_MD_CTX_copy_ex(fork->context, digester->context) != 1)
                r = -EIO;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(fork);
        return 0;
}

static int end_aside(Digester *digester)
{
        int r = digester->aside ? aside_end(digester->aside) : 0;

        if (digester->aside)
                aside_free(digester->aside);
        digester->aside = NULL;
        return r;
}

int digester_end(Digester *digester, Digest *ret)
{
        Digest digest;
        int r = end_aside(digester);

        if (r < 0)
                return r;
        if (EVP_DigestFinal_ex(digester->context, digest.bytes, NULL) != 1)
                return -EIO;
        *ret = digest;
        return 0;
}

void digester_free(Digester *digester)
{
        if (!digester)
                return;
        (void)end_aside(digester);
        EVP_MD_CTX_free(digester->context);
        free(digester);
}

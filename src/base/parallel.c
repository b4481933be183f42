/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/parallel.h"

#define THREADS_MAX 4U

typedef struct Run {
        void (*work)(void *item);
        uint8_t *items;
        size_t size, count;
        atomic_size_t next; /* the first item that nobody has begun */
} Run;

unsigned processors_count(void)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
                return 1;
        return (unsigned)CPU_COUNT(&set);
}

static void *run_main(void *argument)
{
        Run *run = argument;

        for (size_t i; (i = atomic_fetch_add(&run->next, 1)) < run->count;)
                run->work(run->items + i * run->size);
        return NULL;
}

void parallel_run(void (*work)(void *item), void *items, size_t size, size_t count)
{
        Run run = {.work = work, .items = items, .size = size, .count = count};
        size_t useful = MIN(count, (size_t)THREADS_MAX), wanted = MIN(useful, processors_count());
        pthread_t threads[THREADS_MAX];
        size_t begun = 0;

        while (begun + 1 < wanted && pthread_create(&threads[begun], NULL, run_main, &run) == 0)
                begun++;
        (void)run_main(&run);
        while (begun > 0)
                (void)pthread_join(threads[--begun], NULL);
}

typedef struct Pair {
        void (*work)(void *item);
        void *item;
} Pair;

static void *pair_main(void *argument)
{
        Pair *pair = argument;

        pair->work(pair->item);
        return NULL;
}

void parallel_pair(void (*work)(void *item), void *item, void (*meanwhile)(void *context),
                   void *context)
{
        Pair pair = {.work = work, .item = item};
        pthread_t thread;

        if (processors_count() < 2 || pthread_create(&thread, NULL, pair_main, &pair) != 0) {
                work(item);
                meanwhile(context);
                return;
        }
        meanwhile(context);
        (void)pthread_join(thread, NULL);
}

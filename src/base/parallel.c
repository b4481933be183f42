/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/parallel.h"

#define THREADS_MAX 4U

unsigned processors_count(void)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
                return 1;
        return (unsigned)CPU_COUNT(&set);
}

struct Task {
        pthread_t thread;
        void (*work)(void *item);
        void *item;
};

static void *task_main(void *argument)
{
        Task *task = argument;

        task->work(task->item);
        return NULL;
}

Task *task_begin(void (*work)(void *item), void *item)
{
        _cleanup_free_ Task *task = processors_count() < 2 ? NULL : calloc(1, sizeof(*task));

        if (!task)
                return NULL;
        task->work = work;
        task->item = item;
        return pthread_create(&task->thread, NULL, task_main, task) == 0 ? TAKE_PTR(task) : NULL;
}

void task_end(Task *task)
{
        if (!task)
                return;
        (void)pthread_join(task->thread, NULL);
        free(task);
}

typedef struct Portion {
        void (*work)(void *item);
        uint8_t *items;
        size_t size, count;
        atomic_size_t next; /* the first item that nobody has begun */
} Portion;

static void run_main(void *item)
{
        Portion *run = item;

        for (size_t i; (i = atomic_fetch_add(&run->next, 1)) < run->count;)
                run->work(run->items + i * run->size);
}

void parallel_run(void (*work)(void *item), void *items, size_t size, size_t count)
{
        Portion run = {.work = work, .items = items, .size = size, .count = count};
        size_t useful = MIN(count, (size_t)THREADS_MAX), wanted = MIN(useful, processors_count());
        Task *tasks[THREADS_MAX];
        size_t begun = 0;

        while (begun + 1 < wanted && (tasks[begun] = task_begin(run_main, &run)))
                begun++;
        run_main(&run);
        while (begun > 0)
                task_end(tasks[--begun]);
}

void parallel_pair(void (*work)(void *item), void *item, void (*meanwhile)(void *context),
                   void *context)
{
        Task *task = task_begin(work, item);

        if (!task)
                work(item);
        meanwhile(context);
        task_end(task);
}

/* SPDX-License-Identifier: MIT */
#pragma once

/* Parallel: the same work on several items, on as many processors as there are.
 *
 * The work may compute, ask for memory, and read from descriptors of its item. Whatever changes a
 * file is done by the calling thread alone, in an order that can be told. */

#include <stddef.h>

/* How many processors this program may run on; 1 when that cannot be told. */
unsigned processors_count(void);

/* Calls `work` once for each of `count` items of `size` bytes each, and returns when all are done.
 * Where no thread can be had, the calling one does all of it. */
void parallel_run(void (*work)(void *item), void *items, size_t size, size_t count);

/* Calls `work`, and `meanwhile` in the calling thread: at the same time where there is a second
 * processor, else one after the other. Returns when both are done. */
void parallel_pair(void (*work)(void *item), void *item, void (*meanwhile)(void *context),
                   void *context);

/* Work that goes on beside the calling thread until task_end(). */
typedef struct Task Task;

/* NULL, and nothing begun, where there is no second processor, or no thread can be had. */
Task *task_begin(void (*work)(void *item), void *item);
void task_end(Task *task); /* waits for it; NULL is none */

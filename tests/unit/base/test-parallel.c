/* SPDX-License-Identifier: MIT */

#include <stdatomic.h>

#include "../lib/tap.h"
#include "base/parallel.h"

static atomic_uint calls;

static void square(void *item)
{
        unsigned *number = item;

        *number *= *number;
        atomic_fetch_add(&calls, 1);
}

static void each_item_is_worked_on_once(void)
{
        for (size_t count = 0; count < 40; count++) {
                unsigned numbers[40];

                for (unsigned i = 0; i < 40; i++)
                        numbers[i] = i + 2;
                atomic_store(&calls, 0);
                parallel_run(square, numbers, sizeof(*numbers), count);
                CHECK_EQUAL(atomic_load(&calls), count);
                for (unsigned i = 0; i < 40; i++)
                        CHECK_EQUAL(numbers[i], i < count ? (i + 2) * (i + 2) : i + 2);
        }
}

static void both_of_a_pair_are_done(void)
{
        for (unsigned i = 0; i < 50; i++) {
                unsigned one = 3, other = 5;

                parallel_pair(square, &one, square, &other);
                CHECK_EQUAL(one, 9);
                CHECK_EQUAL(other, 25);
        }
}

static void a_task_is_done_when_it_ended(void)
{
        unsigned number = 7;
        Task *task = task_begin(square, &number);

        task_end(task);
        CHECK_EQUAL(number, task ? 49 : 7);
        task_end(NULL);
}

static void there_is_a_processor(void)
{
        CHECK(processors_count() >= 1);
}

int main(void)
{
        CASE(each_item_is_worked_on_once);
        CASE(both_of_a_pair_are_done);
        CASE(a_task_is_done_when_it_ended);
        CASE(there_is_a_processor);
        return tap_end();
}

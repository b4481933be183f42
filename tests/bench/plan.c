/* SPDX-License-Identifier: MIT */

/* plan [--once] FILE smc|gos
 *
 * Judges and plans FILE, and passes over it with memmem(), by turns, and prints the medians of both
 * in microseconds of the processor, then the number of edits. With --once it only judges, once: for
 * callgrind. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file/fd.h"
#include "file/mapping.h"
#include "patch/verdict.h"

#define TURNS 31

static double now_in_us(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return (left > right) - (left < right);
}

static double median(double times[static TURNS])
{
        qsort(times, TURNS, sizeof(*times), compare);
        return times[TURNS / 2];
}

/* The number of edits: none where the file is refused. */
static int plan(Span bytes, Subject subject, size_t *ret_edits)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = verdict_of(bytes, subject, &verdict);

        *ret_edits = verdict.plan.count;
        return r;
}

/* Each turn maps the file anew: faults on its pages are part of the cost. */
static int take_turn(int fd, Subject subject, double *ret_plan, double *ret_pass, size_t *ret_edits)
{
        /* No file has it, and its first byte is as frequent as that of what is searched. */
        static const char needle[] = "YEK#\4no such words";
        _cleanup_(mapping_done) Mapping first = MAPPING_NONE, second = MAPPING_NONE;
        double start = now_in_us(), middle;

        if (mapping_open(fd, &first) < 0 || plan(first.span, subject, ret_edits) < 0)
                return -EINVAL;
        middle = now_in_us();
        *ret_plan = middle - start;
        if (mapping_open(fd, &second) < 0 || memmem(second.span.bytes, second.span.size, needle, 9))
                return -EINVAL;
        *ret_pass = now_in_us() - middle;
        return 0;
}

static int measure(int fd, Subject subject)
{
        double plans[TURNS], passes[TURNS];
        size_t edits = 0;

        for (int i = 0; i < TURNS; i++)
                if (take_turn(fd, subject, &plans[i], &passes[i], &edits) < 0)
                        return EXIT_FAILURE;
        (void)printf("%.0f %.0f %zu\n", median(plans), median(passes), edits);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        bool once = argc == 4 && strcmp(argv[1], "--once") == 0;
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_close_ int fd = -EBADF;
        Subject subject;
        size_t edits;

        if (argc != 3 + once)
                return 2;
        subject = strcmp(argv[2 + once], "gos") == 0 ? SUBJECT_GOS : SUBJECT_SMC;
        fd = open(argv[1 + once], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return EXIT_FAILURE;
        if (!once)
                return measure(fd, subject);
        if (mapping_open(fd, &mapping) < 0 || plan(mapping.span, subject, &edits) < 0)
                return EXIT_FAILURE;
        return EXIT_SUCCESS;
}

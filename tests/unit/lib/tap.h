/* SPDX-License-Identifier: MIT */
#pragma once

/* TAP for the unit tests. A test program is a list of cases:
 *
 *     static void adds_in_order(void) { CHECK(1 + 1 == 2); }
 *     int main(void) { CASE(adds_in_order); return tap_end(); }
 *
 * A case is "ok" when every CHECK of it held. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
        int cases;
        bool failed, any_failed;
} tap;

static inline void tap_hold(bool holds, const char *condition, const char *file, int line)
{
        if (holds)
                return;
        tap.failed = true;
        printf("# %s:%d: %s does not hold\n", file, line, condition);
}

#define CHECK(condition) tap_hold((condition), #condition, __FILE__, __LINE__)

/* Like CHECK, but the rest of the case makes no sense without it. Evaluated once. */
#define REQUIRE(condition)                                        \
        do {                                                      \
                bool _holds = (condition);                        \
                tap_hold(_holds, #condition, __FILE__, __LINE__); \
                if (!_holds)                                      \
                        return;                                   \
        } while (false)

#define CHECK_EQUAL(a, b)                                                                     \
        do {                                                                                  \
                long long _a = (long long)(a), _b = (long long)(b);                           \
                if (_a != _b) {                                                               \
                        tap.failed = true;                                                    \
                        printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", __FILE__, \
                               __LINE__, #a, _a, (unsigned long long)_a, _b,                  \
                               (unsigned long long)_b);                                       \
                }                                                                             \
        } while (false)

#define CHECK_TEXT(a, b)                                                                      \
        do {                                                                                  \
                const char *_a = (a), *_b = (b);                                              \
                if (!_a || strcmp(_a, _b) != 0) {                                             \
                        tap.failed = true;                                                    \
                        printf("# %s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #a, \
                               _a ? _a : "(null)", _b);                                       \
                }                                                                             \
        } while (false)

static inline void tap_case(void (*run)(void), const char *name)
{
        tap.failed = false;
        run();
        tap.any_failed |= tap.failed;
        printf("%sok %d - ", tap.failed ? "not " : "", ++tap.cases);
        for (; *name; name++)
                (void)putchar(*name == '_' ? ' ' : *name);
        (void)putchar('\n');
        (void)fflush(stdout);
}

#define CASE(function) tap_case(function, #function)

static inline int tap_end(void)
{
        printf("1..%d\n", tap.cases);
        return tap.any_failed;
}

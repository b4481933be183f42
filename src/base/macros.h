/* SPDX-License-Identifier: MIT */
#pragma once

/* The few macros that everything is written with: visible ownership, results that may not be
 * ignored, and sizes of arrays. */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* A result that the caller must look at, or ignore on purpose with a cast to void. */
#if defined(__clang__)
#define _nodiscard_ __attribute__((warn_unused_result))
#else
#define _nodiscard_ [[nodiscard]]
#endif

#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _unused_              __attribute__((unused))

/* The local is released by `release` when it goes out of scope. */
#define _cleanup_(release) __attribute__((cleanup(release)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define MIN(a, b)                       \
        ({                              \
                __typeof__(a) _a = (a); \
                __typeof__(b) _b = (b); \
                _a < _b ? _a : _b;      \
        })
#define MAX(a, b)                       \
        ({                              \
                __typeof__(a) _a = (a); \
                __typeof__(b) _b = (b); \
                _a > _b ? _a : _b;      \
        })

/* Hands the pointer over: the variable is NULL afterwards and its cleanup does nothing. */
#define TAKE_PTR(pointer)                             \
        ({                                            \
                __typeof__(pointer) *_p = &(pointer); \
                __typeof__(pointer) _taken = *_p;     \
                *_p = NULL;                           \
                _taken;                               \
        })

/* Defines `X_freep()` for _cleanup_ from `X_free()`. */
#define DEFINE_FREEP(type, release)                   \
        static inline void release##p(type **pointer) \
        {                                             \
                if (*pointer)                         \
                        release(*pointer);            \
        }                                             \
        _Static_assert(1, "a semicolon follows")

static inline void freep(void *pointer)
{
        free(*(void **)pointer);
}

#define _cleanup_free_ _cleanup_(freep)

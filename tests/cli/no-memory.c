/* SPDX-License-Identifier: MIT */

/* Preloaded: the FAIL_AT-th request for memory by the program itself, not by its libraries, gets
 * none. Requests by the same way, as far as DEPTH functions show it, count once, unless FAIL_EACH
 * is set. The number of requests goes to the file FAIL_COUNT at the end, and behind it the way of
 * the one refused. */

#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uintptr_t program_base, program_start, program_end;
#define DEPTH    5
#define WAYS_MAX 8192U

static long requests, fail_at;
static bool each;
static _Thread_local bool busy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct Way {
        void *places[DEPTH];
} Way;

static Way ways[WAYS_MAX], refused_way;
static size_t way_count;

/* The program is the first object there is. */
static int note_program(struct dl_phdr_info *object, size_t size, void *context)
{
        (void)size;
        (void)context;
        for (int i = 0; i < object->dlpi_phnum; i++) {
                const ElfW(Phdr) *header = &object->dlpi_phdr[i];

                if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
                        continue;
                program_base = object->dlpi_addr;
                program_start = program_base + header->p_vaddr;
                program_end = program_start + header->p_memsz;
        }
        return 1;
}

__attribute__((constructor)) static void prepare(void)
{
        const char *text = getenv("FAIL_AT");

        fail_at = text ? atol(text) : 0;
        each = getenv("FAIL_EACH") != NULL;
        (void)dl_iterate_phdr(note_program, NULL);
}

__attribute__((destructor)) static void tell(void)
{
        const char *path = getenv("FAIL_COUNT");
        int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;

        if (fd >= 0) {
                (void)dprintf(fd, "%ld\n", requests);
                for (int i = 0; i < DEPTH && refused_way.places[i]; i++)
                        (void)dprintf(fd, "0x%lx\n",
                                      (unsigned long)refused_way.places[i] - program_base);
                (void)close(fd);
        }
}

/* Whether a request came by this way before; it is remembered. */
static bool was_there(const Way *way)
{
        for (size_t i = 0; i < way_count; i++)
                if (memcmp(&ways[i], way, sizeof(*way)) == 0)
                        return true;
        if (way_count < WAYS_MAX)
                ways[way_count++] = *way;
        return false;
}

/* What runs after main() is not the program's: counters of a coverage build are written then. */
static void stop(void)
{
        busy = true;
}

/* The program has threads of its own. */
static bool count_request(const Way *way)
{
        bool is_it;

        (void)pthread_mutex_lock(&lock);
        if (way_count == 0)
                (void)atexit(stop);
        is_it = (each || !was_there(way)) && ++requests == fail_at;
        if (is_it)
                refused_way = *way;
        (void)pthread_mutex_unlock(&lock);
        return is_it;
}

static bool refused(const void *caller)
{
        uintptr_t address = (uintptr_t)caller;
        void *stack[DEPTH + 2];
        Way way = {};
        int depth;
        bool is_it;

        if (busy || address < program_start || address >= program_end)
                return false;
        busy = true; /* backtrace() itself asks for memory, once */
        depth = backtrace(stack, DEPTH + 2);
        for (int i = 2; i < depth; i++) /* without this function and malloc() */
                way.places[i - 2] = stack[i];
        is_it = count_request(&way);
        busy = false;
        if (is_it)
                errno = ENOMEM;
        return is_it;
}

#define REFUSED() refused(__builtin_return_address(0))

void *malloc(size_t size)
{
        return REFUSED() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
        return REFUSED() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
        return REFUSED() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
        size_t all;

        if (__builtin_mul_overflow(count, size, &all)) {
                errno = ENOMEM;
                return NULL;
        }
        return REFUSED() ? NULL : __libc_realloc(old, all);
}

static char *copy(const char *text, size_t size)
{
        char *made = __libc_malloc(size + 1);

        if (!made)
                return NULL;
        memcpy(made, text, size);
        made[size] = '\0';
        return made;
}

char *strdup(const char *text)
{
        return REFUSED() ? NULL : copy(text, strlen(text));
}

char *strndup(const char *text, size_t limit)
{
        return REFUSED() ? NULL : copy(text, strnlen(text, limit));
}

static int format_into(char **ret, const char *format, va_list arguments)
{
        va_list again;
        int size;

        va_copy(again, arguments);
        size = vsnprintf(NULL, 0, format, again);
        va_end(again);
        *ret = size < 0 ? NULL : __libc_malloc((size_t)size + 1);
        return *ret ? vsnprintf(*ret, (size_t)size + 1, format, arguments) : -1;
}

int vasprintf(char **ret, const char *format, va_list arguments)
{
        return REFUSED() ? -1 : format_into(ret, format, arguments);
}

/* What vasprintf() is where glibc checks buffers. */
int __vasprintf_chk(char **ret, int flag, const char *format, va_list arguments)
{
        (void)flag;
        return REFUSED() ? -1 : format_into(ret, format, arguments);
}

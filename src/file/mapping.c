/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/mapping.h"

#define FILE_SIZE_MAX (UINT64_C(4) << 30)
#define GUARDED_MAX   32

/* What the SIGBUS handler may look at: lock-free, never moved. */
static struct {
        _Atomic uintptr_t start; /* 0 when the slot is free */
        _Atomic size_t size;
        atomic_bool torn;
} guarded[GUARDED_MAX];

static uintptr_t page_size; /* set before the handler is installed */

static void default_sigbus(void)
{
        struct sigaction action = {.sa_handler = SIG_DFL};

        (void)sigaction(SIGBUS, &action, NULL);
}

static void on_sigbus(int signal_number, siginfo_t *cause, void *context)
{
        uintptr_t address = (uintptr_t)cause->si_addr;

        (void)signal_number;
        (void)context;
        for (int i = 0; i < GUARDED_MAX; i++) {
                uintptr_t start = atomic_load(&guarded[i].start);
                void *page = (void *)(address & ~(page_size - 1)); // NOLINT: an address is meant

                if (start == 0 || address < start ||
                    address - start >= atomic_load(&guarded[i].size))
                        continue;
                atomic_store(&guarded[i].torn, true);
                if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                         0) == MAP_FAILED)
                        break;
                return;
        }
        default_sigbus(); /* not ours: the instruction runs again and ends the program */
}

int mapping_guard_install(void)
{
        struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};

        page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
        return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}

static int mapping_guard(uintptr_t start, size_t size)
{
        for (int i = 0; i < GUARDED_MAX; i++) {
                uintptr_t free_slot = 0;

                if (!atomic_compare_exchange_strong(&guarded[i].start, &free_slot, start))
                        continue;
                atomic_store(&guarded[i].size, size);
                atomic_store(&guarded[i].torn, false);
                return i;
        }
        return -1;
}

int mapping_open(int fd, Mapping *ret)
{
        Mapping mapping = MAPPING_NONE;
        struct stat st;
        void *bytes;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if ((uint64_t)st.st_size > FILE_SIZE_MAX)
                return -EFBIG;
        if (st.st_size > 0) {
                bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
                if (bytes == MAP_FAILED)
                        return -errno;
                mapping.span = (Span){bytes, (size_t)st.st_size};
                mapping.slot = mapping_guard((uintptr_t)bytes, (size_t)st.st_size);
        }
        *ret = mapping;
        return 0;
}

void mapping_done(Mapping *mapping)
{
        if (mapping->slot >= 0) {
                atomic_store(&guarded[mapping->slot].size, 0);
                atomic_store(&guarded[mapping->slot].start, 0);
        }
        if (mapping->span.size > 0)
                (void)munmap((void *)(uintptr_t)mapping->span.bytes, mapping->span.size);
        *mapping = MAPPING_NONE;
}

void mapping_rest(const Mapping *mapping)
{
        if (mapping->span.size > 0)
                (void)madvise((void *)(uintptr_t)mapping->span.bytes, mapping->span.size,
                              MADV_DONTNEED);
}

bool mapping_is_torn(const Mapping *mapping)
{
        return mapping->slot >= 0 && atomic_load(&guarded[mapping->slot].torn);
}

/* SPDX-License-Identifier: MIT */

/* list-guests LIBRARY: each guest-OS entry of the stand-in for libvmwarebase as the program that
 * uses it would see it: group, name, flags, shown or hidden.
 *
 * list-guests --truth LIBRARY: where its macOS entries are, as the linker placed them, in JSON; not
 * on Windows. */

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif
#include <stdio.h>
#include <string.h>

#include "base.h"

static void print_list(const GuestOS *guests, size_t count)
{
        for (size_t i = 0; i < count; i++)
                (void)printf("%u %s %02x %s\n", guests[i].group, guests[i].name, guests[i].flags,
                             guests[i].flags & 1 ? "shown" : "hidden");
}

#ifdef _WIN32
int main(int argc, char **argv)
{
        const GuestOS *(*list)(size_t *);
        HMODULE library = argc == 2 ? LoadLibraryA(argv[1]) : NULL;
        const GuestOS *guests;
        size_t count;

        if (!library)
                return 1;
        list = (const GuestOS *(*)(size_t *))(void *)GetProcAddress(library, "GuestOS_List");
        if (!list)
                return 1;
        guests = list(&count);
        print_list(guests, count);
        return 0;
}
#else
static void print_truth(const GuestOS *guests, size_t count, const void *base)
{
        const char *comma = "";

        (void)printf("{\"kind\": \"guests\", \"entries\": [");
        for (size_t i = 0; i < count; i++) {
                if (strncmp(guests[i].name, "darwin", 6) != 0)
                        continue;
                (void)printf("%s%llu", comma,
                             (unsigned long long)((uintptr_t)&guests[i] - (uintptr_t)base));
                comma = ", ";
        }
        (void)printf("]}\n");
}

int main(int argc, char **argv)
{
        int truth = argc == 3 && strcmp(argv[1], "--truth") == 0;
        const GuestOS *(*list)(size_t *);
        const GuestOS *guests;
        size_t count;
        void *library;
        Dl_info where;

        if (argc != 2 && !truth)
                return 2;
        library = dlopen(argv[argc - 1], RTLD_NOW);
        if (!library) {
                (void)fprintf(stderr, "list-guests: %s\n", dlerror());
                return 1;
        }
        *(void **)&list = dlsym(library, "GuestOS_List");
        if (!list || dladdr(*(void **)&list, &where) == 0)
                return 1;
        guests = list(&count);
        if (truth)
                print_truth(guests, count, where.dli_fbase);
        else
                print_list(guests, count);
        return dlclose(library);
}
#endif

/* SPDX-License-Identifier: MIT */

/* A stand-in for ESXi's libvmkctl.so: a library that asks for kernel modules by name, and a program
 * (with -DASK) that loads it and tells for which. NAMES are the initialisers of the names, each an
 * array of its own: one that is only the end of another would not be a string of its own. */

#ifdef ASK

#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
        void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
        const char *(*name)(unsigned) = NULL;

        if (library)
                *(void **)&name = dlsym(library, "vmkctl_module");
        if (!name)
                return 1;
        for (unsigned i = 0; name(i); i++)
                puts(name(i));
        return 0;
}

#else

const char *vmkctl_module(unsigned index);

static const char names[][16] = {NAMES};

const char *vmkctl_module(unsigned index)
{
        return index < sizeof(names) / sizeof(names[0]) ? names[index] : 0;
}

#endif

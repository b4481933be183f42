/* SPDX-License-Identifier: MIT */

/* Without libFuzzer a target is a test: it is given its own seeds, and the inputs that once broke
 * it. One that still does ends the program. Arguments: other files to give it instead. */

#include <dirent.h>
#include <fcntl.h>

#include "file/fd.h"
#include "fuzz.h"

#define INPUT_MAX (16U * 1024U * 1024U) /* bytes */

static unsigned seed_count;

/* A copy of its exact size, so that a sanitizer sees its end. */
static void give(const char *name, Span input)
{
        uint8_t *exact = malloc(input.size ? input.size : 1);

        MUST(exact != NULL);
        if (input.size > 0)
                memcpy(exact, input.bytes, input.size);
        printf("# %s: %zu bytes\n", name, input.size);
        (void)fflush(stdout); /* it may be the last word */
        MUST(LLVMFuzzerTestOneInput(exact, input.size) == 0);
        free(exact);
}

void fuzz_seed(const char *name, Span input)
{
        give(name, input);
        seed_count++;
}

static void give_file(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
        char *text;
        size_t size;

        MUST(fd >= 0 && fd_read_text(fd, INPUT_MAX, &text, &size) >= 0);
        give(name, (Span){(const uint8_t *)text, size});
        free(text);
}

static unsigned give_directory(const char *path)
{
        DIR *directory = opendir(path);
        struct dirent *entry;
        unsigned count = 0;

        if (!directory)
                return 0; /* nothing ever broke it */
        while ((entry = readdir(directory)) != NULL) {
                if (entry->d_name[0] == '.')
                        continue;
                give_file(dirfd(directory), entry->d_name);
                count++;
        }
        (void)closedir(directory);
        return count;
}

int main(int count, char **arguments)
{
        const char *tree = getenv("top_srcdir"), *name = strrchr(arguments[0], '/');
        char path[4096];

        name = name ? name + 1 : arguments[0];
        if (count > 1) {
                for (int i = 1; i < count; i++)
                        give_file(AT_FDCWD, arguments[i]);
                return 0;
        }
        fuzz_seeds();
        printf("%sok 1 - every seed of %s (%u)\n", seed_count ? "" : "not ", name, seed_count);
        (void)snprintf(path, sizeof(path), "%s/tests/fuzz/crashers/%s", tree ? tree : ".", name);
        printf("ok 2 - what once broke it (%u)\n1..2\n", give_directory(path));
        return seed_count == 0;
}

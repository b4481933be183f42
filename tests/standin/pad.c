/* SPDX-License-Identifier: MIT */

/* pad SIZE SEED: writes SIZE bytes that do not compress and depend on the text SEED alone. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
        uint64_t state = 0x9e3779b97f4a7c15;
        unsigned long long size;

        if (argc != 3)
                return 2;
        size = strtoull(argv[1], NULL, 10);
        for (const char *c = argv[2]; *c; c++)
                state = (state ^ (unsigned char)*c) * 0x100000001b3;
        for (unsigned long long i = 0; i < size; i += sizeof state) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                if (fwrite(&state, 1, sizeof state, stdout) != sizeof state)
                        return 1;
        }
        return fclose(stdout) != 0;
}

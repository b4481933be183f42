/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/parallel.h"
#include "file/digest.h"
#include "file/fd.h"

#define READ_STEP (256U * 1024U)

struct Digester {
        EVP_MD_CTX *context;
};

int digester_new(Digester **ret)
{
        _cleanup_(digester_freep) Digester *digester = calloc(1, sizeof(*digester));

        if (!digester)
                return -ENOMEM;
        digester->context = EVP_MD_CTX_new();
        if (!digester->context)
                return -ENOMEM;
        if (EVP_DigestInit_ex(digester->context, EVP_sha256(), NULL) != 1)
                return -EIO;
        *ret = TAKE_PTR(digester);
        return 0;
}

int digester_add(Digester *digester, Span span)
{
        return EVP_DigestUpdate(digester->context, span.bytes, span.size) == 1 ? 0 : -EIO;
}

int digester_fork(Digester *digester, Digester **ret)
{
        _cleanup_(digester_freep) Digester *fork = NULL;
        int r = digester_new(&fork);

        if (r >= 0 && EVP_MD_CTX_copy_ex(fork->context, digester->context) != 1)
                r = -EIO;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(fork);
        return 0;
}

int digester_end(Digester *digester, Digest *ret)
{
        Digest digest;

        if (EVP_DigestFinal_ex(digester->context, digest.bytes, NULL) != 1)
                return -EIO;
        *ret = digest;
        return 0;
}

void digester_free(Digester *digester)
{
        if (!digester)
                return;
        EVP_MD_CTX_free(digester->context);
        free(digester);
}

int digest_of_span(Span span, Digest *ret)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        int r = digester_new(&digester);

        if (r < 0)
                return r;
        r = digester_add(digester, span);
        if (r < 0)
                return r;
        return digester_end(digester, ret);
}

int digest_of_fd(int fd, Digest *ret, uint64_t *ret_size)
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        _cleanup_free_ uint8_t *buffer = malloc(READ_STEP);
        uint64_t offset = 0;
        int r;

        if (!buffer)
                return -ENOMEM;
        r = digester_new(&digester);
        if (r < 0)
                return r;
        for (;;) {
                ssize_t n = fd_read_up_to(fd, buffer, READ_STEP, offset);

                if (n < 0)
                        return (int)n;
                if (n == 0)
                        break;
                r = digester_add(digester, (Span){buffer, (size_t)n});
                if (r < 0)
                        return r;
                offset += (uint64_t)n;
        }
        r = digester_end(digester, ret);
        if (r < 0)
                return r;
        if (ret_size)
                *ret_size = offset;
        return 0;
}

static void digest_file(void *item)
{
        DigestedFile *file = item;

        file->error = digest_of_fd(file->fd, &file->digest, &file->size);
}

void digest_files(DigestedFile *files, size_t count)
{
        _cleanup_(digester_freep) Digester *first = NULL;

        /* libcrypto reads its configuration for the first one: in this thread. */
        if (count > 1)
                (void)!digester_new(&first);
        parallel_run(digest_file, files, sizeof(*files), count);
}

bool digest_equal(const Digest *a, const Digest *b)
{
        return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void digest_to_hex(const Digest *digest, char ret[static DIGEST_HEX_SIZE])
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < DIGEST_SIZE; i++) {
                ret[2 * i] = digits[digest->bytes[i] >> 4];
                ret[2 * i + 1] = digits[digest->bytes[i] & 15];
        }
        ret[2 * DIGEST_SIZE] = '\0';
}

static int hex_value(char digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        if (digit >= 'a' && digit <= 'f')
                return digit - 'a' + 10;
        return -EINVAL;
}

int digest_from_hex(const char *hex, Digest *ret)
{
        Digest digest;

        if (strlen(hex) != 2 * DIGEST_SIZE)
                return -EINVAL;
        for (size_t i = 0; i < DIGEST_SIZE; i++) {
                int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

                if (high < 0 || low < 0)
                        return -EINVAL;
                digest.bytes[i] = (uint8_t)(high << 4 | low);
        }
        *ret = digest;
        return 0;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "file/digester.h"

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

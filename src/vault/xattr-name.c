/* SPDX-License-Identifier: MIT */

#include "vault/xattr-name.h"

static int digit_of(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void xattr_name_unescape(char *name)
{
        char *end = name;

        for (const char *at = name; *at; at++) {
                int high = *at == '%' ? digit_of(at[1]) : -1;
                int low = high >= 0 ? digit_of(at[2]) : -1;

                *end++ = low > 0 || (low == 0 && high > 0) ? (char)(high * 16 + low) : *at;
                if (low > 0 || (low == 0 && high > 0))
                        at += 2;
        }
        *end = '\0';
}

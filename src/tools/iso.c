/* SPDX-License-Identifier: MIT */

#include "tools/iso.h"
#include "base/text.h"

#define ADDRESS "https://packages-prod.broadcom.com/tools/frozen/darwin/"

#define DESCRIPTOR_OFFSET 32768U
#define DESCRIPTOR_SIZE   2048U
#define TYPE_PRIMARY      1
#define LABEL_OFFSET      40U
#define LABEL_SIZE        32U
#define BLOCKS_OFFSET     80U /* number of logical blocks: 32 bits little-endian, then big-endian */
#define BLOCK_OFFSET      128U /* bytes in one: 16 bits, likewise twice */

_Static_assert(DESCRIPTOR_OFFSET + DESCRIPTOR_SIZE == ISO_HEAD_SIZE, "the head has the descriptor");

static const struct {
        const char *name, *guests, *address;
} images[] = {
        [ISO_DARWIN] = {"darwin.iso", "OS X 10.11 and later", ADDRESS "darwin.iso"},
        [ISO_DARWIN_PRE15] = {"darwinPre15.iso", "OS X before 10.11", ADDRESS "darwinPre15.iso"},
};

_Static_assert(ARRAY_SIZE(images) == _ISO_MAX, "every image has its words");

const char *iso_name(IsoKind kind)
{
        return images[kind].name;
}

const char *iso_guests(IsoKind kind)
{
        return images[kind].guests;
}

const char *iso_address(IsoKind kind)
{
        return images[kind].address;
}

bool iso_is_known(const Digest *digest, IsoKind *ret)
{
        static const struct {
                const char *hex;
                IsoKind kind;
        } known[] = {
                {"e0c96286f376b30e2c2362bd991709f0f6bc6ebd911be4056a58da8698c49236", ISO_DARWIN},
                {"ef33fc5d152fd9db27cac0b1f21160226dfa5e5b7a501ffa25818682f3b4aaa0",
                 ISO_DARWIN_PRE15},
                {"df9daa863a5036adc6e10fe785e8d121025abda83dd9b4f23c7c1b21c07c296a",
                 ISO_DARWIN_PRE15},
        };
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
                if (text_equal(known[i].hex, hex)) {
                        *ret = known[i].kind;
                        return true;
                }
        return false;
}

bool iso_of_name(const char *name, IsoKind *ret)
{
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                if (text_equal_ascii(images[kind].name, name)) {
                        *ret = kind;
                        return true;
                }
        return false;
}

static void read_label(Span descriptor, char ret[static LABEL_SIZE + 1])
{
        size_t length = LABEL_SIZE;

        while (length > 0 && (descriptor.bytes[LABEL_OFFSET + length - 1] == ' ' ||
                              descriptor.bytes[LABEL_OFFSET + length - 1] == '\0'))
                length--;
        if (!text_is_printable(descriptor.bytes + LABEL_OFFSET, length))
                length = 0;
        memcpy(ret, descriptor.bytes + LABEL_OFFSET, length);
        ret[length] = '\0';
}

bool iso_begins(Span head, IsoVolume *ret)
{
        IsoVolume volume = {};
        Span descriptor;

        if (span_slice(head, DESCRIPTOR_OFFSET, DESCRIPTOR_SIZE, &descriptor) < 0 ||
            memcmp(descriptor.bytes + 1, "CD001", 5) != 0)
                return false;
        if (descriptor.bytes[0] == TYPE_PRIMARY) {
                read_label(descriptor, volume.label);
                volume.size = (uint64_t)load_le32(descriptor.bytes + BLOCKS_OFFSET) *
                              load_le16(descriptor.bytes + BLOCK_OFFSET);
        }
        *ret = volume;
        return true;
}

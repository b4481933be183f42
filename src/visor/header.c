/* SPDX-License-Identifier: MIT */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "visor/header.h"

enum {
        AT_NAME = 0x000,
        AT_MODE = 0x064,
        AT_UID = 0x06C,
        AT_GID = 0x074,
        AT_SIZE = 0x07C,
        AT_MTIME = 0x088,
        AT_CHECKSUM = 0x094,
        AT_TYPE = 0x09C,
        AT_LINK = 0x09D,
        AT_MAGIC = 0x101,
        AT_UNAME = 0x109,
        AT_GNAME = 0x129,
        AT_PREFIX = 0x159,
        AT_OFFSET = 0x1F0,
        AT_TEXT_OFFSET = 0x1F4,
        AT_TEXT_SIZE = 0x1F8,
        AT_FIXUPS = 0x1FC,
};

#define CHECKSUM_SIZE    8U
#define USTAR_PREFIX_MAX 155U

static const char visor_magic[] = "visor  "; /* with its NUL: eight bytes */
static const char root_name[] = "root";

bool header_begins(Span bytes, ModuleFormat *ret)
{
        const uint8_t *magic;

        if (bytes.size < BLOCK_SIZE)
                return false;
        magic = bytes.bytes + AT_MAGIC;
        if (memcmp(magic, visor_magic, sizeof(visor_magic) - 1) == 0)
                *ret = MODULE_VISOR;
        else if (memcmp(magic, "ustar", 5) == 0)
                *ret = MODULE_USTAR;
        else
                return false;
        return true;
}

/* Octal digits between blanks, up to a NUL or blank; none at all is 0. */
static int octal_decode(const uint8_t *field, size_t size, uint64_t *ret)
{
        uint64_t value = 0;
        size_t i = 0;

        while (i < size && field[i] == ' ')
                i++;
        for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
                value = value << 3 | (uint64_t)(field[i] - '0');
        for (; i < size; i++)
                if (field[i] != ' ' && field[i] != '\0')
                        return -EBADMSG;
        *ret = value;
        return 0;
}

static void text_decode(const uint8_t *field, size_t size, char *ret)
{
        size_t length = strnlen((const char *)field, size);

        memcpy(ret, field, length);
        ret[length] = '\0';
}

/* The sum of all bytes, with blanks for the sum itself. */
static uint32_t checksum_of(const uint8_t *block)
{
        uint32_t sum = CHECKSUM_SIZE * ' ';

        for (size_t i = 0; i < BLOCK_SIZE; i++)
                if (i < AT_CHECKSUM || i >= AT_CHECKSUM + CHECKSUM_SIZE)
                        sum += block[i];
        return sum;
}

static int numbers_decode(const uint8_t *block, Header *header)
{
        const struct {
                size_t at, size;
                uint64_t *value;
        } numbers[] = {
                {AT_MODE, 8, &header->mode},    {AT_UID, 8, &header->uid},
                {AT_GID, 8, &header->gid},      {AT_SIZE, 12, &header->size},
                {AT_MTIME, 12, &header->mtime},
        };

        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
                if (octal_decode(block + numbers[i].at, numbers[i].size, numbers[i].value) < 0)
                        return -EBADMSG;
        return 0;
}

static int header_refuse(const char *why, const char **ret_why)
{
        *ret_why = why;
        return -EBADMSG;
}

int header_decode(Span bytes, Header *ret, const char **ret_why)
{
        const uint8_t *block = bytes.bytes;
        Header header = {};
        uint64_t checksum;
        bool visor;

        if (!header_begins(bytes, &header.format))
                return header_refuse("no header is there", ret_why);
        if (octal_decode(block + AT_CHECKSUM, CHECKSUM_SIZE, &checksum) < 0 ||
            checksum != checksum_of(block))
                return header_refuse("the header's checksum is wrong", ret_why);
        if (numbers_decode(block, &header) < 0)
                return header_refuse("a number of the header is none", ret_why);

        visor = header.format == MODULE_VISOR;
        header.type = (char)block[AT_TYPE];
        text_decode(block + AT_NAME, HEADER_NAME_MAX, header.name);
        text_decode(block + AT_LINK, HEADER_LINK_MAX, header.link);
        text_decode(block + AT_PREFIX, visor ? HEADER_PREFIX_MAX : USTAR_PREFIX_MAX, header.prefix);
        if (visor) {
                header.offset = load_le32(block + AT_OFFSET);
                header.text_offset = load_le32(block + AT_TEXT_OFFSET);
                header.text_size = load_le32(block + AT_TEXT_SIZE);
                header.fixup_pages = load_le32(block + AT_FIXUPS);
        } else if (memcmp(block + AT_MAGIC, "ustar  ", 8) == 0) {
                header.prefix[0] = '\0'; /* GNU has times there */
        }
        *ret = header;
        return 0;
}

int header_set_path(Header *header, const char *path)
{
        size_t length = strlen(path), cut = 0;

        if (length > HEADER_NAME_MAX) {
                const char *slash = strchr(path + length - HEADER_NAME_MAX - 1, '/');

                if (!slash || slash == path || !slash[1] ||
                    (size_t)(slash - path) > HEADER_PREFIX_MAX)
                        return -ENAMETOOLONG;
                cut = (size_t)(slash - path);
                memcpy(header->prefix, path, cut);
                path = slash + 1;
        }
        header->prefix[cut] = '\0';
        text_put(header->name, sizeof(header->name), "%s", path);
        return 0;
}

static void octal_encode(uint8_t *field, size_t size, uint64_t value)
{
        char digits[24];

        (void)snprintf(digits, sizeof(digits), "%0*" PRIo64, (int)size - 1, value);
        memcpy(field, digits, size);
}

static void header_put_le32(uint8_t *bytes, uint32_t value)
{
        value = htole32(value);
        memcpy(bytes, &value, sizeof(value));
}

void header_encode(const Header *header, uint8_t ret[static BLOCK_SIZE])
{
        char checksum[CHECKSUM_SIZE];

        memset(ret, 0, BLOCK_SIZE);
        memcpy(ret + AT_NAME, header->name, strlen(header->name));
        memcpy(ret + AT_PREFIX, header->prefix, strlen(header->prefix));
        octal_encode(ret + AT_MODE, 8, header->mode);
        octal_encode(ret + AT_UID, 8, header->uid);
        octal_encode(ret + AT_GID, 8, header->gid);
        octal_encode(ret + AT_SIZE, 12, header->size);
        octal_encode(ret + AT_MTIME, 12, header->mtime);
        ret[AT_TYPE] = (uint8_t)header->type;
        memcpy(ret + AT_MAGIC, visor_magic, sizeof(visor_magic));
        memcpy(ret + AT_UNAME, root_name, sizeof(root_name));
        memcpy(ret + AT_GNAME, root_name, sizeof(root_name));
        header_put_le32(ret + AT_OFFSET, header->offset);
        header_put_le32(ret + AT_TEXT_OFFSET, header->text_offset);
        header_put_le32(ret + AT_TEXT_SIZE, header->text_size);
        header_put_le32(ret + AT_FIXUPS, header->fixup_pages);
        /* Six digits, a NUL and a blank, as tar has it. */
        (void)snprintf(checksum, sizeof(checksum), "%06" PRIo32, checksum_of(ret));
        memcpy(ret + AT_CHECKSUM, checksum, 7);
        ret[AT_CHECKSUM + 7] = ' ';
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <unistd.h>

#include <archive.h>

#include "tools/iso.h"
#include "tools/stream.h"

#define BLOCK_SIZE (64U * 1024U)

Stream stream_of_fd(int fd, const char *name, uint64_t *budget)
{
        return (Stream){.fd = fd, .name = name, .budget = budget, .fault = FAULT_NONE};
}

Stream stream_of_entry(struct archive *archive, const char *name, uint64_t *budget)
{
        return (Stream){.fd = -EBADF,
                        .archive = archive,
                        .name = name,
                        .budget = budget,
                        .fault = FAULT_NONE};
}

void stream_done(Stream *stream)
{
        free(stream->head);
        free(stream->block);
        stream->head = stream->block = NULL;
}

int archive_fault(struct archive *archive, const char *name, Fault *fault)
{
        if (archive_errno(archive) == ENOMEM)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
        return fault_set(fault, -EBADMSG, REASON_TOOLS_DAMAGED, "%s", name);
}

/* Up to `size` bytes, fewer only at the end. */
static ssize_t read_whole(Stream *stream, uint8_t *bytes, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = stream->archive
                                    ? archive_read_data(stream->archive, bytes + done, size - done)
                                    : read(stream->fd, bytes + done, size - done);

                if (n < 0 && stream->archive)
                        return archive_fault(stream->archive, stream->name, &stream->fault);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fault_set(&stream->fault, -errno, REASON_READ, "%s", stream->name);
                if (n == 0)
                        break;
                done += (size_t)n;
        }
        if (done > *stream->budget) {
                *stream->budget = 0;
                return fault_set(&stream->fault, -EFBIG, REASON_TOOLS_BOUNDS, "%s", stream->name);
        }
        *stream->budget -= done;
        return (ssize_t)done;
}

static ssize_t stream_fill(Stream *stream, uint8_t **buffer, size_t size)
{
        ssize_t n;

        if (stream->error < 0)
                return stream->error;
        if (!*buffer)
                *buffer = malloc(size);
        n = *buffer ? read_whole(stream, *buffer, size)
                    : fault_set(&stream->fault, -ENOMEM, REASON_NO_MEMORY, "%s", stream->name);
        if (n < 0)
                stream->error = (int)n;
        return n;
}

int stream_peek(Stream *stream, Span *ret)
{
        ssize_t n = stream->peeked ? (ssize_t)stream->head_size
                                   : stream_fill(stream, &stream->head, ISO_HEAD_SIZE);

        if (n < 0)
                return (int)n;
        stream->peeked = true;
        stream->head_size = (size_t)n;
        *ret = (Span){stream->head, (size_t)n};
        return 0;
}

ssize_t stream_next(Stream *stream, const uint8_t **ret)
{
        ssize_t n;

        if (stream->error < 0)
                return stream->error;
        if (stream->peeked && !stream->head_given) {
                stream->head_given = true;
                *ret = stream->head;
                return (ssize_t)stream->head_size;
        }
        n = stream_fill(stream, &stream->block, BLOCK_SIZE);
        *ret = stream->block;
        return n;
}

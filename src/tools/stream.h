/* SPDX-License-Identifier: MIT */
#pragma once

/* Stream: bytes that come one after the other, from a descriptor or out of an archive, and can be
 * looked at before they are read. Nothing is kept of them but their head.
 *
 *     Stream stream = stream_of_fd(fd, name, &budget);
 *     r = stream_peek(&stream, &head);
 *     while ((n = stream_next(&stream, &bytes)) > 0) …
 *     stream_done(&stream);
 *
 * A stream that broke stays so: `error` and `fault` tell why. */

#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/span.h"

struct archive;

typedef struct Stream {
        int fd;                  /* borrowed; -EBADF for an entry of an archive */
        struct archive *archive; /* borrowed, at that entry */
        const char *name;        /* borrowed; for faults */
        uint64_t *budget;        /* bytes that may still be read, shared by many; borrowed */
        uint8_t *head, *block;   /* owned */
        size_t head_size;
        bool peeked, head_given;
        int error; /* negative errno once it broke */
        Fault fault;
} Stream;

/* What follows in a descriptor, or in the entry that `archive` stands at; both are borrowed, as is
 * `name`, which is for people. `budget`: bytes that may be read yet, shared with other streams. */
Stream stream_of_fd(int fd, const char *name, uint64_t *budget);
Stream stream_of_entry(struct archive *archive, const char *name, uint64_t *budget);
void stream_done(Stream *stream);

/* The first ISO_HEAD_SIZE bytes, or all where there are fewer; borrowed. Before any is read. */
_nodiscard_ int stream_peek(Stream *stream, Span *ret);

/* The next bytes, borrowed until the next call; 0 at the end. */
_nodiscard_ ssize_t stream_next(Stream *stream, const uint8_t **ret);

/* What libarchive failed with: REASON_TOOLS_DAMAGED, REASON_NO_MEMORY. */
int archive_fault(struct archive *archive, const char *name, Fault *fault);

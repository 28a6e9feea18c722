// SPDX-License-Identifier: MIT
// Image files: header, chain of segments, objects. See read.h and the drawing in format.h;
// load.c brings them into a heap.
#include "image/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "object/header.h"

static Status truncated(Diagnosis *diagnosis) {
    return diagnose(diagnosis, STATUS_TRUNCATED, "image file is truncated");
}

static Status read_memory(const ImageFile *file, void *to, uint64_t count, uint64_t offset,
                          Diagnosis *diagnosis) {
    if (offset > file->memory_bytes || count > file->memory_bytes - offset)
        return truncated(diagnosis);
    memcpy(to, file->memory + offset, count);
    return STATUS_OK;
}

// Reads exactly `count` bytes. TRUNCATED at the end of the file.
static Status read_exactly(const ImageFile *file, void *to, uint64_t count, uint64_t offset,
                           Diagnosis *diagnosis) {
    if (file->memory) return read_memory(file, to, count, offset, diagnosis);
    while (count > 0) {
        ssize_t got = pread(file->descriptor, to, count, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return diagnose(diagnosis, STATUS_IO_ERROR, "cannot read: %s", strerror(errno));
        if (got == 0) return truncated(diagnosis);
        to = (char *)to + got;
        offset += (uint64_t)got;
        count -= (uint64_t)got;
    }
    return STATUS_OK;
}

static uint64_t data_offset(const ImageHeader *header) {
    return (uint64_t)header->prefix_bytes + header->header_size;
}

static Status read_header(ImageFile *file, uint64_t file_bytes, Diagnosis *diagnosis) {
    uint8_t bytes[IMAGE_PEEK_BYTES];
    uint64_t count = file_bytes < sizeof bytes ? file_bytes : sizeof bytes;
    Status status = read_exactly(file, bytes, count, 0, diagnosis);
    if (status != STATUS_OK) return status;
    return image_header_parse(&file->header, bytes, count, file_bytes, diagnosis);
}

typedef struct Bridge {
    uint64_t distance;   // from the end of this segment to the start of the next one, at the save
    uint64_t next_bytes; // of the next segment, bridge included; 0: there is none
} Bridge;

static Status read_bridge(const ImageFile *file, uint64_t offset, Bridge *bridge,
                          Diagnosis *diagnosis) {
    uint8_t bytes[IMAGE_BRIDGE_BYTES];
    Status status = read_exactly(file, bytes, sizeof bytes, offset, diagnosis);
    if (status != STATUS_OK) return status;
    uint64_t word = load_u64(bytes);
    bridge->distance = word >> HEADER_SLOTS_SHIFT == 0 ? 0 : (word & OVERFLOW_COUNT_MASK) * 8;
    bridge->next_bytes = load_u64(bytes + 8);
    return STATUS_OK;
}

static Status bad_chain(Diagnosis *diagnosis, size_t segment) {
    return diagnose(diagnosis, STATUS_CORRUPT,
                    "damaged image: segment %zu does not fit the one before", segment);
}

// Follows the bridges from segment to segment: together they must make up the data.
static Status read_chain(ImageFile *file, Diagnosis *diagnosis) {
    const ImageHeader *header = &file->header;
    uint64_t left = header->data_bytes, bytes = header->first_segment_bytes, saved = header->base;
    uint64_t offset = data_offset(header);
    for (size_t i = 0;; i++) {
        if (bytes > left || bytes % 8 || bytes < IMAGE_BRIDGE_BYTES) return bad_chain(diagnosis, i);
        ImageSegment segment = {saved, bytes - IMAGE_BRIDGE_BYTES, file->object_bytes};
        if (!array_push(&file->segments, segment))
            return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
        file->object_bytes += segment.bytes;
        offset += bytes;
        left -= bytes;
        Bridge bridge;
        Status status = read_bridge(file, offset - IMAGE_BRIDGE_BYTES, &bridge, diagnosis);
        if (status != STATUS_OK) return status;
        if (bridge.next_bytes == 0) break;
        if (__builtin_add_overflow(saved, bytes, &saved) ||
            __builtin_add_overflow(saved, bridge.distance, &saved) || saved > UINT64_MAX - left)
            return bad_chain(diagnosis, i + 1);
        bytes = bridge.next_bytes;
    }
    if (left != 0) return bad_chain(diagnosis, file->segments.count);
    return STATUS_OK;
}

static Status open_regular(int *descriptor, uint64_t *file_bytes, const char *path,
                           Diagnosis *diagnosis) {
    struct stat status;
    *descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (*descriptor < 0)
        return diagnose(diagnosis, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO_ERROR,
                        "cannot open: %s", strerror(errno));
    if (fstat(*descriptor, &status) != 0)
        return diagnose(diagnosis, STATUS_IO_ERROR, "cannot open: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return diagnose(diagnosis, STATUS_NOT_AN_IMAGE, "not a regular file");
    *file_bytes = (uint64_t)status.st_size;
    return STATUS_OK;
}

Status image_file_open(ImageFile *file, const char *path, Diagnosis *diagnosis) {
    memset(file, 0, sizeof *file);
    uint64_t file_bytes = 0;
    Status status = open_regular(&file->descriptor, &file_bytes, path, diagnosis);
    if (status == STATUS_OK) status = read_header(file, file_bytes, diagnosis);
    if (status == STATUS_OK) status = read_chain(file, diagnosis);
    if (status != STATUS_OK) image_file_close(file);
    return status;
}

Status image_file_open_memory(ImageFile *file, const void *bytes, uint64_t count,
                              Diagnosis *diagnosis) {
    memset(file, 0, sizeof *file);
    file->descriptor = -1;
    file->memory = bytes;
    file->memory_bytes = count;
    Status status = read_header(file, count, diagnosis);
    if (status == STATUS_OK) status = read_chain(file, diagnosis);
    if (status != STATUS_OK) image_file_close(file);
    return status;
}

void image_file_close(ImageFile *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    file->descriptor = -1;
    array_free(&file->segments);
}

Status image_file_read(ImageFile *file, uint64_t start, uint64_t *special_objects,
                       Diagnosis *diagnosis) {
    uint64_t offset = data_offset(&file->header);
    for (size_t i = 0; i < file->segments.count; i++) {
        ImageSegment *segment = &file->segments.items[i];
        segment->start += start;
        Status status = read_exactly(file, (void *)(uintptr_t)segment->start, segment->bytes,
                                     offset, diagnosis);
        if (status != STATUS_OK) return status;
        offset += segment->bytes + IMAGE_BRIDGE_BYTES;
    }
    ImageRegion region = {start, start + file->object_bytes, file->segments.items,
                          file->segments.count};
    return image_check_objects(&region, file->header.special_objects, special_objects, diagnosis);
}

// SPDX-License-Identifier: MIT
// Reading an image file. Opening looks at the header and at the bridges between the segments, so
// that an arena can be made that suits the image; loading reads the objects straight into the
// heap, where the checker relocates them before anybody else sees them.
//
//     ImageFile file;
//     if ((status = image_file_open(&file, path, &diagnosis)) != STATUS_OK) ...
//     options.preferred_old_base = file.header.base;   // arena and heap are made now
//     status = image_file_load(&file, heap, &diagnosis);
//     image_file_close(&file);
//
// The file is read once with pread, not mapped: what was checked cannot change afterwards.
#ifndef PARLEY_IMAGE_READ_H
#define PARLEY_IMAGE_READ_H

#include "base/array.h"
#include "image/check.h"
#include "image/format.h"
#include "memory/heap.h"

typedef struct ImageFile {
    int descriptor;          // -1: the file's bytes are in memory
    const uint8_t *memory;
    uint64_t memory_bytes;
    ImageHeader header;
    ARRAY(ImageSegment) segments; // `start` is an offset into the objects until they are read
    uint64_t object_bytes;        // of all segments together, without bridges
} ImageFile;

// NOT_FOUND, IO_ERROR, and what image_header_parse answers; CORRUPT when the bridges make no
// sense. The diagnosis does not repeat the path. After a failure there is nothing to close.
MUST_USE Status image_file_open(ImageFile *file, const char *path, Diagnosis *diagnosis);
void image_file_close(ImageFile *file);
// The same for a file whose bytes are in memory, and stay there until it is closed.
MUST_USE Status image_file_open_memory(ImageFile *file, const void *bytes, uint64_t count,
                                       Diagnosis *diagnosis);

// Reads all objects to [start, start + object_bytes), which is writable and 8-byte aligned, checks
// and relocates them; answers the address of the special objects array.
MUST_USE Status image_file_read(ImageFile *file, uint64_t start, uint64_t *special_objects,
                                Diagnosis *diagnosis);

// Reads the image into an empty heap. After a failure the heap is of no more use.
MUST_USE Status image_file_load(ImageFile *file, Heap *heap, Diagnosis *diagnosis);

// The same for an image that this program was linked with (image_file_open_memory): written by
// write.c and checked when the program was built, it is believed. Where the heap begins at the
// image's base, its pages are mapped from the program's file, and read when they are touched.
MUST_USE Status image_file_load_own(ImageFile *file, Heap *heap, Diagnosis *diagnosis);

#endif

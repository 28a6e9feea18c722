// SPDX-License-Identifier: MIT
// Writing an image file: one segment without holes, whatever the heap looks like in memory. Free
// chunks and forwarders are left out, everything behind moves up, and references are rewritten on
// their way to the file. The file is Spur 64 bits, format 68021, as the OpenSmalltalk VM reads it.
//
// What the file promises: no mark, grey or remembered bit; an empty free list; the first five
// objects in their order; behind all others an empty remembered set, the only hidden root of the
// class table that is not nil. VMs of the OpenSmalltalk family keep theirs in the image; with none
// they begin with a small one that grows by scavenges.
#ifndef PARLEY_IMAGE_WRITE_H
#define PARLEY_IMAGE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "image/format.h"
#include "memory/heap.h"

// A parsable run of objects in memory.
typedef struct ImageSpan {
    uint64_t start, end;
} ImageSpan;

// The objects to write, in this order. The first span begins with nil, false, true, the free
// lists and the class table root.
typedef struct ImageContents {
    const ImageSpan *spans;
    size_t span_count;
    uint64_t special_objects; // its address
    uint64_t last_hash;
    uint64_t base; // address that the first object shall seem to have stood at
} ImageContents;

// Writes them, atomically. Fields of `header` that do not follow from the objects go to the file
// as they are. CORRUPT: an object refers to something that is not among the contents; IO_ERROR,
// NO_MEMORY. Nothing is changed then.
MUST_USE Status image_write_contents(const ImageContents *contents, const ImageHeader *header,
                                     const char *path, Diagnosis *diagnosis);

// Writes the heap. To write no garbage, collect fully before. Moves nothing. Ephemerons that wait
// to be fetched from the mourn queue are written as ephemerons, for the queue is not in the file.
MUST_USE Status image_write(Heap *heap, const ImageHeader *header, const char *path,
                            Diagnosis *diagnosis);

#endif
